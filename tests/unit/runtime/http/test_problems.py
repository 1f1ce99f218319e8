"""Errors become problems, on a real server."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import pytest
from fastapi import FastAPI, Request, Response
from pydantic import AwareDatetime, BaseModel, Field, field_validator
from pydantic_core import PydanticCustomError

from contracts.errors import (
    PROBLEM_MEMBERS,
    AlreadyRunning,
    Busy,
    CommandRefused,
    DependencyDown,
    Malformed,
    NotFound,
    RateLimited,
    TokenExpired,
    Unauthenticated,
)
from runtime.http.api_route import ApiRoute
from runtime.http.json_body import json_response, read_json_body
from runtime.http.negotiation import preferred_language
from runtime.http.problems import problem
from tests.servers.front_app import make_front_app
from tests.servers.http_server import served

Get = Callable[..., Awaitable[tuple[aiohttp.ClientResponse, dict[str, Any]]]]


class Body(BaseModel):
    event_time: AwareDatetime
    ticket_count: int = Field(1, ge=1)

    @field_validator("event_time")
    @classmethod
    def lies_ahead(cls, value: datetime) -> datetime:
        if value.year < 2020:
            raise PydanticCustomError("time_in_past", "lies in the past")
        return value


RAISED = {
    "refused": CommandRefused("no_seats", {"tickets_left": 0}),
    "down": DependencyDown("movies"),
    "limited": RateLimited(7),
    "busy": Busy(10),
    "running": AlreadyRunning("verify_running"),
    "unauthenticated": Unauthenticated(),
    "expired": TokenExpired(),
    "past": Malformed.of_field("event_time", "time_in_past"),
    "bug": RuntimeError("the password is 1234"),
}


def app() -> FastAPI:
    app = make_front_app()
    app.router.route_class = ApiRoute

    @app.get("/raise/{name}")
    async def fail(name: str) -> None:
        raise RAISED[name]

    @app.get("/evening/{evening_id}")
    async def evening(evening_id: UUID, limit: int = 1) -> None:
        raise NotFound()

    @app.post("/evening")
    async def create(body: Body) -> None: ...

    @app.put("/evening/{evening_id}")
    async def change(evening_id: UUID) -> None: ...

    @app.get("/well")
    async def well() -> Response:
        return json_response({"well": True})

    @app.post("/raw")
    async def raw(request: Request) -> Response:
        return json_response({"size": len(await read_json_body(request, 100))})

    return app


@pytest.fixture
async def get() -> AsyncIterator[Get]:
    async with served(app()) as url, aiohttp.ClientSession(url) as session:

        async def call(
            path: str, method: str = "GET", **how: Any
        ) -> tuple[aiohttp.ClientResponse, dict[str, Any]]:
            async with session.request(method, path, **how) as response:
                assert response.content_type in ("application/problem+json", "application/json")
                return response, await response.json(content_type=None)

        yield call


async def test_a_refusal_states_its_code_and_facts(get: Get) -> None:
    response, body = await get("/raise/refused")
    assert response.status == 409
    assert body == {
        "type": "urn:practix:problem:no_seats",
        "title": "Conflict",
        "status": 409,
        "detail": "No seat is left.",
        "instance": "/raise/refused",
        "code": "no_seats",
        "tickets_left": 0,
    }


@pytest.mark.parametrize("name", sorted(PROBLEM_MEMBERS))
def test_no_fact_can_take_the_place_of_a_problems_own_member(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        CommandRefused("no_seats", {name: "Closed"})


async def test_the_members_that_no_fact_can_have_are_all_that_a_problem_has(get: Get) -> None:
    _, body = await get("/raise/bug")
    assert set(body) == PROBLEM_MEMBERS


async def test_a_wrong_method_is_told_all_that_the_address_knows(get: Get) -> None:
    response, body = await get(f"/evening/{uuid4()}", "DELETE")
    assert (response.status, body["code"]) == (405, "method_not_allowed")
    assert response.headers["Allow"] == "GET, HEAD, PUT"
    only_post, _ = await get("/evening")
    assert (only_post.status, only_post.headers["Allow"]) == (405, "POST")


async def test_head_is_answered_as_get_without_the_body() -> None:
    async with served(app()) as url, aiohttp.ClientSession(url) as session:
        async with session.get("/well") as got:
            whole = await got.read()
        async with session.head("/well") as head:
            assert (head.status, await head.read()) == (200, b"")
            assert head.headers["Content-Length"] == str(len(whole))


async def test_the_detail_speaks_the_language_of_the_request(get: Get) -> None:
    response, body = await get("/raise/refused", headers={"Accept-Language": "ru-RU,en;q=0.8"})
    assert body["detail"] == "Свободных мест не осталось."
    assert response.headers["Content-Language"] == "ru"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("ru", "ru"),
        ("en, ru", "en"),
        ("en;q=0.5, ru;q=0.9", "ru"),
        ("de, ru;q=0.1", "ru"),
        ("ru;q=0", "en"),
        ("ru;q=much", "en"),
        ("*", "en"),
    ],
)
def test_the_language_with_the_highest_weight_wins(accepted: str, language: str) -> None:
    assert preferred_language(accepted) == language


async def test_hidden_absent_and_malformed_are_the_same_bytes(get: Get) -> None:
    bodies = [(await get(f"/evening/{one}"))[1] for one in (uuid4(), uuid4(), "not-an-id")]
    assert bodies[0] == bodies[1] == bodies[2]
    assert bodies[0]["status"] == 404
    assert bodies[0]["instance"] == "/evening/{evening_id}"


@pytest.mark.parametrize(
    ("name", "status", "code", "header", "value"),
    [
        ("down", 503, "dependency_down", "Retry-After", "1"),
        ("limited", 429, "rate_limited", "Retry-After", "7"),
        ("busy", 503, "busy", "Retry-After", "10"),
        ("running", 409, "verify_running", "Content-Language", "en"),
        ("unauthenticated", 401, "unauthenticated", "WWW-Authenticate", 'Bearer realm="practix"'),
        (
            "expired",
            401,
            "token_expired",
            "WWW-Authenticate",
            'Bearer realm="practix", error="invalid_token"',
        ),
    ],
)
async def test_the_headers_that_a_status_asks_for(
    get: Get, name: str, status: int, code: str, header: str, value: str
) -> None:
    response, body = await get(f"/raise/{name}")
    assert (response.status, body["code"], response.headers[header]) == (status, code, value)


async def test_an_unexpected_error_says_nothing_of_itself(get: Get) -> None:
    response, body = await get("/raise/bug")
    assert (response.status, body["code"]) == (500, "internal_error")
    assert "1234" not in str(body)


async def test_an_unknown_address_and_method_are_problems(get: Get) -> None:
    response, body = await get("/nowhere")
    assert (response.status, body["code"]) == (404, "not_found")
    response, body = await get("/evening", method="DELETE")
    assert (response.status, body["code"]) == (405, "method_not_allowed")
    assert response.headers["Allow"] == "POST"


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "malformed_body", "event_time"),
        ({"event_time": "2030-01-01T12:00:00"}, "naive_time", "event_time"),
        ({"event_time": "2001-01-01T12:00:00Z"}, "time_in_past", "event_time"),
        ({"event_time": "2030-01-01T12:00:00Z", "ticket_count": "x"}, "malformed_body", None),
    ],
)
async def test_a_malformed_body_names_its_fields(
    get: Get, body: dict[str, Any], code: str, field: str | None
) -> None:
    response, answer = await get("/evening", method="POST", json=body)
    assert (response.status, answer["code"]) == (422, code)
    assert answer["errors"][0]["field"] == (field or "ticket_count")


async def test_a_field_that_a_rule_refuses_is_named_as_well(get: Get) -> None:
    for language, reason in {
        "ru": "Время уже прошло.",
        "en": "The time lies in the past.",
    }.items():
        _, body = await get("/raise/past", headers={"Accept-Language": language})
        error = {"field": "event_time", "code": "time_in_past", "reason": reason}
        assert (body["code"], body["errors"]) == ("time_in_past", [error])


async def test_the_reason_of_a_wrong_field_is_in_the_language_of_the_request(get: Get) -> None:
    body = {"event_time": "2001-01-01T12:00:00Z", "ticket_count": 0, "nobody": "x"}
    for language, reasons in {
        "ru": ["Время уже прошло.", "Не меньше 1."],
        "en": ["The time lies in the past.", "At least 1."],
    }.items():
        headers = {"Accept-Language": language}
        _, answer = await get("/evening", method="POST", json=body, headers=headers)
        assert [one["reason"] for one in answer["errors"]] == reasons


async def test_broken_json_and_queries_are_malformed(get: Get) -> None:
    json = {"Content-Type": "application/json"}
    response, body = await get("/evening", method="POST", data=b"{", headers=json)
    assert (response.status, body["code"]) == (422, "malformed_body")
    response, body = await get(f"/evening/{uuid4()}?limit=x")
    assert (response.status, body["code"]) == (422, "malformed_query")


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":1,"a":2}',
        b'{"a":{"b":[1,{"c":1,"c":1}]}}',
        b'{"a":1,"\\u0061":2}',
    ],
)
@pytest.mark.parametrize("path", ["/raw", "/evening"])
async def test_a_key_that_comes_twice_is_malformed(get: Get, path: str, data: bytes) -> None:
    json = {"Content-Type": "application/json"}
    response, body = await get(path, method="POST", data=data, headers=json)
    assert (response.status, body["code"]) == (422, "malformed_body")
    assert body["errors"][0]["code"] == "repeated_key"


async def test_a_body_nested_without_end_is_malformed(get: Get) -> None:
    data = b'{"a":' * 20_000 + b"1" + b"}" * 20_000
    json = {"Content-Type": "application/json"}
    response, body = await get("/evening", method="POST", data=data, headers=json)
    assert (response.status, body["errors"][0]["code"]) == (422, "nested_too_deeply")


async def test_a_key_may_come_again_in_another_object(get: Get) -> None:
    data = b'{"a":{"x":1},"b":[{"x":1},{"x":2}]}'
    json = {"Content-Type": "application/json"}
    response, _ = await get("/raw", method="POST", data=data, headers=json)
    assert response.status == 200


async def test_a_body_is_bounded_and_json(get: Get) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 10

    json = {"Content-Type": "application/json"}
    for data in (b" " * 101, chunks()):
        _, body = await get("/raw", method="POST", data=data, headers=json)
        assert body["code"] == "too_large"
    _, body = await get("/raw", method="POST", data=b"a=1", headers={"Content-Type": "text/plain"})
    assert body["code"] == "unsupported_media_type"
    _, body = await get("/raw", method="POST", data=b"{}", headers=json)
    assert body == {"size": 2}


@pytest.mark.parametrize(
    ("declared", "status"),
    [
        ("application/json; charset=utf-8", 200),
        ('application/json;Charset="UTF-8"', 200),
        ("application/json; charset=utf-16", 415),
        ("application/json; charset=", 415),
        ("application/json; charset*=utf-8''latin-1", 415),
    ],
)
async def test_a_body_is_utf_8(get: Get, declared: str, status: int) -> None:
    headers = {"Content-Type": declared}
    answer, _ = await get("/raw", method="POST", data=b"{}", headers=headers)
    assert answer.status == status


def test_a_problem_may_be_built_by_hand() -> None:
    built = problem("overlap", language="ru", facts={"conflicts": []})
    assert built.status_code == 409
    assert b'"conflicts":[]' in built.body
