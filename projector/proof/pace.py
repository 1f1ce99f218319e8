"""Long work beside live traffic: in slices, with a line of progress now and then."""

import asyncio
from typing import Any, Final

SLICE_S: Final = 0.002
"""Work at a stretch: less than a request beside it would notice."""
PROGRESS_S: Final = 0.5

Line = dict[str, Any]


class Pace:
    """Gives the event loop back in time, and says when progress is worth a line."""

    def __init__(self, phase: str, of: int) -> None:
        self._phase = phase
        self._of = of
        self._now = asyncio.get_running_loop().time
        self._rested_at = self._reported_at = self._now()

    def is_due(self) -> bool:
        return self._now() - self._rested_at >= SLICE_S

    async def rest(self) -> bool:
        """True once in a while: report."""
        await asyncio.sleep(0)
        self._rested_at = self._now()
        if self._rested_at - self._reported_at < PROGRESS_S:
            return False
        self._reported_at = self._rested_at
        return True

    def line(self, done: int) -> Line:
        return {"phase": self._phase, "done": done, "of": self._of}
