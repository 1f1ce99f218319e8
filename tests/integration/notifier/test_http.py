"""The notifier as a service: its routes, and the stand-in it speaks to."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from contracts.events.booking import BookingApproved, BookingRequested
from contracts.notices import Kind
from neighbours.app import StandInState
from neighbours.app import build_router as build_stand_in_router
from notifier.dispatcher import DispatcherPace
from notifier.main import build_app, clients_from
from notifier.service import NotifierService
from notifier.settings import Settings
from runtime.auth.operators import OperatorGuard
from runtime.auth.tokens import TokenSettings, TokenVerifier, issue_token
from runtime.http.problems import install_problems
from runtime.journal.sqlite import SqliteJournal
from runtime.outside.wiring import OutsideClients
from runtime.postgres.pools import open_pool
from tests.cells.stand_in import (
    CREDENTIAL,
    OPERATOR,
    TOKEN_SECRET,
    build_settings,
    key_for,
    stand_in_settings,
)
from tests.histories.notifier_events import (
    BEGIN,
    NotifierHistory,
    announcement,
    booking,
    created,
    person,
    published,
    seen,
)
from tests.servers.http_server import served

SECRET = TOKEN_SECRET
NOBODY = "00000000-0000-0000-0000-000000000001"
APPROVED: tuple[Kind, ...] = ("operator_message",)
WITHIN_S = 60.0


class ServedNotifier:
    def __init__(self, session: aiohttp.ClientSession, url: str, journal: SqliteJournal) -> None:
        self._session = session
        self._url = url
        self._journal = journal
        self.history = NotifierHistory()
        self.now = BEGIN
        self.service: NotifierService

    def token(self, name: str) -> str:
        return issue_token(person(name), key=SECRET, now=BEGIN)

    async def send(
        self, method: str, path: str, token: str | None = None, body: Any = None, **headers: str
    ) -> tuple[int, Any, Any]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if (token := key_for(path, token)) is not None:
            named["Authorization"] = f"Bearer {token}"
        async with self._session.request(
            method, self._url + path, headers=named, json=body, allow_redirects=False
        ) as response:
            content = await response.json() if await response.read() else None
            return response.status, content, response.headers

    async def get(self, path: str, token: str | None, **headers: str) -> Any:
        status, body, _ = await self.send("GET", path, token, **headers)
        assert status == 200, body
        return body

    async def inbox(self, name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.get(
            f"/neighbours/notification/inbox/{person(name)}", None
        )
        return found

    async def tell(self) -> int:
        return await self.history.write_to(self._journal)

    async def until(self, holds: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(WITHIN_S):
            while not await holds():
                await asyncio.sleep(0.02)

    async def settled(self, name: str) -> list[dict[str, Any]]:
        """My ledger, once nothing that is due waits any more."""
        position = await self.tell()

        async def nothing_due() -> bool:
            lines = await self.get(
                f"/api/v1/notifications?state=waiting&min_position={position}", self.token(name)
            )
            return all(datetime.fromisoformat(one["due_at"]) > self.now for one in lines)

        await self.until(nothing_due)
        found: list[dict[str, Any]] = await self.get("/api/v1/notifications", self.token(name))
        return found


@asynccontextmanager
async def running(tmp_path: Path, postgres_dsn: str) -> AsyncIterator[ServedNotifier]:
    app = FastAPI()
    install_problems(app)
    state = StandInState(stand_in_settings(tmp_path))
    app.include_router(build_stand_in_router(state))
    async with served(app) as url, aiohttp.ClientSession() as session:
        journal = SqliteJournal(tmp_path / "journal.sqlite")
        pool = await open_pool(postgres_dsn)
        found = ServedNotifier(session, url, journal)
        verifier = TokenVerifier(TokenSettings(secret=SecretStr(SECRET)), lambda: found.now)
        found.service = NotifierService(
            journal,
            pool,
            clients_from(OutsideClients(session, build_settings(url))),
            verifier=verifier,
            guard=OperatorGuard(OPERATOR),
            clock=lambda: found.now,
            approval_kinds=APPROVED,
            pace=DispatcherPace(poll_s=0.02),
        )
        for router in found.service.routers:
            app.include_router(router)
        await found.service.start()
        yield found
        await found.service.stop()
        await pool.close()
        await journal.close()
    state.close()


@pytest.fixture
async def cell(tmp_path: Path, postgres_dsn: str) -> AsyncIterator[ServedNotifier]:
    """Anna is confirmed at the host's evening in three days."""
    async with running(tmp_path, postgres_dsn) as found:
        history = found.history
        async with asyncio.timeout(WITHIN_S):
            while not found.service.ready:
                await asyncio.sleep(0.02)
        history.tell(seen("host", "ru"), seen("anna"), created(), published())
        history.tell(booking(BookingRequested, "anna", (None, True)), by="anna")
        history.tell(booking(BookingApproved, "anna", (True, True)))
        yield found


