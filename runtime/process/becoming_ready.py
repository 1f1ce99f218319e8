"""Decides by /readyz how long to wait for a process that was just started.

A projector may fill tables for hours. But some of its states do not pass by themselves, and nobody
should wait for those.
"""

from collections.abc import Mapping
from typing import Any, Final

READY_S_MAX: Final = 60.0
"""How long a process may take that has nothing to prepare."""
FILL_S_MAX: Final = 6 * 3600.0
"""How long a projector may fill the tables that its build needs. `start_period` in
docker-compose.yml is as long."""
PREPARES: Final = 75
"""Exit status of a look at a process that prepares tables."""

_PREPARED: Final = ("tables", "read_models", "indexes")


class ReadinessWait:
    """The wait for one process. Give it all that /readyz says until the process is ready."""

    def __init__(self, began_at: float) -> None:
        """`began_at` is the second at which the process was started, by the same clock as
        `now`."""
        self._began_at = began_at
        self._prepared_at = began_at

    def find_end(self, entries: Mapping[str, Any], now: float) -> str | None:
        """Return why to wait no longer, at the second `now`; None to go on waiting. `entries` are
        those of /readyz, and empty if nobody answers."""
        if problem := find_problem(entries):
            return problem
        if prepares(entries):
            self._prepared_at = now
        if now - self._prepared_at > READY_S_MAX or now - self._began_at > FILL_S_MAX:
            return f"it is not ready in time: {describe(entries)}"
        return None


def find_problem(entries: Mapping[str, Any]) -> str | None:
    """Return why a projector does not go on with its tables, and what to do; None if it does."""
    filling = entries.get("filling") or {}
    return f"{filling['phase']}: {filling['problem']}" if "problem" in filling else None


def prepares(entries: Mapping[str, Any]) -> bool:
    """Return whether a process prepares tables, which may take hours. One that waits for
    PostgreSQL to answer does not."""
    return "tables_away" not in entries and any(entries.get(one) is False for one in _PREPARED)


def awaits_tables(entries: Mapping[str, Any]) -> bool:
    """Return whether a process works, but for tables that it or another one prepares."""
    return prepares(entries) or entries.get("read_models") is False


def describe_progress(entries: Mapping[str, Any]) -> str:
    """Return how far a process is that prepares tables."""
    filling = entries.get("filling")
    return "{phase}: {done} of {of}".format_map(filling) if filling else describe(entries)


def describe(entries: Mapping[str, Any]) -> str:
    """Return what keeps the process from being ready."""
    lacks = [name for name, value in entries.items() if value is False and name != "ready"]
    away = [f"{name}: {value}" for name, value in entries.items() if name.endswith("_away")]
    return ", ".join([*lacks, *away]) or "no answer"
