"""Paces long work beside live traffic: short slices, and a line of progress now and then."""

import asyncio
from typing import Any, Final

SLICE_S: Final = 0.002
"""Work at a stretch: less than a request beside it would notice."""
REPORT_S: Final = 0.5

ReportLine = dict[str, Any]


class Progress:
    """One phase of the work: when to give the event loop back, and when to report."""

    def __init__(self, phase: str, of: int) -> None:
        self._phase = phase
        self._of = of
        self._now = asyncio.get_running_loop().time
        self._rested_at = self._reported_at = self._now()

    def must_rest(self) -> bool:
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
        return {"phase": self._phase, "done": done, "of": self._of}
