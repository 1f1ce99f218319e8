"""What `practix token` asks the stand-in for, and with which key."""

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from launcher.client import log_in
from tests.servers.http_server import served


@pytest.mark.parametrize(
    ("operator", "body", "key"),
    [
        (None, {"login": "anna"}, None),
        ("the token", {"login": "anna", "is_super": True}, "Bearer the token"),
    ],
)
async def test_a_super_users_token_is_asked_for_with_the_operators(
    operator: str | None, body: dict[str, Any], key: str | None
) -> None:
    async def answer(request: Request) -> JSONResponse:
        key = request.headers.get("Authorization")
        return JSONResponse({"body": await request.json(), "key": key})

    app = Starlette(routes=[Route("/neighbours/auth/token", answer, methods=["POST"])])
    async with served(app) as url:
        assert await log_in(url, "anna", operator) == {"body": body, "key": key}
