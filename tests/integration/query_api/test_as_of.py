"""An evening in the past: the same answers as then, and never more."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from query_api.edge.moments import find_horizon
from query_api.edge.reads import TableSnapshot
from tests.cells.eventful_evening import (
    HOST,
    OPERATOR,
    ROLES,
    EventfulEvening,
    eventful_evening,
)
from tests.cells.http_reply import HttpReply
from tests.cells.read_side import at, read_side


@pytest.fixture
async def eventful(tmp_path: Path, postgres_dsn: str) -> AsyncIterator[EventfulEvening]:
    async with eventful_evening(tmp_path, postgres_dsn) as found:
        yield found


@pytest.fixture
async def watched(tmp_path: Path, postgres_dsn: str) -> AsyncIterator[EventfulEvening]:
    async with eventful_evening(tmp_path, postgres_dsn, watched=True) as found:
        yield found


def expected(role: str, then: HttpReply, now: HttpReply) -> tuple[int, Any]:
    """What was answered then, but for what the role is no longer told."""
    if now.status == 404 or then.status == 404:
        return 404, "not_found"
    body = dict(then.body)
    if role not in (HOST, OPERATOR) and now.body["my_state"] != "confirmed":
        body["guest_list"] = []
    if now.body["event_location"] is None:
        body["event_location"] = None
    return 200, body


def read_answer(reply: HttpReply) -> tuple[int, Any]:
    return reply.status, reply.body if reply.status == 200 else reply.code


async def test_every_position_is_answered_as_it_was(watched: EventfulEvening) -> None:
    await watched.live()
    now = {role: await watched.get(role, watched.path) for role in ROLES}
    for role, position, then in watched.seen:
        again = await watched.get(role, watched.path, as_of=position)
        assert read_answer(again) == expected(role, then, now[role]), (role, position)
        if again.status == 200:
            assert again.position == position
        if again.body == then.body:
            assert again.headers.get("ETag") == then.headers.get("ETag")
    bodies = [seen.reply.body for seen in watched.seen if seen.reply.status == 200]
    assert {body["author_rating"] for body in bodies} == {0.0, 6.3}
    assert {guest["guest_rating"] for body in bodies for guest in body["guest_list"]} == {0.0, 7.3}
    assert {seen.role for seen in watched.seen if seen.reply.status == 404} == set(ROLES) - {
        HOST,
        OPERATOR,
    }


async def test_people_were_rated_as_they_were(watched: EventfulEvening) -> None:
    await watched.live()
    for path, then in watched.rated_pages:
        again = await watched.get(OPERATOR, path, as_of=then.position)
        assert (again.status, again.body) == (200, then.body), (path, then.position)
        assert again.position == then.position
    hosts = {then.body["host"]["rating_count"] for _, then in watched.rated_pages}
    assert len(hosts) > 1
    path, last = watched.rated_pages[0][0], watched.rated_pages[-3][1]
    assert (await watched.get("stranger", path)).body == last.body
    drift = await watched.get(HOST, f"{path}/drift", as_of=1)
    assert (drift.status, drift.body["months"]) == (200, [])


async def test_how_others_were_rated_then_is_not_told(eventful: EventfulEvening) -> None:
    """Position by position it would say who left which evening, and who rated whom."""
    await eventful.announce()
    path = f"/user/{eventful.people.ids[HOST]}/rating"
    for page in (path, f"{path}/drift"):
        assert (await eventful.get(HOST, page, as_of=1)).status == 200
        refused = await eventful.get("stranger", page, as_of=1)
        assert (refused.status, refused.code) == (403, "forbidden")
        assert (await eventful.get("stranger", page)).status == 200


async def test_a_time_is_the_last_position_by_then(eventful: EventfulEvening) -> None:
    await eventful.live()
    for entry in await eventful.entries(HOST):
        at = datetime.fromisoformat(entry["at"])
        by_time = await eventful.get(HOST, eventful.path, as_of=entry["at"])
        assert by_time.position >= entry["position"]
        by_position = await eventful.get(HOST, eventful.path, as_of=by_time.position)
        assert by_time.body == by_position.body
        moscow = (at.astimezone(UTC) + timedelta(hours=3)).replace(tzinfo=None)
        same = await eventful.get(HOST, eventful.path, as_of=f"{moscow.isoformat()}+03:00")
        assert same.body == by_time.body
        before = await eventful.get(HOST, eventful.trail, as_of=(at - timedelta(milliseconds=1)))
        assert before.status == 404 or before.position < entry["position"]


async def test_before_it_was_there_it_is_not_found(eventful: EventfulEvening) -> None:
    await eventful.announce()
    created = eventful.people.position
    assert (await eventful.get(HOST, eventful.path, as_of=created)).status == 200
    for moment in (0, created - 1, "2000-01-01T00:00:00Z"):
        for path in (eventful.path, eventful.trail):
            assert (await eventful.get(HOST, path, as_of=moment)).status == 404


async def test_hidden_then_or_now_is_as_if_it_never_was(eventful: EventfulEvening) -> None:
    """A draft, an evening by invitation, and one that is cancelled now."""
    await eventful.announce(publish=False)
    draft = eventful.people.position
    await eventful.change(status="Alive", visibility="invite")
    by_invitation = eventful.people.position
    await eventful.change(visibility="public")
    public = eventful.people.position
    assert (await eventful.get("stranger", eventful.path, as_of=public)).status == 200
    nowhere = f"/announcement/{uuid4()}"
    for moment in (draft, by_invitation):
        for start in ("", "/history"):
            hidden = await eventful.get("stranger", start + eventful.path, as_of=moment)
            absent = await eventful.get("stranger", start + nowhere, as_of=moment)
            assert without_path(hidden) == without_path(absent)
    await eventful.step(HOST, "DELETE", eventful.path)
    assert (await eventful.get("stranger", eventful.path, as_of=public)).status == 404
    assert (await eventful.get(HOST, eventful.path, as_of=public)).status == 200


def without_path(reply: HttpReply) -> tuple[int, Any, list[str]]:
    """Status, body and names of headers, but for the address that was asked for."""
    body = {name: value for name, value in reply.body.items() if name != "instance"}
    return reply.status, body, sorted(reply.headers)


async def test_what_no_moment_is(eventful: EventfulEvening) -> None:
    await eventful.announce()
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    for path in (eventful.path, eventful.trail):
        for wrong in ("x", "-1", "1.5", "9" * 30, "", tomorrow):
            reply = await eventful.get(HOST, path, as_of=wrong)
            assert (reply.status, reply.code) == (422, "malformed_query"), wrong
            assert reply.body["parameter"] == "as_of"
        for naive in ("2026-03-01T12:00:00", "2026-03-01"):
            reply = await eventful.get(HOST, path, as_of=naive)
            assert (reply.status, reply.code) == (422, "naive_time"), naive
        behind = await eventful.get(HOST, path, as_of=eventful.people.position + 1000)
        assert (behind.status, behind.code) == (504, "projection_behind")
        unknown = await eventful.people.cell.send("GET", f"/api/v1{path}?as_of=x")
        assert unknown.status == 401


async def test_without_clickhouse_only_the_past_is_unavailable(postgres_dsn: str) -> None:
    async with read_side(postgres_dsn) as reads:
        host = await reads.person()
        evening_id = await reads.evening(host)
        await reads.move_position(7)
        path = f"/api/v1/announcement/{evening_id}"
        assert (await reads.get(path, host)).status == 200
        for past in (f"{path}?as_of=7", f"{path}?as_of=2026-03-01T12:00:00Z"):
            reply = await reads.get(past, host)
            assert (reply.status, reply.body["code"]) == (503, "unavailable")
        trail = f"/api/v1/history/announcement/{evening_id}"
        assert (await reads.get(trail, host)).status == 503


async def test_a_time_that_was_given_twice_is_the_later_position(postgres_dsn: str) -> None:
    """A fast clock was set right: hours 25 and 26 came before hours 2 to 30, and once more
    in their turn."""
    hours = (0, 1, 25, 26, 2, 3, 24, 27, 30)
    async with read_side(postgres_dsn) as reads:
        for seq, hour in enumerate(hours, 1):
            await reads.decision(seq, at(hour))
        async with reads.pool.acquire() as connection:
            snapshot = TableSnapshot(connection, len(hours))
            for asked, expected in (
                (-1, 0),
                (0, 1),
                (1.5, 2),
                (2, 5),
                (23, 6),
                (26.5, 7),
                (28, 8),
                (31, 9),
            ):
                assert (await find_horizon(snapshot, at(asked))).position == expected, asked
