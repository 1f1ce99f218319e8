"""Answers with lines of progress and a result, one JSON object a line."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from contracts.error_codes import describe
from contracts.errors import AlreadyRunning, CommandError, Unavailable
from contracts.journal.acceptance import JournalBroken
from contracts.values.describing import describe_error
from contracts.values.languages import API_LANGUAGE
from runtime.client_leaving import wait_until_gone
from runtime.postgres.tables import TablesUnavailable
from runtime.process.tasks import end, start_for
from runtime.progress.reporting import ReportLine

log = logging.getLogger(__name__)

NDJSON: Final = "application/x-ndjson"
LINES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "progress lines, then the result with `ok`",
        "content": {NDJSON: {"schema": {"type": "string"}}},
    }
}
"""`responses` of a route that answers so."""
FAILURES: Final = (TablesUnavailable, JournalBroken, AlreadyRunning)
"""Errors that may end lines before their result."""


class LinesResponse(Response):
    """Sends the lines. If the caller goes away, they are cut off, and the answer ends once they
    have cleaned up: they run in a task that is cancelled once. Starlette's own stream is cancelled
    at each of its awaits, also at those of its clean-up."""

    media_type = NDJSON

    def __init__(
        self, lines: AsyncGenerator[ReportLine, None], *first: ReportLine, **failed: Any
    ) -> None:
        """`first` are lines that were read already. An error is the last line, with the members
        of `failed`."""
        super().__init__()
        del self.headers["content-length"]
        self._first = first
        self._lines = lines
        self._failed = failed

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        sending = start_for(self._send(send), "lines")
        leaving = start_for(wait_until_gone(receive), "reader of lines")
        try:
            await asyncio.wait([sending, leaving], return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end(sending, leaving)
        if not sending.cancelled():
            sending.result()

    async def _send(self, send: Send) -> None:
        async def send_line(line: ReportLine) -> None:
            body = msgspec.json.encode(line) + b"\n"
            await send({"type": "http.response.body", "body": body, "more_body": True})

        async with aclosing(self._lines) as lines:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            try:
                for line in self._first:
                    await send_line(line)
                async for line in lines:
                    await send_line(line)
            except FAILURES as error:
                log.warning("lines ended early: %s", describe_error(error))
                await send_line({"ok": False, **self._failed, "problem": _say(error)})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _say(error: Exception) -> str:
    return describe(error.code, API_LANGUAGE) if isinstance(error, CommandError) else str(error)


async def answer_lines(lines: AsyncGenerator[ReportLine, None], **failed: Any) -> Response:
    """Answer with the lines. An error before the first of them is answered as a problem; a later
    one is the last line, with the members of `failed`. Raises Unavailable, and any other error of
    the first line."""
    try:
        first = await anext(lines)
    except TablesUnavailable as error:
        raise Unavailable from error
    return LinesResponse(lines, first, **failed)
