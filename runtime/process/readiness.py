"""Decides whether a process is ready, from the entries of its /readyz."""

from collections.abc import Callable, Mapping
from typing import Any

Readiness = Callable[[], Mapping[str, Any]]
"""Return the entries of /readyz by name: conditions that must hold, and further information."""


def is_ready(entries: Mapping[str, Any]) -> bool:
    """Return whether no condition is False. Any other value, such as a position, only informs."""
    return all(value is not False for value in entries.values())
