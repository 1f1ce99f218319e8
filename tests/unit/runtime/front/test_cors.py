"""Pages of other origins: only those that are listed, and never with cookies."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from fastapi import FastAPI
from pydantic import ValidationError

from contracts.errors import Unauthenticated
from launcher.settings import Settings
from runtime.front.cors import EXPOSED_HEADERS, cors_headers
from runtime.limits.limiter import Limiter
from runtime.limits.settings import RateLimits
from runtime.service.app import make_app
from tests.servers.asgi import AsgiAnswer, call

OURS = "https://app.example"
THEIRS = "https://evil.example"


@asynccontextmanager
async def nothing(_app: FastAPI) -> AsyncIterator[None]:
    yield


def app(*origins: str) -> FastAPI:
    app = make_app("PRACTIX", nothing, Limiter(RateLimits()), origins=origins)

    @app.put("/thing")
    async def change() -> None:
        raise Unauthenticated

    return app


async def preflight(app: FastAPI, origin: str) -> AsgiAnswer:
    asked = [
        ("Origin", origin),
        ("Access-Control-Request-Method", "PUT"),
        ("Access-Control-Request-Headers", "authorization,content-type,idempotency-key,if-match"),
    ]
    return await call(app, "OPTIONS", "/thing", asked)


async def test_a_listed_origin_may_send_what_the_api_takes() -> None:
    answer = await preflight(app(OURS), OURS)
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == OURS
    assert "PUT" in answer.headers["access-control-allow-methods"]
    allowed = answer.headers["access-control-allow-headers"].lower()
    for name in ("authorization", "content-type", "idempotency-key", "if-match"):
        assert name in allowed


async def test_a_listed_origin_reads_problems_and_our_headers() -> None:
    answer = await call(app(OURS), "PUT", "/thing", [("Origin", OURS)])
    assert answer.status == 401
    assert answer.headers["access-control-allow-origin"] == OURS
    assert "Origin" in answer.headers["vary"]
    exposed = answer.headers["access-control-expose-headers"]
    for name in ("X-Position", "ETag", "Link", "Idempotency-Key", "Retry-After", "RateLimit"):
        assert name in exposed


async def test_nobody_is_asked_for_cookies() -> None:
    for answer in (
        await preflight(app(OURS), OURS),
        await call(app(OURS), "PUT", "/thing", [("Origin", OURS), ("Cookie", "a=b")]),
    ):
        assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("listed", [(), (OURS,)])
@pytest.mark.parametrize("origin", [THEIRS, "null", "https://app.example.evil.example"])
async def test_any_other_origin_gets_nothing(listed: tuple[str, ...], origin: str) -> None:
    one = app(*listed)
    for answer in (
        await preflight(one, origin),
        await call(one, "PUT", "/thing", [("Origin", origin)]),
    ):
        assert "access-control-allow-origin" not in answer.headers


async def test_by_default_no_origin_is_listed() -> None:
    assert Settings().cors_origins == ()


def test_the_setting_is_a_list_of_origins() -> None:
    def parse(text: str) -> tuple[str, ...]:
        return Settings.model_validate({"PRACTIX_CORS_ORIGINS": text}).cors_origins

    assert parse("https://app.example, http://localhost:3000") == (OURS, "http://localhost:3000")
    assert parse("") == ()
    for wrong in ("*", "app.example", "https://app.example/", "https://*.example", "null"):
        with pytest.raises(ValidationError):
            parse(wrong)


def test_settings_read_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRACTIX_CORS_ORIGINS", f"{OURS},http://localhost:3000")
    assert Settings().cors_origins == (OURS, "http://localhost:3000")


def test_the_gateways_own_answers_can_be_read_too() -> None:
    headers = cors_headers(OURS, (OURS,))
    assert headers["Access-Control-Allow-Origin"] == OURS
    assert set(headers["Access-Control-Expose-Headers"].split(", ")) == set(EXPOSED_HEADERS)
    assert cors_headers(THEIRS, (OURS,)) == {}
    assert cors_headers(None, (OURS,)) == {}