async def test_the_inbox_shows_what_was_sent_in_the_persons_language(cell: ServedNotifier) -> None:
    await cell.settled("host")
    await cell.settled("anna")
    to_host, to_anna = await cell.inbox("host"), await cell.inbox("anna")
    assert {one["title"] for one in to_host} == {"Anna: заявка на участие", "Anna придёт"}
    assert {one["title"] for one in to_anna} == {"Your request was sent", "You are in!"}
    links = {one["short_link"] for one in to_host + to_anna}
    assert len(links) == 1
    path = "/s/" + links.pop().rpartition("/")[2]
    status, _, headers = await cell.send("GET", path)
    assert (status, headers["Location"]) == (307, f"/a/{announcement()}")


async def test_d19_the_short_link_is_one_counted_and_leads_somewhere_or_is_not_found(
    cell: ServedNotifier,
) -> None:
    """D19: each notice made a link of its own, and a miss was answered with a number."""
    await cell.settled("anna")
    (link,) = {one["short_link"] for one in await cell.inbox("anna")}
    code = link.rpartition("/")[2]
    await cell.send("GET", f"/s/{code}")
    _, again, _ = await cell.send(
        "POST", "/neighbours/shortener/links", body={"target": f"/a/{announcement()}"}
    )
    assert (again["short_link"], again["clicks"]) == (link, 1)
    status, problem, _ = await cell.send("GET", "/s/nothing")
    assert (status, problem["code"]) == (404, "not_found")


async def test_the_ledger_says_what_why_and_when(cell: ServedNotifier) -> None:
    lines = await cell.settled("anna")
    assert [(line["kind"], line["state"]) for line in lines] == [
        ("remind_hour", "waiting"),
        ("remind_day", "waiting"),
        ("booking_status", "sent"),
        ("booking_new", "sent"),
    ]
    status, asked = lines[2], lines[3]
    (source,) = status["sources"]
    assert source == {"position": 4, "event_index": 0, "event_type": "booking.approved.v1"}
    assert status["key"] == f"4:0:{person('anna')}:booking_status"
    assert status["why"] == "You are one of the two whom this booking concerns."
    assert datetime.fromisoformat(status["sent_at"]) == BEGIN
    assert asked["receipt"] is True
    in_russian = await cell.get("/api/v1/notifications", cell.token("anna"), Accept_Language="ru")
    assert in_russian[0]["why"] == "Вы организуете встречу или идёте на неё."


