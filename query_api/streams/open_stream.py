"""One open stream, as the process that serves it knows it."""

import asyncio
from typing import Final

from contracts.values.ids import PersonId
from contracts.values.languages import Language
from query_api.streams.cursor import StreamCursor
from runtime.auth.tokens import Caller

GONE: Final = "gone"
"""The reader went away, so nobody is told why the stream ends."""


class OpenStream:
    """States who reads what, and how far. It wakes its reader's task, which does the rest."""

    __slots__ = (
        "_woken",
        "announcement_id",
        "authorization",
        "by_following",
        "caller",
        "cursor",
        "followed",
        "language",
        "reason",
    )

    def __init__(
        self,
        caller: Caller,
        authorization: str | None,
        *,
        announcement_id: str | None,
        language: Language,
        cursor: StreamCursor,
        followed: list[PersonId],
    ) -> None:
        self.caller: Final = caller
        self.authorization: Final = authorization
        """The header with the reader's token, which may expire."""
        self.announcement_id: Final = announcement_id
        """The one announcement that the stream is about; None if it is about the reader."""
        self.language: Final[Language] = language
        self.cursor = cursor
        """How far the reader has been told."""
        self.followed = followed
        """The people whom the reader followed when that was last asked for."""
        self.by_following = False
        """Whether only followers of the author, and people with a booking, see the
        announcement."""
        self.reason: str | None = None
        """The reason why the stream ends; None while it goes on."""
        self._woken = asyncio.Event()
        self._woken.set()  # Something may have changed since the cursor's snapshot.

    def wake(self) -> None:
        """Have the reader's task look for changes."""
        self._woken.set()

    def end(self, reason: str) -> None:
        """Have the reader's task end the stream. Only the first reason counts."""
        if self.reason is None:
            self.reason = reason
        self._woken.set()

    async def wait(self, seconds: float) -> bool:
        """Wait until the stream is woken. Returns False if it was not within so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            return False
        self._woken.clear()
        return True
