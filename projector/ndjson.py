"""Answers with lines of progress and a result, one JSON object a line."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final

import msgspec
from starlette.responses import Response, StreamingResponse

from contracts.errors import Unavailable
from contracts.journal.acceptance import JournalBroken
from projector.proof.progress import ReportLine
from runtime.postgres.tables import TablesUnavailable

NDJSON: Final = "application/x-ndjson"
LINES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "progress lines, then the result with `ok`",
        "content": {NDJSON: {"schema": {"type": "string"}}},
    }
}
"""`responses` of a route that answers so."""


async def answer_lines(lines: AsyncGenerator[ReportLine, None], **failed: Any) -> Response:
    """Answer with the lines. What fails before the first of them is a problem; what fails later
    is the last line, with the members of `failed`. Raises Unavailable, and whatever else the
    first line raises."""
    try:
        first = await anext(lines)
    except TablesUnavailable as error:
        raise Unavailable from error
    return StreamingResponse(_encode_lines(first, lines, failed), media_type=NDJSON)


def encode_line(line: ReportLine) -> bytes:
    return msgspec.json.encode(line) + b"\n"


async def _encode_lines(
    first: ReportLine, others: AsyncGenerator[ReportLine, None], failed: dict[str, Any]
) -> AsyncGenerator[bytes, None]:
    try:
        async with aclosing(others) as lines:
            yield encode_line(first)
            async for line in lines:
                yield encode_line(line)
    except (TablesUnavailable, JournalBroken) as error:
        yield encode_line({"ok": False, **failed, "problem": str(error)})