async def test_the_ledger_is_paged_filtered_and_ones_own(cell: ServedNotifier) -> None:
    lines = await cell.settled("anna")
    token = cell.token("anna")
    status, first, headers = await cell.send("GET", "/api/v1/notifications?limit=3", token)
    assert (status, first) == (200, lines[:3])
    assert 'rel="next"' in headers["Link"]
    cursor = headers["X-Next-Cursor"]
    rest = await cell.get(f"/api/v1/notifications?limit=3&cursor={cursor}", token)
    assert rest == lines[3:]
    assert await cell.get("/api/v1/notifications?kind=booking_new", token) == lines[3:]
    assert await cell.get("/api/v1/notifications", cell.token("gleb")) == []


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=x", "cursor=-1", "state=new", "kind=x", "recipient=me"]
)
async def test_a_malformed_question_is_refused(cell: ServedNotifier, query: str) -> None:
    status, body, _ = await cell.send("GET", f"/api/v1/notifications?{query}", cell.token("anna"))
    assert (status, body["code"]) == (422, "malformed_query")


async def test_a_position_that_is_not_there_is_waited_for_and_then_refused(
    cell: ServedNotifier,
) -> None:
    status, body, _ = await cell.send(
        "GET", "/api/v1/notifications?min_position=999", cell.token("anna")
    )
    assert (status, body["code"]) == (504, "projection_behind")


async def test_nobody_reads_or_wishes_without_a_token(cell: ServedNotifier) -> None:
    for method, path in (
        ("GET", "/api/v1/notifications"),
        ("GET", "/api/v1/preferences"),
        ("PUT", "/api/v1/preferences"),
        ("GET", "/api/v1/operator/notices"),
        ("DELETE", "/api/v1/operator/notices/1"),
    ):
        assert (await cell.send(method, path))[0] == 401


async def test_wishes_are_kept_and_hold(cell: ServedNotifier) -> None:
    token = cell.token("anna")
    default = await cell.get("/api/v1/preferences", token)
    assert default == {
        "language": None,
        "tz": None,
        "off": [],
        "receipts": True,
        "quiet_from": None,
        "quiet_to": None,
    }
    wishes = {
        "language": "ru",
        "tz": "Asia/Tokyo",
        "off": ["booking_status"],
        "receipts": False,
        "quiet_from": "22:00:00",
        "quiet_to": "08:00:00",
    }
    status, answer, _ = await cell.send("PUT", "/api/v1/preferences", token, wishes)
    assert (status, answer) == (200, wishes)
    assert await cell.get("/api/v1/preferences", token) == wishes
    lines = await cell.settled("anna")
    assert [(one["state"], one["reason"]) for one in lines[2:]] == [
        ("skipped", "switched_off"),
        ("skipped", "receipts_off"),
    ]
    assert await cell.inbox("anna") == []


@pytest.mark.parametrize(
    "body",
    [
        {"unknown": 1},
        {"language": "de"},
        {"tz": "Mars/Olympus"},
        {"off": ["everything"]},
        {"receipts": "no"},
        {"quiet_from": "22:00"},
        {"quiet_from": "22:00", "quiet_to": "22:00:00"},
        {"quiet_from": "22:00+03:00", "quiet_to": "08:00"},
        [],
    ],
)
async def test_malformed_wishes_are_refused(cell: ServedNotifier, body: Any) -> None:
    status, answer, _ = await cell.send("PUT", "/api/v1/preferences", cell.token("anna"), body)
    assert (status, answer["code"]) == (422, "malformed_body")


async def test_wishes_are_tried_without_being_kept(cell: ServedNotifier) -> None:
    token = cell.token("anna")
    before = await cell.get("/api/v1/preferences", token)
    status, answer, _ = await cell.send(
        "PUT", "/api/v1/preferences?dry_run=true", token, {"language": "ru"}
    )
    assert (status, answer) == (200, before | {"language": "ru"})
    assert await cell.get("/api/v1/preferences", token) == before


async def test_an_operator_tries_without_doing(cell: ServedNotifier) -> None:
    hour, *_ = await cell.settled("anna")
    path = f"/api/v1/operator/notices/{hour['id']}"
    before = await cell.get(path, OPERATOR)
    later = BEGIN + timedelta(hours=1)
    body = {"due_at": later.isoformat()}
    status, answer, _ = await cell.send("PUT", f"{path}?dry_run=true", OPERATOR, body)
    assert (status, datetime.fromisoformat(answer["due_at"])) == (200, later)
    status, answer, _ = await cell.send("DELETE", f"{path}?dry_run=true", OPERATOR)
    assert (status, answer["state"]) == (200, "cancelled")
    assert await cell.get(path, OPERATOR) == before


