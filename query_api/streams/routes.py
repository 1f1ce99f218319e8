"""Serves `GET /api/v1/stream`: what changes for the caller, or about one announcement."""

from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from query_api.announcements.rows import fetch_visible
from query_api.edge.parameters import ID, parse_id
from query_api.edge.reads import Reads
from query_api.edge.routes import new_router
from query_api.streams.changes import fetch_horizon
from query_api.streams.cursor import LAST_EVENT_ID, begin_at, parse_event_id
from query_api.streams.hub import StreamHub
from query_api.streams.open_stream import GONE, OpenStream
from runtime.client_leaving import wait_until_gone
from runtime.event_stream import EVENT_STREAM, HEADERS
from runtime.http.methods import is_head
from runtime.http.negotiation import language_of
from runtime.http.parameters import (
    MIN_POSITION,
    Parameter,
    describe_header,
    describe_parameters,
    min_position_of,
)
from runtime.process.tasks import end, start_for

PARAMETERS: Final = (Parameter("announcement_id", "only about this announcement", ID),)
_DOCUMENT: Final[dict[str, Any]] = {
    "response_class": StreamingResponse,
    "responses": {
        200: {
            "description": "server-sent events `announcement`, `booking`, `post`, `notice`, `end`",
            "content": {EVENT_STREAM: {"schema": {"type": "string"}}},
        },
        422: {"description": "a parameter is malformed"},
        503: {"description": "`unavailable`: too many streams, or the tables are away"},
        504: {"description": "`projection_behind`: not yet at `min_position`, or at the id"},
    },
    "openapi_extra": {
        "parameters": [
            *describe_parameters(MIN_POSITION, *PARAMETERS),
            describe_header(
                LAST_EVENT_ID, "id of the last event that was received: go on behind it"
            ),
        ]
    },
}


def build_router(reads: Reads, hub: StreamHub) -> APIRouter:
    router = new_router()

    @router.get("/stream", **_DOCUMENT)
    async def get_stream(request: Request) -> Response:
        """What changes for the caller, or about one announcement, as server-sent events. Each has
        the representation that a read would give now."""
        stream, position = await _open(request, reads, hub)
        headers = {**HEADERS, "X-Position": str(position)}
        return EventStreamResponse(hub, stream, headers, only_head=is_head(request))

    return router


async def _open(request: Request, reads: Reads, hub: StreamHub) -> tuple[OpenStream, int]:
    """Return the stream that is asked for, and the position of the tables."""
    caller = await reads.authenticate(request)
    hub.demand_room(caller.person_id)
    announcement_id = request.query_params.get("announcement_id")
    if announcement_id is not None:
        announcement_id = parse_id(announcement_id, "announcement_id")
    last_id = request.headers.get(LAST_EVENT_ID)
    cursor = None if not last_id else parse_event_id(last_id)
    followed = [] if announcement_id is None else await reads.fetch_followed(caller)
    wanted = max(min_position_of(request.query_params), 0 if cursor is None else cursor.position)
    async with reads.open_tables(wanted) as snapshot:
        if announcement_id is not None:
            await fetch_visible(snapshot, caller, followed, announcement_id)
        if cursor is None:
            horizon = await fetch_horizon(snapshot)
            cursor = begin_at(snapshot.position, horizon.complete_before)
    stream = OpenStream(
        caller,
        request.headers.get("authorization"),
        announcement_id=announcement_id,
        language=language_of(request),
        cursor=cursor,
        followed=followed,
    )
    return stream, snapshot.position


class EventStreamResponse(StreamingResponse):
    """Sends the stream until it ends or its reader goes away."""

    def __init__(
        self, hub: StreamHub, stream: OpenStream, headers: dict[str, str], *, only_head: bool
    ) -> None:
        super().__init__(hub.follow(stream), headers=headers)
        self._hub = hub
        self._stream = stream
        self._only_head = only_head

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        last = {"type": "http.response.body", "body": b"", "more_body": False}
        if self._only_head:
            await send(start)
            await send(last)
            return
        with self._hub.admit(self._stream):
            leaving = start_for(_notice_leaving(receive, self._stream), "reader of a stream")
            try:
                await send(start)
                async for piece in self.body_iterator:
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                await send(last)
            finally:
                await end(leaving)


async def _notice_leaving(receive: Receive, stream: OpenStream) -> None:
    """End the stream once its reader has gone."""
    await wait_until_gone(receive)
    stream.end(GONE)
