"""Serves everything that is held about the caller as one archive.

It shows only what the caller may read today, as of one position. Few archives are made at once:
each holds a connection until PostgreSQL's part is read, and then a place on the disk until it
is sent.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack
from typing import IO, Any, Final

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from contracts.errors import Busy
from query_api.calendars.feeds import Feed, fetch_feeds
from query_api.edge.reads import Reads
from query_api.edge.routes import new_router
from query_api.my_data.archive import Archive, open_archive
from query_api.my_data.history import prepare_history, read_history
from query_api.my_data.page import PageStyle
from query_api.my_data.rows import OWN_TABLES, Row, read_rows
from query_api.people.readers import fetch_language_and_zone
from runtime.auth.tokens import Caller
from runtime.http.parameters import MIN_POSITION, describe_parameters

ZIP: Final = "application/zip"
AT_ONCE_MAX: Final = 2
RETRY_AFTER_S: Final = 10
ROWS_AT_ONCE: Final = 500
PIECE_BYTES: Final = 64 * 1024

DOCUMENT: Final[dict[str, Any]] = {
    "openapi_extra": {"parameters": describe_parameters(MIN_POSITION)},
    "responses": {
        200: {
            "description": "as of `X-Position`",
            "content": {ZIP: {"schema": {"type": "string", "format": "binary"}}},
        }
    },
}


class MyData:
    """Makes the archives of one process."""

    def __init__(self, reads: Reads, feed_secret: str) -> None:
        self._reads = reads
        self._feed_secret = feed_secret
        self._making = 0

    async def respond(self, request: Request) -> Response:
        """Return the caller's archive. Raises Busy while others are being made,
        Unauthenticated, Malformed, ProjectionBehind and Unavailable."""
        caller = await self._reads.authenticate(request)
        if self._making >= AT_ONCE_MAX:
            raise Busy(RETRY_AFTER_S)
        self._making += 1
        try:
            return await self._make(request, caller)
        finally:
            self._making -= 1

    async def _make(self, request: Request, caller: Caller) -> Response:
        async with AsyncExitStack() as stack:
            async with self._reads.open_snapshot(request) as snapshot:
                style = PageStyle(*await fetch_language_and_zone(snapshot, caller.person_id))
                making = open_archive(style, snapshot.position, self._reads.clock())
                archive = await asyncio.to_thread(stack.enter_context, making)
                for table in OWN_TABLES:
                    rows = read_rows(table, snapshot, caller.person_id)
                    await _write_part(archive, table.name, rows)
                feeds = await fetch_feeds(snapshot, self._feed_secret, caller.person_id)
                await _write_part(archive, "calendar", _list_feeds(feeds))
                own = await prepare_history(snapshot, caller)
            # The snapshot is closed: no connection to PostgreSQL waits for ClickHouse.
            await self._reads.history.reach(own.last_commit)
            await _write_part(archive, "history", read_history(request, self._reads, own))
            size = await asyncio.to_thread(archive.finish)
            kept = stack.pop_all()  # Until it is sent.
        headers = {
            "X-Position": str(own.end),
            "Content-Length": str(size),
            "Content-Disposition": 'attachment; filename="practix-my-data.zip"',
            "Cache-Control": "private, no-store",
        }
        return ArchiveResponse(archive.file, kept, headers)


async def _list_feeds(feeds: Iterable[Feed]) -> AsyncIterator[Row]:
    for feed in feeds:
        yield msgspec.structs.asdict(feed)


class ArchiveResponse(StreamingResponse):
    """Sends an archive, and removes it from the disk however that ends."""

    def __init__(self, file: IO[bytes], kept: AsyncExitStack, headers: Mapping[str, str]) -> None:
        super().__init__(_read_pieces(file), media_type=ZIP, headers=headers)
        self._kept = kept

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._kept:
            await super().__call__(scope, receive, send)


def build_router(reads: Reads, feed_secret: str) -> APIRouter:
    router = new_router()
    data = MyData(reads, feed_secret)

    @router.get("/my/data", response_class=Response, **DOCUMENT)
    async def get_my_data(request: Request) -> Response:
        """Everything that is held about the caller, as they may read it today: one zip archive
        with a JSON file for each part and one readable page, `index.html`."""
        return await data.respond(request)

    return router


async def _write_part(archive: Archive, name: str, rows: AsyncIterator[Row]) -> None:
    await asyncio.to_thread(archive.begin_part, name)
    chunk: list[Row] = []
    async for row in rows:
        chunk.append(row)
        if len(chunk) == ROWS_AT_ONCE:
            await asyncio.to_thread(archive.add_rows, name, chunk)
            chunk = []
    await asyncio.to_thread(archive.add_rows, name, chunk)
    await asyncio.to_thread(archive.end_part, name)


async def _read_pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
        yield piece