async def test_an_operator_tries_a_fan_out_without_doing(cell: ServedNotifier) -> None:
    await cell.send("POST", "/neighbours/control/ugc", body={"down": True})
    await cell.tell()
    fanouts = "/api/v1/operator/notices/fanouts"

    async def failed() -> bool:
        found = await cell.get(fanouts, OPERATOR)
        return [one["reason"] for one in found] == ["ugc does not answer"]

    await cell.until(failed)
    (before,) = await cell.get(fanouts, OPERATOR)
    path = f"{fanouts}/{before['position']}/{before['event_index']}"
    body = {"due_at": BEGIN.isoformat()}
    status, answer, _ = await cell.send("PUT", f"{path}?dry_run=true", OPERATOR, body)
    assert (status, answer["state"], answer["reason"]) == (200, "waiting", None)
    assert await cell.get(fanouts, OPERATOR) == [before]
    assert (await cell.send("PUT", f"{path}?dry_run=yes", OPERATOR, body))[0] == 422


@pytest.mark.parametrize("query", ["dry_run=1", "dry_run=true&dry_run=false", "dry_run="])
async def test_an_unclear_trial_is_refused_and_not_done(cell: ServedNotifier, query: str) -> None:
    hour, *_ = await cell.settled("anna")
    notice, token = f"/api/v1/operator/notices/{hour['id']}", cell.token("anna")
    for method, path, caller, body in (
        ("PUT", "/api/v1/preferences", token, {"language": "ru"}),
        ("PUT", notice, OPERATOR, {"due_at": BEGIN.isoformat()}),
        ("DELETE", notice, OPERATOR, None),
    ):
        status, answer, _ = await cell.send(method, f"{path}?{query}", caller, body)
        assert (status, answer["code"]) == (422, "malformed_query")
        assert answer["parameter"] == "dry_run"
    assert (await cell.get(notice, OPERATOR))["state"] == "waiting"
    assert (await cell.get("/api/v1/preferences", token))["language"] is None


@pytest.mark.parametrize(
    "due_at",
    ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00", "2027-03-02T09:00:01Z"],
)
async def test_nothing_is_put_off_by_more_than_a_year(cell: ServedNotifier, due_at: str) -> None:
    hour, *_ = await cell.settled("anna")
    (fanout,) = await cell.get("/api/v1/operator/notices/fanouts", OPERATOR)
    for path in (str(hour["id"]), f"fanouts/{fanout['position']}/{fanout['event_index']}"):
        status, answer, _ = await cell.send(
            "PUT", f"/api/v1/operator/notices/{path}", OPERATOR, {"due_at": due_at}
        )
        assert (status, answer["code"]) == (422, "malformed_body")
        assert answer["errors"][0]["field"] == "due_at"


async def test_what_is_asked_for_in_the_past_is_sent_now(cell: ServedNotifier) -> None:
    hour, *_ = await cell.settled("anna")
    path, body = f"/api/v1/operator/notices/{hour['id']}", {"due_at": "1970-01-02T00:00:00+14:00"}
    status, answer, _ = await cell.send("PUT", path, OPERATOR, body)
    assert (status, datetime.fromisoformat(answer["due_at"])) == (200, BEGIN)


