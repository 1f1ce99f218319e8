"""verify says yes only if the journal is whole, the rules held and the tables agree."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import aiohttp
import asyncpg
import msgspec
import pytest
from prometheus_client import REGISTRY

from contracts.errors import AlreadyRunning
from contracts.events.announcement import AnnouncementCreated, AnnouncementPublished
from contracts.events.booking import BookingApproved, BookingRequested
from contracts.values.ids import AnnouncementId, BookingId, MovieId, PersonId
from projector.main import build_app
from projector.proof.verify import verify
from projector.read_models.postgres.sink import PostgresSink
from projector.read_models.projector import Projector
from projector.service import ProjectorService
from projector.settings import Settings
from runtime.auth.tokens import issue_token
from runtime.journal.port import Journal
from runtime.journal.sqlite import SqliteJournal
from runtime.postgres.pools import open_pool
from runtime.process.clock import system_clock
from runtime.process.lifecycle import Process as WholeProcess
from runtime.process.lifecycle import run_as
from runtime.progress.reporting import ReportLine
from tests.cells.projector_cell import (
    SMALL,
    commit_stored,
    follow,
    running,
    seen,
    somebody_waits_behind,
    uuid_text,
)
from tests.histories.chain import BEGIN, Chain
from tests.histories.random_people import FILM, RandomPeople, live_until_rated
from tests.servers.http_server import served
from tests.waiting import WITHIN_S, eventually

OPERATOR_TOKEN: Final = "the operator's own token, of thirty-two bytes or more"
TOKEN_SECRET: Final = "the secret of tests, of thirty-two bytes or more"
PATIENCE_S: Final = 0.2
COMMAND_S_MAX: Final = 2.0


async def lines_of(pool: asyncpg.Pool, journal: Journal) -> list[ReportLine]:
    sink = PostgresSink(pool)
    return [line async for line in verify(journal, sink, patience_s=PATIENCE_S)]


async def verdict(pool: asyncpg.Pool, journal: Journal) -> ReportLine:
    return (await lines_of(pool, journal))[-1]


async def projected(pool: asyncpg.Pool, journal: Journal, chain: Chain) -> None:
    await chain.write_to(journal)
    await follow(journal, PostgresSink(pool), chain.seq)


def evening(number: int, *, seats: int, starts_in: timedelta) -> list[Any]:
    announcement_id = AnnouncementId(uuid_text(number))
    created = AnnouncementCreated(
        announcement_id=announcement_id,
        author_id=PersonId(uuid_text(number + 1000)),
        movie_id=MovieId(FILM.movie_id),
        movie_title=FILM.title,
        movie_title_ru=FILM.title_ru,
        duration_min=FILM.duration_min,
        title="A film",
        description="",
        visibility="public",
        is_free=True,
        ticket_count=seats,
        event_time=BEGIN + starts_in,
        event_location="Here",
    )
    return [created, AnnouncementPublished(announcement_id=announcement_id, version=1)]


def confirmation(number: int, guest: int, taken: int) -> list[Any]:
    """`guest` asks to come to the evening `number`, and gets a seat."""
    of = {
        "booking_id": BookingId(uuid_text(10_000 * number + guest)),
        "announcement_id": AnnouncementId(uuid_text(number)),
        "guest_id": PersonId(uuid_text(guest)),
    }
    author_id = PersonId(uuid_text(number + 1000))
    return [
        BookingRequested(
            **of,  # type: ignore[arg-type]
            author_status=None,
            guest_status=True,
            taken=taken - 1,
            author_id=author_id,
        ),
        BookingApproved(**of, author_status=True, guest_status=True, taken=taken),  # type: ignore[arg-type]
    ]


# A good history


async def test_what_the_domain_decided_and_the_projector_wrote_is_right(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal
) -> None:
    people = RandomPeople(1).live(300)
    chain = people.chain
    await projected(tables, sqlite_journal, chain)
    *progress, result = await lines_of(tables, sqlite_journal)
    assert result["ok"], result
    assert result["position"] == result["records"] == chain.seq
    assert result["commits"] == len(chain.commits)
    assert result["announcements"] == len(people.layer.announcements.own)
    assert result["bookings"] == len(people.layer.bookings.own)
    assert progress[0]["phase"] == "journal"
    ends = {line["phase"]: line for line in progress}  # A slow machine reports more often.
    assert all(line["done"] == line["of"] for line in ends.values())


async def test_empty_tables_agree_with_an_empty_journal(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal
) -> None:
    assert (await verdict(tables, sqlite_journal))["ok"]


async def test_it_is_right_at_its_own_moment_while_more_is_written(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal
) -> None:
    chain = RandomPeople(2).live(300).chain
    await chain.write_to(sqlite_journal, 0, 20)
    projector = Projector(sqlite_journal, PostgresSink(tables), limits=SMALL)
    async with running(projector):
        positions = []
        await eventually(lambda: projector.position.state.seq > 0)
        for start in range(20, len(chain.payloads), 20):
            result, _ = await asyncio.gather(
                verdict(tables, sqlite_journal),
                chain.write_to(sqlite_journal, start, start + 20),
            )
            assert result["ok"], result
            positions.append(result["position"])
    assert positions[-1] > positions[0]


async def test_a_table_that_is_being_rewritten_is_waited_for(
    tables: asyncpg.Pool, postgres_dsn: str, sqlite_journal: SqliteJournal
) -> None:
    """To fold the journal may have taken hours."""
    await projected(tables, sqlite_journal, RandomPeople(1).live(50).chain)
    pool = await open_pool(postgres_dsn, command_timeout_s=COMMAND_S_MAX)
    async with tables.acquire() as rewriting, rewriting.transaction():
        await rewriting.execute("LOCK TABLE people")
        verifying = asyncio.ensure_future(verdict(pool, sqlite_journal))
        await somebody_waits_behind(rewriting)
        await asyncio.sleep(COMMAND_S_MAX + 0.5)
    assert (await verifying)["ok"]
    pool.terminate()


# Tables that say something else


async def test_a_changed_value_is_found_with_both_values(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal
) -> None:
    chain = Chain()
    chain.commit(*evening(1, seats=2, starts_in=timedelta(days=1)))
    await projected(tables, sqlite_journal, chain)
    await tables.execute("UPDATE read_model.announcements SET title = 'Another', taken = 1")
    result = await verdict(tables, sqlite_journal)
    assert not result["ok"]
    (difference,) = result["differences"]
    assert (difference["table"], difference["key"]) == ("announcements", uuid_text(1))
    assert difference["columns"] == {
        "title": {"journal": "A film", "table": "Another"},
        "taken": {"journal": 0, "table": 1},
    }


async def test_a_changed_wish_is_found(tables: asyncpg.Pool, sqlite_journal: SqliteJournal) -> None:
    await projected(tables, sqlite_journal, RandomPeople(1).live(300).chain)
    assert (await verdict(tables, sqlite_journal))["ok"]
    for table, change in {
        "plans": "places = '[]' WHERE planned AND places <> '[]'",
        "free_times": "tz = 'Asia/Omsk'",
        "feeds": "revoked_seq = 1 WHERE revoked_seq IS NULL",
    }.items():
        changed = await tables.fetchval(
            f"WITH changed AS (UPDATE read_model.{table} SET {change} RETURNING 1)"
            " SELECT count(*) FROM changed"
        )
        assert changed > 0, table
    result = await verdict(tables, sqlite_journal)
    assert not result["ok"]
    assert {one["table"] for one in result["differences"]} == {"plans", "free_times", "feeds"}


async def test_a_missing_and_an_invented_row_are_found(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal
) -> None:
    chain = Chain()
    chain.commit(seen(1, "Ada"), seen(2, "Bob"))
    await projected(tables, sqlite_journal, chain)
    await tables.execute(
        "UPDATE read_model.people SET person_id = $1 WHERE name = 'Bob'", uuid_text(3)
    )
    result = await verdict(tables, sqlite_journal)
    assert not result["ok"]
    assert {(one["key"], one["only_in"]) for one in result["differences"]} == {
        (uuid_text(2), "journal"),
        (uuid_text(3), "table"),
    }


async def test_differences_are_counted_beyond_the_examples(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal
) -> None:
    chain = Chain()
    chain.commit(*(seen(number, "Somebody") for number in range(250)))
    await projected(tables, sqlite_journal, chain)
    await tables.execute("DELETE FROM read_model.people")
    result = await verdict(tables, sqlite_journal)
    assert len(result["differences"]) == 100
    assert result["found"]["differences"] == 250


async def test_a_parked_event_is_no_agreement(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal
) -> None:
    chain = Chain()
    commit_stored(chain, {"type": "unheard.of.v1", "announcement_id": uuid_text(1)})
    await projected(tables, sqlite_journal, chain)
    result = await verdict(tables, sqlite_journal)
    assert not result["ok"]
    assert result["dead_letters"] == 1
    assert result["differences"] == []


# Histories that broke a rule


async def test_an_evening_over_its_capacity_is_found_although_the_tables_agree(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal
) -> None:
    chain = Chain()
    chain.commit(*evening(1, seats=1, starts_in=timedelta(days=1)))
    chain.commit(*confirmation(1, guest=11, taken=1))
    chain.commit(*confirmation(1, guest=12, taken=2))
    await projected(tables, sqlite_journal, chain)
    result = await verdict(tables, sqlite_journal)
    assert not result["ok"]
    assert result["over_capacity"] == [
        {"position": 4, "announcement_id": uuid_text(1), "ticket_count": 1, "taken": 2}
    ]
    assert result["found"]["differences"] == 0


async def test_a_person_confirmed_twice_at_a_time_is_found(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal
) -> None:
    chain = Chain()
    chain.commit(*evening(1, seats=1, starts_in=timedelta(hours=24)))
    chain.commit(*evening(2, seats=1, starts_in=timedelta(hours=25)))
    chain.commit(*confirmation(1, guest=11, taken=1))
    chain.commit(*confirmation(2, guest=11, taken=1))
    await projected(tables, sqlite_journal, chain)
    result = await verdict(tables, sqlite_journal)
    assert not result["ok"]
    assert result["double_confirmed"] == [
        {
            "position": 5,
            "person_id": uuid_text(11),
            "announcement_ids": [uuid_text(1), uuid_text(2)],
        }
    ]


# Journals that are not what they were


def edit_date(journal: Path, chain: Chain, offset: int) -> None:
    """Move the date of a stored record by a year, as a hand in the file could."""
    payload = chain.payloads[offset].replace(b'"decided_at":"2030', b'"decided_at":"2031')
    assert payload != chain.payloads[offset]
    with sqlite3.connect(journal) as edited:
        edited.execute("UPDATE entries SET payload = ? WHERE offset = ?", (payload, offset))
    edited.close()


async def test_an_edited_record_is_found(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal, tmp_path: Path
) -> None:
    chain = RandomPeople(3).live(40).chain
    await projected(tables, sqlite_journal, chain)
    edit_date(tmp_path / "journal.db", chain, 9)
    result = await verdict(tables, sqlite_journal)
    assert not result["ok"]
    assert "truncated or edited" in result["problem"]


async def test_an_edited_last_record_is_found(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal, tmp_path: Path
) -> None:
    """Nothing builds on it yet; but the tables remember its hash."""
    chain = RandomPeople(3).live(40).chain
    await projected(tables, sqlite_journal, chain)
    edit_date(tmp_path / "journal.db", chain, len(chain.payloads) - 1)
    result = await verdict(tables, sqlite_journal)
    assert not result["ok"]
    assert "the tables follow" in result["problem"]


async def test_a_journal_that_ends_before_the_tables_is_found(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal, tmp_path: Path
) -> None:
    chain = RandomPeople(3).live(40).chain
    await projected(tables, sqlite_journal, chain)
    cut_back = SqliteJournal(tmp_path / "cut.db")
    await chain.write_to(cut_back, 0, 10)
    result = await verdict(tables, cut_back)
    await cut_back.close()
    assert not result["ok"]
    assert result["records"] == 10
    assert "no record follows seq 10" in result["problem"]


# Over HTTP


class ServedProjector:
    """A projector process, served; the journal is the test's."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url
        self.failed = asyncio.Event()

    async def get(self, path: str) -> int:
        async with self._session.get(f"{self._url}{path}") as response:
            await response.read()
            return response.status

    async def metrics(self) -> str:
        async with self._session.get(f"{self._url}/metrics") as response:
            return await response.text()

    async def verify(self, token: str | None, **query: str) -> tuple[int, list[Any]]:
        """Status, and the lines of the body."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        url = f"{self._url}/api/v1/operator/verify"
        async with self._session.post(url, headers=headers, params=query) as response:
            text = await response.text()
            return response.status, [msgspec.json.decode(line) for line in text.splitlines()]

    async def ready(self, position: int = 0) -> None:
        """And the tables at `position` or later."""
        async with asyncio.timeout(WITHIN_S):
            while not await self._has_reached(position):
                await asyncio.sleep(0.01)

    async def _has_reached(self, position: int) -> bool:
        async with self._session.get(f"{self._url}/readyz") as response:
            state = await response.json()
            return response.status == 200 and int(state["position"]) >= position


@asynccontextmanager
async def process(dsn: str, journal: Journal, **more: str) -> AsyncIterator[ServedProjector]:
    settings = Settings.model_validate(
        {
            **more,
            "KAFKA_BOOTSTRAP_SERVERS": "not used",
            "POSTGRES_DSN": dsn,
            "PRACTIX_OPERATOR_TOKEN": OPERATOR_TOKEN,
            "token": {"secret": TOKEN_SECRET},
        }
    )
    async with aiohttp.ClientSession() as session:
        there = ServedProjector(session, "")
        app = build_app(settings, journal_of=lambda _settings: journal)
        with run_as(WholeProcess(lambda _reason: there.failed.set())):
            async with served(app) as url:
                there._url = url
                yield there


async def test_verify_over_http_tells_its_progress_and_then_the_result(
    bare_postgres_dsn: str, sqlite_journal: SqliteJournal
) -> None:
    chain = RandomPeople(4).live(60).chain
    await chain.write_to(sqlite_journal)
    async with process(bare_postgres_dsn, sqlite_journal) as there:
        await there.ready()
        status, lines = await there.verify(OPERATOR_TOKEN)
        assert status == 200, lines
        assert [set(line) for line in lines[:-1]] == [{"phase", "done", "of"}] * len(lines[:-1])
        assert lines[-1]["ok"], lines[-1]
        assert await there.get("/healthz") == 200
        assert "projector_position" in await there.metrics()


async def test_over_http_it_keeps_a_checkpoint_and_goes_on_from_it(
    bare_postgres_dsn: str, sqlite_journal: SqliteJournal, tmp_path: Path
) -> None:
    chain = RandomPeople(4).live(60).chain
    await chain.write_to(sqlite_journal)
    directory = {"verify_directory": str(tmp_path / "verify")}
    async with process(bare_postgres_dsn, sqlite_journal, **directory) as there:
        await there.ready(chain.seq)
        _, lines = await there.verify(OPERATOR_TOKEN, keep="true")
        assert lines[-1]["kept"], lines[-1]
        _, lines = await there.verify(OPERATOR_TOKEN, **{"from": str(chain.seq)})
        assert (lines[-1]["ok"], lines[-1]["from"]) == (True, chain.seq), lines[-1]
        for name, value in (("from", "-1"), ("from", "x"), ("keep", "yes")):
            status, (problem,) = await there.verify(OPERATOR_TOKEN, **{name: value})
            assert (status, problem["code"]) == (422, "malformed_query")
            assert problem["parameter"] == name


async def test_a_process_that_writes_a_history_compares_the_scores_with_it(
    postgres_dsn: str, clickhouse_dsn: str, sqlite_journal: SqliteJournal
) -> None:
    chain = live_until_rated(400).chain
    await chain.write_to(sqlite_journal)
    async with process(postgres_dsn, sqlite_journal, CLICKHOUSE_DSN=clickhouse_dsn) as there:
        await there.ready(chain.seq)
        _, lines = await there.verify(OPERATOR_TOKEN)
        assert lines[-1]["ok"], lines[-1]
        assert lines[-1]["scores_in_history"] > 0
        assert lines[-2]["phase"] == "history"


async def test_verify_is_for_operators_only(
    postgres_dsn: str, sqlite_journal: SqliteJournal
) -> None:
    def token_of(*, is_super: bool) -> str:
        return issue_token(uuid_text(1), key=TOKEN_SECRET, now=system_clock(), is_super=is_super)

    async with process(postgres_dsn, sqlite_journal) as there:
        await there.ready()
        assert (await there.verify(None))[0] == 401
        assert (await there.verify("not the operator's token"))[0] == 401
        assert (await there.verify(token_of(is_super=False)))[0] == 401
        assert (await there.verify(token_of(is_super=True)))[0] == 401
        assert (await there.verify(OPERATOR_TOKEN))[0] == 200


async def test_one_verification_at_a_time(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal
) -> None:
    await projected(tables, sqlite_journal, RandomPeople(4).live(10).chain)
    service = ProjectorService(sqlite_journal, tables)
    async with aclosing(service.verify()) as first:
        await anext(first)
        with pytest.raises(AlreadyRunning, match="verify_running"):
            await anext(service.verify())
    async with aclosing(service.verify()) as after:
        assert [line async for line in after][-1]["ok"]


async def test_the_figures_tell_when_verify_said_no_and_when_it_last_said_yes(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal
) -> None:
    async def verify() -> tuple[float | None, ...]:
        async with aclosing(service.verify()) as lines:
            async for _ in lines:
                pass
        return tuple(
            REGISTRY.get_sample_value(name)
            for name in ("projector_verify_failed", "projector_verified_timestamp_seconds")
        )

    await projected(tables, sqlite_journal, RandomPeople(4).live(10).chain)
    service = ProjectorService(sqlite_journal, tables)
    failed, verified_at = await verify()
    assert failed == 0
    await tables.execute("UPDATE read_model.announcements SET title = 'changed'")
    assert await verify() == (1, verified_at)


async def test_a_projector_that_cannot_reach_its_tables_is_alive_but_not_ready(
    sqlite_journal: SqliteJournal,
) -> None:
    async with process("postgresql://nobody@127.0.0.1:1/nothing", sqlite_journal) as there:
        assert await there.get("/healthz") == 200
        assert await there.get("/readyz") == 503
        status, (problem,) = await there.verify(OPERATOR_TOKEN)
        assert (status, problem["code"]) == (503, "unavailable")


async def test_a_broken_journal_makes_the_process_unready_and_fail(
    postgres_dsn: str, sqlite_journal: SqliteJournal, tmp_path: Path
) -> None:
    pool = await open_pool(postgres_dsn)
    await projected(pool, sqlite_journal, RandomPeople(5).live(30).chain)
    pool.terminate()
    other = SqliteJournal(tmp_path / "other.db")
    await Chain().write_to(other)
    async with process(postgres_dsn, other) as there:
        await asyncio.wait_for(there.failed.wait(), WITHIN_S)
        assert await there.get("/readyz") == 503
