"""The analysts' database follows a journal; on a server and on chdb."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Final

import pytest

from projector.analysts.retention import Retention
from projector.analysts.service import AnalystsService
from projector.history.reader import HISTORY_LIMITS
from projector.history.service import HistoryService
from query_api.edge.history_reads import HistoryReads
from runtime.clickhouse.migrations import ANALYSTS_MIGRATIONS, ANALYSTS_READER, migrate
from runtime.clickhouse.port import QueryRefused
from runtime.http.parameters import MIN_POSITION_WAIT_S
from runtime.journal.sqlite import SqliteJournal
from runtime.pseudonyms import Pseudonyms
from tests.histories.stated import RATINGS, StatedHistory, evenings_in_march
from tests.servers.clickhouse_engines import Databases
from tests.waiting import eventually

QUICK: Final = HISTORY_LIMITS._replace(events_max=7, pause_s=0.0, idle_wait_s=0.05)
KEY: Final = Pseudonyms("the key of the tests")
OTHER_KEY: Final = Pseudonyms("another key of the tests")
HOSTS: Final = "SELECT DISTINCT host_id FROM evenings"
REVEALED: Final = """
    SELECT current_score, given_day, is_retracted FROM current_ratings ORDER BY given_day
"""


@pytest.fixture
async def databases(open_databases: Callable[[], Databases]) -> AsyncIterator[Databases]:
    opened = open_databases()
    yield opened
    await opened.close()


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[SqliteJournal]:
    journal = SqliteJournal(tmp_path / "journal.db")
    yield journal
    await journal.close()


@asynccontextmanager
async def following(
    journal: SqliteJournal, databases: Databases, stated: StatedHistory, key: Pseudonyms = KEY
) -> AsyncIterator[AnalystsService]:
    """Both databases, at the end of what is stated."""
    history = HistoryService(journal, databases.history, limits=QUICK)
    service = AnalystsService(journal, databases.analysts, databases.history, key, limits=QUICK)
    await service.start()  # First, so that it has to wait for the history.
    await history.start()
    try:
        await eventually(lambda: service.position > len(stated.commits))
        yield service
    finally:
        await service.stop()
        await history.stop()


async def test_a_score_is_there_once_it_is_revealed(
    journal: SqliteJournal, databases: Databases
) -> None:
    stated = StatedHistory()
    shown, no_show, sealed, withdrawn = (RATINGS[name] for name in ("r1", "r2", "r3", "r4"))
    stated.rate(0, "given", shown, score=3)
    stated.rate(1, "changed", shown, score=8)
    stated.rate(24, "given", no_show, score=2, tags=["no_show", "rude"])
    stated.rate(25, "given", sealed, score=1)
    stated.rate(26, "given", withdrawn, score=1)
    stated.rate(27, "retracted", withdrawn)
    stated.rate(48, "revealed", shown, no_show)
    stated.rate(49, "retracted", no_show)
    await stated.write_to(journal)
    async with following(journal, databases, stated):
        answer = await databases.analysts.ask(REVEALED)
        assert answer.rows == [(8, "2026-03-01", 0), (2, "2026-03-02", 1)]
        tags = await databases.analysts.ask("SELECT DISTINCT ratee_id, no_show FROM ratings")
        assert set(tags.rows) == {
            (KEY.replace(shown.ratee_id), 0),
            (KEY.replace(no_show.ratee_id), 1),
        }


async def test_another_key_gives_everybody_another_pseudonym(
    journal: SqliteJournal, databases: Databases
) -> None:
    stated = evenings_in_march()
    await stated.write_to(journal)
    counts = "SELECT uniqExact(seq, event_index), uniqExact(person_id) FROM events"
    async with following(journal, databases, stated):
        hosts = {host for (host,) in (await databases.analysts.ask(HOSTS)).rows}
        assert KEY.replace("ada") in hosts
        before = (await databases.analysts.ask(counts)).rows
    async with following(journal, databases, stated, OTHER_KEY) as service:
        others = {host for (host,) in (await databases.analysts.ask(HOSTS)).rows}
        assert OTHER_KEY.replace("ada") in others
        assert not hosts & others
        assert (await databases.analysts.ask(counts)).rows == before
        reads = HistoryReads(databases.analysts, MIN_POSITION_WAIT_S, ANALYSTS_READER)
        assert await reads.reach(service.position) == service.position


async def test_it_goes_on_from_its_own_position(
    journal: SqliteJournal, databases: Databases
) -> None:
    stated = evenings_in_march()
    await stated.write_to(journal)
    async with following(journal, databases, stated):
        pass
    await databases.history.execute("TRUNCATE TABLE history_position")  # Rebuilt meanwhile.
    async with following(journal, databases, stated) as service:
        assert service.readiness()["clickhouse"] == "available"
        answer = await databases.analysts.ask("SELECT uniqExact(seq, event_index) FROM events")
        assert answer.rows == [(sum(len(one.events) for one in stated.commits),)]


async def test_own_sql_reaches_neither_the_history_nor_the_system(
    journal: SqliteJournal, databases: Databases
) -> None:
    stated = evenings_in_march()
    await stated.write_to(journal)
    async with following(journal, databases, stated):
        for closed in ("practix.events", "default.events", "system.tables"):
            with pytest.raises(QueryRefused):
                await databases.analysts.ask_own(f"SELECT * FROM {closed}")
        here = await databases.analysts.ask_own("SELECT currentDatabase()")
        assert here.rows == [("practix_analysts",)]
        found = await databases.analysts.ask_own("SHOW TABLES")
        assert {name for (name,) in found.rows} == {
            "clicks",
            "copied",
            "current_notices",
            "current_ratings",
            "evenings",
            "events",
            "history_position",
            "notices",
            "ratings",
            "refusals",
            "schema_migrations",
        }
        described = await databases.analysts.ask_own("DESCRIBE TABLE events")
        assert not {"payload", "title", "description"} & {row[0] for row in described.rows}


async def test_months_that_are_too_old_are_dropped(databases: Databases) -> None:
    await migrate(databases.analysts, ANALYSTS_MIGRATIONS)
    days = [date(2025, 11, 30), date(2025, 12, 31), date(2026, 1, 1), date(2026, 3, 1)]
    await databases.analysts.insert("refusals", {"seq": [1, 2, 3, 4], "day": days})
    retention = Retention(databases.analysts, 60)
    await retention.apply(date(2026, 3, 2))  # Sixty days before is January 1.
    kept = await databases.analysts.ask("SELECT seq FROM refusals ORDER BY seq")
    assert [int(seq) for (seq,) in kept.rows] == [3, 4]
    await Retention(databases.analysts, 0).apply(date(2030, 1, 1))
    assert (await databases.analysts.ask("SELECT count() FROM refusals")).rows == [(2,)]
