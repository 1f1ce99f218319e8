"""Paces long work beside live traffic: short slices, and now and then a line of progress."""

import asyncio
from typing import Any, Final

SLICE_S: Final = 0.002
"""How long to work before giving the event loop back: too short for other requests to notice."""
REPORT_S: Final = 0.5
"""Time between two lines of progress."""

ReportLine = dict[str, Any]
"""A line of a report: progress, `{"phase", "done", "of"}`, or the result."""


class Progress:
    """Says, in one phase of the work, when to give the event loop back and when to report."""

    def __init__(self, phase: str, of: int) -> None:
        """`of` is how many steps there are, or a guess."""
        self._phase = phase
        self._of = of
        self._now = asyncio.get_running_loop().time
        self._rested_at = self._reported_at = self._now()

    def must_rest(self) -> bool:
        """Return whether the slice is over. It is cheap: ask after every step."""
        return self._now() - self._rested_at >= SLICE_S

    async def rest(self) -> bool:
        """Give the event loop back. Returns True if it is time for a line of progress."""
        await asyncio.sleep(0)
        self._rested_at = self._now()
        if self._rested_at - self._reported_at < REPORT_S:
            return False
        self._reported_at = self._rested_at
        return True

    def line(self, done: int) -> ReportLine:
        """Return a line of progress: `done` steps of all."""
        return {"phase": self._phase, "done": done, "of": self._of}

    def last_line(self, done: int) -> ReportLine:
        """Return the last line of progress. Now it is known how many steps there were."""
        return {"phase": self._phase, "done": done, "of": done}
