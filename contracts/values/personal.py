"""What stands in the place of personal data once its person is erased."""

from typing import Final

ERASED_NAME: Final = "erased person"
ERASED_TEXT: Final = "[erased]"
"""Stands for a text that must not be empty. An optional text is absent instead."""