async def test_an_operator_lists_reschedules_and_cancels_what_is_delayed(
    cell: ServedNotifier,
) -> None:
    await cell.settled("anna")
    query = f"state=waiting&recipient={person('anna')}&announcement_id={announcement()}"
    hour, day = await cell.get(f"/api/v1/operator/notices?{query}", OPERATOR)
    assert (hour["kind"], day["kind"]) == ("remind_hour", "remind_day")
    path = f"/api/v1/operator/notices/{hour['id']}"
    status, answer, _ = await cell.send("DELETE", path, OPERATOR)
    assert (status, answer["state"], answer["reason"]) == (200, "cancelled", "by_operator")
    assert (await cell.send("DELETE", path, OPERATOR))[0] == 200

    path = f"/api/v1/operator/notices/{day['id']}"
    due_at = (BEGIN + timedelta(hours=1)).isoformat()
    status, answer, _ = await cell.send("PUT", path, OPERATOR, {"due_at": due_at})
    assert (status, datetime.fromisoformat(answer["due_at"])) == (200, BEGIN + timedelta(hours=1))
    cell.now = BEGIN + timedelta(hours=1)
    lines = await cell.settled("anna")
    assert {one["kind"]: one["state"] for one in lines if "remind" in one["kind"]} == {
        "remind_hour": "cancelled",
        "remind_day": "sent",
    }
    for method, body in (("PUT", {"due_at": due_at}), ("DELETE", None)):
        status, answer, _ = await cell.send(method, path, OPERATOR, body)
        assert (status, answer["code"], answer["state"]) == (409, "notice_not_waiting", "sent")
    assert (await cell.send("GET", "/api/v1/operator/notices/999999", OPERATOR))[0] == 404
    assert (await cell.send("GET", "/api/v1/operator/notices/x", OPERATOR))[0] == 404
    assert (await cell.send("PUT", path, OPERATOR, {"due_at": "2026-03-03T10:00"}))[0] == 422
    assert (await cell.send("GET", path, cell.token("anna")))[0] == 401


NOTICES = "/api/v1/operator/notices"


async def test_an_operator_reads_what_a_notice_says_in_its_recipients_language(
    cell: ServedNotifier,
) -> None:
    await cell.settled("anna")
    for name, title in (("host", "Скоро: Солярис"), ("anna", "Soon: Solaris")):
        query = f"kind=remind_day&recipient={person(name)}"
        (shown,) = await cell.get(f"{NOTICES}?{query}", OPERATOR)
        assert shown["title"] == title
        assert "Together" in shown["text"]
        assert await cell.get(f"{NOTICES}/{shown['id']}", OPERATOR) == shown


async def test_a_notice_that_needs_approval_waits_for_it_and_then_goes(
    cell: ServedNotifier,
) -> None:
    await cell.settled("anna")
    text = {"ru": "Зал закрыт.", "en": "The {hall} is closed."}
    body = {"recipient": person("anna"), "text": text, "title": "Beware", "by": "Olga"}
    key = {"Idempotency_Key": "one"}
    status, tried, _ = await cell.send("POST", f"{NOTICES}?dry_run=true", OPERATOR, body)
    assert (status, tried["title"]) == (201, "Beware")
    assert "The {hall} is closed." in tried["text"]
    status, made, _ = await cell.send("POST", NOTICES, OPERATOR, body, **key)
    assert (status, made["state"], made["needs_approval"]) == (201, "waiting", True)
    assert (await cell.send("POST", NOTICES, OPERATOR, body, **key))[1]["id"] == made["id"]
    for other in ({"recipient": person("host")}, {"text": "Never mind."}):
        _, problem, _ = await cell.send("POST", NOTICES, OPERATOR, body | other, **key)
        assert problem["code"] == "key_reused"
    await cell.settled("host")
    waiting = await cell.get(f"{NOTICES}?needs_approval=true", OPERATOR)
    assert [one["id"] for one in waiting] == [made["id"]]
    path = f"{NOTICES}/{made['id']}/approval"
    status, answer, _ = await cell.send("PUT", path, OPERATOR, {"by": "Ada"})
    assert (status, answer["needs_approval"]) == (200, False)
    sent = next(one for one in await cell.settled("anna") if one["id"] == made["id"])
    assert sent["state"] == "sent"
    assert "operator_message" in {one["event_type"] for one in await cell.inbox("anna")}
    assert (await cell.send("PUT", path, OPERATOR, {}))[1]["code"] == "notice_not_waiting"


