"""Journals that new readers have to wait for, or cannot reach."""

import asyncio
from typing import Any

from runtime.journal.port import JournalCursor, JournalUnavailable
from runtime.journal.sqlite import SqliteJournal


class HeldJournal:
    """The journal `inner`. While it is held, whoever begins to read waits; others read on."""

    def __init__(self, inner: SqliteJournal) -> None:
        self._inner = inner
        self._open = asyncio.Event()
        self._open.set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def hold(self) -> None:
        self._open.clear()

    def let_go(self) -> None:
        self._open.set()

    async def open_cursor(self, offset: int) -> JournalCursor:
        await self._open.wait()
        return await self._inner.open_cursor(offset)


class AwayJournal:
    """The journal `inner`, of which nobody can read a record."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def open_cursor(self, _offset: int) -> JournalCursor:
        raise JournalUnavailable("nobody answers")
