"""Limits the length of request bodies to the stand-in."""

from collections.abc import Callable, Coroutine
from typing import Any, Final

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message

from runtime.http.api_route import ApiRoute
from runtime.http.json_body import read_json_body

BODY_BYTES_MAX: Final = 256 * 1024
"""Room for the longest notice that Notification accepts, in any language."""


class BoundedRoute(ApiRoute):
    """A route that reads the body, up to its limit, before FastAPI parses it.

    Raises TooLarge or UnsupportedMediaType instead of calling the route.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def read_first(request: Request) -> Response:
            body = await read_json_body(request, BODY_BYTES_MAX)
            return await handle(_with_body(request, body))

        return read_first


def document_body(kind: type[BaseModel]) -> dict[str, Any]:
    """Return `openapi_extra` of a route that reads its body itself, as a `kind`."""
    content = {"application/json": {"schema": kind.model_json_schema()}}
    return {"requestBody": {"content": content, "required": True}}


def _with_body(request: Request, body: bytes) -> Request:
    """Return the same request with a body that can be read again."""
    unread = True

    async def receive() -> Message:
        nonlocal unread
        if unread:
            unread = False
            return {"type": "http.request", "body": body, "more_body": False}
        return await request.receive()

    return Request(request.scope, receive)
