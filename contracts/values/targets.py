"""Defines names of targets: places outside to which the system posts public announcements.

An operator configures targets and gives them names. Clients only ever state a name, never an
address.
"""

from typing import Final, NewType

TargetName = NewType("TargetName", str)
"""Says nothing about a person."""

TARGET_NAME: Final = "^[a-z0-9][a-z0-9_-]{0,39}$"
"""The pattern of a name."""
