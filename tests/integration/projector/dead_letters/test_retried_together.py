"""A retry sees what other keys, erasures and the live reader do to the same rows."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import asyncpg
import pytest

from contracts.events.announcement import AnnouncementChanged, AnnouncementPublished
from contracts.events.person import PersonErased, PersonSeen
from contracts.events.report import EveningHidden, ReportAnswered, ReportMade
from contracts.values.ids import ReportId, SubjectId
from projector.dead_letters.stored import LETTERS
from projector.proof.scratch.checkpoints import Start, VerifiedCheckpoints
from projector.read_models.postgres.sink import PostgresSink
from projector.service import ProjectorService
from runtime.journal.sqlite import SqliteJournal
from tests.cells.projector_cell import fold_rows, follow, read_letters, read_rows, uuid_text
from tests.histories.random_people import RandomPeople
from tests.integration.projector.dead_letters.older_build import older_build
from tests.integration.projector.rebuild.rebuilt import caught_up, retried, service_of
from tests.waiting import eventually

VERSION: Final = 90


class StoppedEvening:
    """An announcement of one person, with a history."""

    def __init__(self, tables: asyncpg.Pool, journal: SqliteJournal, dsn: str) -> None:
        self.tables = tables
        self.journal = journal
        self.dsn = dsn
        people = RandomPeople(7).live(40)
        self.chain = people.chain
        self.id = next(iter(people.layer.announcements.own))
        self.author_id = people.layer.announcements.own[self.id].author_id
        self.reader_id = next(one for one in people.person_ids if one != self.author_id)

    def change(self, title: str) -> None:
        event = AnnouncementChanged(announcement_id=self.id, version=VERSION, title=title)
        self.chain.commit(event, actor=self.author_id)

    def erase(self) -> None:
        self.chain.commit(PersonErased(person_id=self.author_id))

    async def park(self, does_not_know: Callable[[dict[str, Any]], bool]) -> None:
        await self.chain.write_to(self.journal)
        with older_build(does_not_know):
            await follow(self.journal, PostgresSink(self.tables), self.chain.seq)
        assert await read_letters(self.tables)

    async def retry(self) -> None:
        """Retry all keys. The tables must then be as if nothing had been parked."""
        async with service_of(self.journal, self.tables, self.dsn) as service:
            await caught_up(service, self.chain)
            result = await retried(service)
            assert result["ok"], result
            assert await read_rows(self.tables) == fold_rows(self.chain)


@pytest.fixture
def evening(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal, postgres_dsn: str
) -> StoppedEvening:
    return StoppedEvening(tables, sqlite_journal, postgres_dsn)


async def test_later_events_of_a_key_that_was_retried_before_count(evening: StoppedEvening) -> None:
    report_id = ReportId(uuid_text(70))
    evening.chain.commit(
        ReportMade(
            report_id=report_id,
            reporter_id=evening.reader_id,
            kind="evening",
            subject_id=SubjectId(evening.id),
            writer_id=evening.author_id,
            announcement_id=evening.id,
            reason="spam",
        )
    )
    answered = ReportAnswered(
        report_id=report_id, person_id=evening.reader_id, kind="evening", text="Thanks.", by="Anna"
    )
    evening.chain.commit(answered)
    hidden = EveningHidden(
        report_id=report_id,
        person_id=evening.author_id,
        announcement_id=evening.id,
        reason="spam",
        by="Olga",
    )
    evening.chain.commit(hidden)
    await evening.park(lambda fields: fields["type"] == "report.made.v1")
    assert len(await read_letters(evening.tables)) == 3
    await evening.retry()
    (row,) = (await read_rows(evening.tables))["reports"].values()
    assert "Olga" in row


async def test_an_erasure_that_was_retried_before_takes_texts_of_other_keys(
    evening: StoppedEvening,
) -> None:
    evening.chain.commit(PersonSeen(person_id=evening.author_id, name="Unknown"))
    evening.change("Unknown")
    evening.erase()
    await evening.park(
        lambda fields: (
            fields["type"] == "person.erased.v1"
            or "Unknown" in (fields.get("name"), fields.get("title"))
        )
    )
    assert len(await read_letters(evening.tables)) == 3
    await evening.retry()
    assert "Unknown" not in (await read_rows(evening.tables))["announcements"][evening.id]


async def test_an_erasure_leaves_texts_of_keys_that_were_retried_before(
    evening: StoppedEvening,
) -> None:
    evening.change("Before")
    evening.erase()
    evening.change("Afterwards")
    await evening.park(
        lambda fields: fields["type"] == "person.erased.v1" or fields.get("title") == "Before"
    )
    await evening.retry()
    assert "Afterwards" in (await read_rows(evening.tables))["announcements"][evening.id]


async def test_an_erasure_leaves_what_was_written_after_it(evening: StoppedEvening) -> None:
    evening.erase()
    evening.change("Afterwards")
    await evening.park(lambda fields: fields["type"] == "person.erased.v1")
    await evening.retry()
    assert "Afterwards" in (await read_rows(evening.tables))["announcements"][evening.id]


async def test_an_erasure_forbids_checkpoints_from_before_it(
    evening: StoppedEvening, tmp_path: Path
) -> None:
    directory = tmp_path / "verify"
    checkpoints = VerifiedCheckpoints(directory)
    service = ProjectorService(evening.journal, evening.tables, checkpoints=checkpoints)
    await evening.chain.write_to(evening.journal)
    await service.start()
    try:
        await eventually(lambda: service.ready and service.position == evening.chain.seq)
        assert [line async for line in service.verify(Start(keep=True))][-1]["kept"]
        evening.erase()
        with older_build(lambda fields: fields["type"] == "person.erased.v1"):
            await evening.chain.write_to(evening.journal)
            await caught_up(service, evening.chain)
        kept = list(directory.iterdir())
        assert kept
        await retried(service, dry_run=True)
        assert list(directory.iterdir()) == kept
        assert (await retried(service))["ok"]
        assert list(directory.iterdir()) == []
    finally:
        await service.stop()


@pytest.mark.parametrize("owner", [PostgresSink, LETTERS], ids=["position", "letters"])
async def test_what_is_parked_while_a_retry_begins_is_retried_too(
    evening: StoppedEvening, owner: object
) -> None:
    evening.chain.commit(AnnouncementPublished(announcement_id=evening.id, version=VERSION))
    await evening.park(lambda fields: fields.get("version") == VERSION)
    async with service_of(evening.journal, evening.tables, evening.dsn) as service:
        await caught_up(service, evening.chain)
        name = "position" if owner is PostgresSink else "fetch_units"
        read = getattr(owner, name)
        # The live reader looks at its position as well, and must not wait for itself.
        retrying = asyncio.current_task()
        parked_more = False

        async def read_before_more_is_parked(*arguments: Any) -> Any:
            nonlocal parked_more
            found = await read(*arguments)
            if asyncio.current_task() is retrying and not parked_more:
                parked_more = True
                evening.change("Parked meanwhile")
                await evening.chain.write_to(evening.journal)
                await eventually(lambda: service.position == evening.chain.seq)
            return found

        with patch.object(owner, name, read_before_more_is_parked):
            result = await retried(service)
        assert parked_more
        assert (result["ok"], [one["parked"] for one in result["keys"]]) == (True, [2])
        assert await read_letters(evening.tables) == []
        assert await read_rows(evening.tables) == fold_rows(evening.chain)
