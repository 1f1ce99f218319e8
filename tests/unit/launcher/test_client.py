"""What the command line asks a running system for, and what it makes of a bad answer."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route

from launcher.client import RequestRefused, log_in, stream_operator_lines
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


async def test_an_answer_that_breaks_off_is_said_to_have_broken_off() -> None:
    async def half_a_line() -> AsyncIterator[bytes]:
        yield b'{"phase": "fold"'
        raise ConnectionAbortedError

    async def answer(_: Request) -> StreamingResponse:
        return StreamingResponse(half_a_line(), headers={"Content-Length": "1000"})

    app = Starlette(routes=[Route("/api/v1/operator/verify", answer, methods=["POST"])])
    async with served(app) as url:
        with pytest.raises(RequestRefused, match="broke off"):
            async for _ in stream_operator_lines(url, "verify", "the token"):
                pass


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({}, "404: no such thing."),
        (
            {"parameter": "a", "known": ["b", "c"]},
            "404: no such thing. (parameter: a; known: b, c)",
        ),
        ({"parameter": "a", "not_with": "d"}, "404: no such thing. (parameter: a; not_with: d)"),
        (
            {
                "errors": [
                    {"field": "text", "code": "string_too_long", "reason": "At most 4000."},
                    {"field": "", "code": "repeated_key", "reason": "a key is repeated"},
                ]
            },
            "404: no such thing.\n  text: At most 4000.\n  a key is repeated",
        ),
    ],
)
async def test_a_problem_is_told_by_its_status_detail_facts_and_wrong_fields(
    facts: dict[str, Any], told: str
) -> None:
    async def answer(_: Request) -> JSONResponse:
        return JSONResponse({"code": "not_found", "detail": "no such thing.", **facts}, 404)

    app = Starlette(routes=[Route("/neighbours/auth/token", answer, methods=["POST"])])
    async with served(app) as url:
        with pytest.raises(RequestRefused) as refused:
            await log_in(url, "anna")
    assert str(refused.value) == told
