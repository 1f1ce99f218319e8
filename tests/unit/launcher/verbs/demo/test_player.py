"""The replay against a system played by a few lines: order, retries, counting."""

import asyncio
import json
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from launcher.client import NotRunning, RequestRefused
from launcher.connections import Connections
from launcher.verbs.demo.player import Demo
from launcher.verbs.demo.summary import MALFORMED_SHOWN_MAX, DemoSummary
from tests.waiting import WITHIN_S

CONCURRENCY = 8
YIELDS = 20
BROKEN_CONNECTION = 0
KEY = "the key of a system that nobody else knows"
NOW = datetime(2031, 5, 1, 12, tzinfo=UTC)

Line = dict[str, Any]


class FakeSystem:
    """Announcements are taken, requests get `state`, hosts' approvals work.

    An evening's id is its event's name, a token names the person, a booking's id is
    both. Its clock stands at NOW. The next answers are taken from `trouble` (a status
    each) while it has any.
    """

    def __init__(self, state: str = "requested") -> None:
        self.state = state
        self.trouble: list[int] = []
        self.keys: list[str] = []
        self.acts: list[tuple[str, str, str]] = []
        """What was done, by whom, at which event; approvals are not among them."""
        self.approved: list[tuple[str, str]] = []
        self.bodies: list[Any] = []
        self.collisions = 0
        self.together_max = 0
        self.meet: asyncio.Barrier | None = None
        self._busy: Counter[str] = Counter()

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/neighbours/movies", self._movies)
        app.router.add_post("/neighbours/auth/token", self._token)
        app.router.add_post("/api/v1/announcement/film", self._announce)
        app.router.add_post("/api/v1/booking/{event}", self._request)
        app.router.add_put("/api/v1/announcement/{event}/booking/me", self._withdraw)
        app.router.add_put("/api/v1/booking/{event}:{guest}", self._approve)
        return app

    async def _movies(self, _: web.Request) -> web.Response:
        films = [{"id": "long", "duration_min": 150}, {"id": "film", "duration_min": 120}]
        return web.json_response(films)

    async def _token(self, request: web.Request) -> web.Response:
        login = (await request.json())["login"]
        claims = {"sub": login.split("-", 1)[1], "iat": NOW}
        return web.json_response({"access_token": jwt.encode(claims, KEY)})

    async def _announce(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.bodies.append(body)
        event = body["title"].removeprefix("Evening ")
        if self.meet is not None:
            await self.meet.wait()
        return await self._act("announce", event, request, {"id": event}, 201)

    async def _request(self, request: web.Request) -> web.Response:
        event = request.match_info["event"]
        answer = {"state": self.state, "booking_id": f"{event}:{caller_of(request)}"}
        return await self._act("request", event, request, answer, 201)

    async def _withdraw(self, request: web.Request) -> web.Response:
        assert await request.json() == {"my_status": False}
        return await self._act(
            "withdraw", request.match_info["event"], request, {"state": "withdrawn"}, 200
        )

    async def _approve(self, request: web.Request) -> web.Response:
        self.approved.append((caller_of(request), request.match_info["event"]))
        return web.json_response({"state": "confirmed"})

    async def _act(
        self, act: str, event: str, request: web.Request, answer: Line, status: int
    ) -> web.Response:
        self.keys.append(request.headers["Idempotency-Key"])
        if self.trouble:
            instead = self.trouble.pop(0)
            if instead == BROKEN_CONNECTION and request.transport is not None:
                request.transport.abort()
            return web.json_response({"code": f"said {instead}"}, status=instead or 500)
        person = caller_of(request)
        self.acts.append((act, person, event))
        names = (f"event {event}", f"person {person}")
        self.collisions += any(self._busy[name] for name in names)
        self._busy.update(names)
        self.together_max = max(self.together_max, self._busy.total() // 2)
        for _ in range(YIELDS):  # Others get their chance to collide.
            await asyncio.sleep(0)
        self._busy.subtract(names)
        return web.json_response(answer, status=status)


def caller_of(request: web.Request) -> str:
    token = request.headers["Authorization"].removeprefix("Bearer ")
    caller: str = jwt.decode(token, KEY, ["HS256"], options={"verify_iat": False})["sub"]
    return caller


async def replay(system: FakeSystem, path: Path) -> DemoSummary:
    async with TestServer(system.app()) as server:
        with closing(Connections(str(server.make_url("")))) as connections:
            demo = Demo(connections, CONCURRENCY, lambda: None, retry_s=0.0)
            async with asyncio.timeout(WITHIN_S):
                return await demo.run(path)


def announce(event: str, host: str, **changes: Any) -> Line:
    line = {"at_ms": 0, "kind": "announce", "event": event, "host": host}
    return {**line, "starts_at_ms": 90_000_000, "place": "Tver", "seats": 2, **changes}


def request(event: str, guest: str) -> Line:
    return {"at_ms": 1, "kind": "request", "event": event, "guest": guest}


def withdraw(event: str, guest: str) -> Line:
    return {"at_ms": 2, "kind": "withdraw", "event": event, "guest": guest}


@pytest.fixture
def traffic(tmp_path: Path) -> "TrafficFile":
    return TrafficFile(tmp_path / "traffic.jsonl")


class TrafficFile:
    def __init__(self, path: Path) -> None:
        self.path = path

    def of(self, *lines: Line | str) -> Path:
        texts = (line if isinstance(line, str) else json.dumps(line) for line in lines)
        self.path.write_text("\n".join(texts))
        return self.path


async def test_an_event_and_a_person_keep_the_order_of_the_file(traffic: TrafficFile) -> None:
    lines = [announce(f"e{n}", f"p{n}") for n in range(5)]
    for n in range(60):
        lines.append(request(f"e{n % 5}", f"p{n % 7}"))
        if n % 3 == 0:
            lines.append(withdraw(f"e{n % 5}", f"p{n % 7}"))
    system = FakeSystem()
    await replay(system, traffic.of(*lines))
    assert system.collisions == 0
    intended = [(x["kind"], x.get("guest") or x["host"], x["event"]) for x in lines]
    for place in (1, 2):
        for name in {act[place] for act in intended}:
            done = [act for act in system.acts if act[place] == name]
            assert done == [act for act in intended if act[place] == name]


async def test_different_events_of_different_people_run_side_by_side_within_the_bound(
    traffic: TrafficFile,
) -> None:
    system = FakeSystem()
    system.meet = asyncio.Barrier(CONCURRENCY)
    lines = [announce(f"e{n}", f"h{n}") for n in range(CONCURRENCY * 4)]
    summary = await replay(system, traffic.of(*lines))
    assert summary.outcomes == {"announced": CONCURRENCY * 4}
    assert 1 < system.together_max <= CONCURRENCY


async def test_the_host_approves_what_was_requested(traffic: TrafficFile) -> None:
    system = FakeSystem()
    summary = await replay(system, traffic.of(announce("e1", "anna"), request("e1", "boris")))
    assert system.approved == [("anna", "e1")]
    assert summary.outcomes == {"announced": 1, "requested": 1, "confirmed": 1}


async def test_nobody_approves_who_waits(traffic: TrafficFile) -> None:
    system = FakeSystem(state="waitlisted")
    summary = await replay(system, traffic.of(announce("e1", "anna"), request("e1", "boris")))
    assert system.approved == []
    assert summary.outcomes == {"announced": 1, "waitlisted": 1}


@pytest.mark.parametrize("trouble", [429, 503, BROKEN_CONNECTION])
async def test_what_has_no_outcome_is_repeated_with_the_same_key(
    traffic: TrafficFile, trouble: int
) -> None:
    system = FakeSystem()
    system.trouble = [trouble, trouble]
    summary = await replay(system, traffic.of(announce("e1", "anna")))
    assert len(system.keys) >= 3
    assert len(set(system.keys)) == 1
    assert summary.outcomes == {"announced": 1}


async def test_a_refusal_is_counted_and_what_hangs_on_it_too(traffic: TrafficFile) -> None:
    system = FakeSystem()
    system.trouble = [409]
    path = traffic.of(announce("e1", "anna"), request("e1", "boris"), withdraw("e1", "boris"))
    summary = await replay(system, path)
    assert summary.outcomes == {"said 409": 1, "evening_not_announced": 2}


async def test_malformed_lines_are_named_by_number_and_stop_nothing(traffic: TrafficFile) -> None:
    path = traffic.of(
        announce("e1", "anna"),
        "not json",
        "",
        '{"at_ms": 1, "kind": "party", "event": "e1"}',
        '{"at_ms": 1, "kind": "request", "event": "e1"}',
        announce("e2", "anna", seats=0),
        announce("e3", "anna", starts_at_ms=9 * 10**18),
        announce("e4", "anna", starts_at_ms=None),
        request("e1", "boris"),
    )
    summary = await replay(FakeSystem(), path)
    assert [line.number for line in summary.first_malformed] == [2, 4, 5, 6, 7, 8]
    assert (summary.lines, summary.malformed) == (8, 6)
    assert summary.outcomes["confirmed"] == 1


async def test_a_file_of_nonsense_is_counted_without_being_kept(traffic: TrafficFile) -> None:
    count = MALFORMED_SHOWN_MAX + 30
    summary = await replay(FakeSystem(), traffic.of(*["nonsense"] * count))
    assert (summary.malformed, summary.sent) == (count, 0)
    assert len(summary.first_malformed) == MALFORMED_SHOWN_MAX


async def test_the_first_line_is_now_by_the_systems_clock_and_distances_stay(
    traffic: TrafficFile,
) -> None:
    lines = [announce(f"e{n}", f"h{n}", at_ms=5_000, starts_at_ms=5_000 + n) for n in range(3)]
    system = FakeSystem()
    await replay(system, traffic.of(*lines))
    at = {body["title"][-1]: body["event_time"] for body in system.bodies}
    times = [at[str(n)] for n in range(3)]
    assert [datetime.fromisoformat(one) for one in times] == [
        NOW + timedelta(milliseconds=n) for n in range(3)
    ]


async def test_a_system_that_goes_away_for_good_ends_the_replay(traffic: TrafficFile) -> None:
    system = FakeSystem()
    system.trouble = [BROKEN_CONNECTION] * 1000
    with pytest.raises(NotRunning, match="does not answer any more"):
        await replay(system, traffic.of(announce("e1", "anna")))


async def test_nothing_is_replayed_where_no_system_answers(traffic: TrafficFile) -> None:
    demo = Demo(Connections("http://127.0.0.1:1"), CONCURRENCY, lambda: None)
    with pytest.raises(NotRunning, match="no system answers"):
        await demo.run(traffic.of(announce("e1", "anna")))


async def test_nothing_is_replayed_if_the_stand_in_is_not_published(traffic: TrafficFile) -> None:
    async with TestServer(web.Application()) as server:
        demo = Demo(Connections(str(server.make_url(""))), CONCURRENCY, lambda: None)
        with pytest.raises(RequestRefused, match="404"):
            await demo.run(traffic.of(announce("e1", "anna")))