async def test_requests_with_one_key_at_once_write_one_notice(cell: ServedNotifier) -> None:
    await cell.settled("anna")
    body = {"recipient": person("anna"), "text": "Hello"}
    answers = await asyncio.gather(
        *(cell.send("POST", NOTICES, OPERATOR, body, Idempotency_Key="two") for _ in range(8))
    )
    (notice_id,) = {answer["id"] for _, answer, _ in answers}
    records = await cell.get(f"{NOTICES}/record?notice_id={notice_id}", OPERATOR)
    assert [one["act"] for one in records] == ["created"]
    for key in ("", "k" * 201):
        assert (await cell.send("POST", NOTICES, OPERATOR, body, Idempotency_Key=key))[0] == 400


async def test_what_operators_did_is_kept_with_what_stood_before(cell: ServedNotifier) -> None:
    await cell.settled("anna")
    query = f"state=waiting&recipient={person('anna')}"
    hour, day = await cell.get(f"{NOTICES}?{query}", OPERATOR)
    later = (BEGIN + timedelta(hours=5)).isoformat()
    for dry_run in ("true", "false"):
        await cell.send(
            "PUT",
            f"{NOTICES}/{day['id']}?dry_run={dry_run}",
            OPERATOR,
            {"due_at": later, "by": "Ada"},
        )
    bulk = {"action": "cancel", "ids": [day["id"], hour["id"], 999999], "by": "Olga"}
    status, answer, _ = await cell.send("POST", f"{NOTICES}/bulk", OPERATOR, bulk)
    assert (status, answer["done"]) == (200, 2)
    assert [(one["id"], one["done"], one["state"]) for one in answer["results"]] == [
        (day["id"], True, "cancelled"),
        (hour["id"], True, "cancelled"),
        (999999, False, None),
    ]
    records = await cell.get(f"{NOTICES}/record?notice_id={day['id']}", OPERATOR)
    assert [(one["act"], one["by"], one["before"]["state"]) for one in records] == [
        ("cancelled", "Olga", "waiting"),
        ("rescheduled", "Ada", "waiting"),
    ]
    before, after = records[1]["before"]["due_at"], records[1]["after"]["due_at"]
    assert datetime.fromisoformat(before) == datetime.fromisoformat(day["due_at"])
    assert datetime.fromisoformat(after) == BEGIN + timedelta(hours=5)
    assert len(await cell.get(f"{NOTICES}/record?limit=1", OPERATOR)) == 1
    revived = {"action": "reschedule", "filter": {"kind": "remind_day"}, "due_at": later}
    status, answer, _ = await cell.send("POST", f"{NOTICES}/bulk", OPERATOR, revived)
    assert (status, answer["done"]) == (200, 1), "the host's alone waits"


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("", {"recipient": NOBODY, "text": "Hello"}, "unknown_person"),
        ("", {"recipient": person("anna"), "text": " "}, "malformed_body"),
        ("", {"recipient": person("anna"), "text": "A", "announcement_id": NOBODY}, "not_found"),
        ("/bulk", {"action": "cancel", "ids": [True]}, "malformed_body"),
        ("/bulk", {"action": "cancel"}, "malformed_body"),
        ("/bulk", {"action": "reschedule", "ids": [1]}, "malformed_body"),
        ("/bulk", {"action": "send", "ids": [1]}, "malformed_body"),
    ],
)
async def test_what_an_operator_cannot_ask_for(
    cell: ServedNotifier, path: str, body: Any, code: str
) -> None:
    await cell.settled("anna")
    assert (await cell.send("POST", NOTICES + path, OPERATOR, body))[1]["code"] == code
    assert (await cell.send("POST", NOTICES + path, cell.token("anna"), body))[0] == 401


async def test_an_operator_revives_a_fan_out_that_ugc_never_answered(cell: ServedNotifier) -> None:
    follow = f"/neighbours/ugc/followers/{person('host')}/{person('anna')}"
    await cell.send("PUT", follow)
    await cell.send("POST", "/neighbours/control/ugc", body={"down": True})
    await cell.tell()
    path = "/api/v1/operator/notices/fanouts"

    async def parked() -> bool:
        cell.now += timedelta(hours=1)
        return len(await cell.get(f"{path}?state=parked", OPERATOR)) == 1

    await cell.until(parked)
    (fanout,) = await cell.get(path, OPERATOR)
    assert (fanout["author_id"], fanout["reason"]) == (person("host"), "too_late")
    await cell.send("POST", "/neighbours/control/ugc", body={"down": False})
    one = f"{path}/{fanout['position']}/{fanout['event_index']}"
    body = {"due_at": BEGIN.isoformat()}
    assert (await cell.send("PUT", one, None, body))[0] == 401
    status, answer, _ = await cell.send("PUT", one, OPERATOR, body)
    assert (status, answer["state"]) == (200, "waiting")

    async def told() -> bool:
        cell.now += timedelta(seconds=1)  # The circuit to UGC may still be open.
        return "announce_new" in {one["event_type"] for one in await cell.inbox("anna")}

    await cell.until(told)
    status, answer, _ = await cell.send("PUT", one, OPERATOR, body)
    assert (status, answer["code"], answer["state"]) == (409, "notice_not_waiting", "done")
    for unknown in ("999/0", f"999/{2**31}", f"{10**18}/0"):
        assert (await cell.send("PUT", f"{path}/{unknown}", OPERATOR, body))[0] == 404
    assert (await cell.send("GET", f"{path}?state=new", OPERATOR))[0] == 422


async def test_a_service_that_is_down_does_not_make_the_notifier_unready(
    cell: ServedNotifier,
) -> None:
    await cell.send("POST", "/neighbours/control/notification", body={"down": True})
    position = await cell.tell()
    query = f"/api/v1/notifications?min_position={position}&kind=booking_status"

    async def failed() -> bool:
        (line,) = await cell.get(query, cell.token("anna"))
        return bool(line["reason"] == "notification does not answer")

    await cell.until(failed)
    assert cell.service.ready
    assert cell.service.position == position
    await cell.send("POST", "/neighbours/control/notification", body={"down": False})

    async def arrived() -> bool:
        cell.now += timedelta(minutes=1)
        return len(await cell.inbox("anna")) == 2

    await cell.until(arrived)


async def test_the_process_is_wired(
    tmp_path: Path, bare_postgres_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "none:1")
    monkeypatch.setenv("POSTGRES_DSN", bare_postgres_dsn)
    monkeypatch.setenv("PRACTIX_OPERATOR_TOKEN", OPERATOR)
    monkeypatch.setenv("NOTIFIER_NEIGHBOURS__BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("NOTIFIER_NEIGHBOURS__CREDENTIAL", CREDENTIAL)
    monkeypatch.setenv("NOTIFIER_TOKEN__SECRET", SECRET)
    journal = SqliteJournal(tmp_path / "journal.sqlite")
    app = build_app(Settings(), lambda _settings: journal)
    async with (
        served(app) as url,
        aiohttp.ClientSession() as session,
        asyncio.timeout(WITHIN_S),
    ):
        ready = False
        while not ready:
            async with session.get(url + "/readyz") as answer:
                ready = answer.status == 200
            await asyncio.sleep(0.05)
        document = await (await session.get(url + "/api/openapi.json")).json()
    assert {
        "/api/v1/notifications",
        "/api/v1/preferences",
        "/api/v1/operator/notices",
        "/api/v1/operator/notices/{notice_id}",
    } <= set(document["paths"])
