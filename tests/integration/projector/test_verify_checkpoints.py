"""verify goes on from what it found right before, and from nothing else."""

import asyncio
import sqlite3
from contextlib import aclosing
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import asyncpg
import pytest

from contracts.events.person import PersonErased, PersonSeen
from contracts.values.ids import PersonId
from projector.proof.fold import JournalFold
from projector.proof.scratch.checkpoints import Start, VerifiedCheckpoints
from projector.proof.verify import verify
from projector.read_models.postgres.sink import PostgresSink
from projector.service import ProjectorService
from runtime.journal.port import Journal
from runtime.journal.sqlite import SqliteJournal
from runtime.progress.reporting import ReportLine
from tests.cells.projector_cell import follow
from tests.histories.chain import Chain
from tests.histories.random_people import RandomPeople
from tests.waiting import eventually

PATIENCE_S: Final = 0.2
KEEP: Final = Start(keep=True)


class Verified:
    """A journal of which verify has read a part, and kept a checkpoint."""

    def __init__(self, pool: asyncpg.Pool, journal: Journal, directory: Path) -> None:
        self.pool = pool
        self.journal = journal
        self.directory = directory
        self.people = RandomPeople(8, people=5).live(150)
        self.written = 0

    @property
    def chain(self) -> Chain:
        return self.people.chain

    async def go_on(self) -> None:
        """Write what the people have done to the journal, and project it."""
        await self.chain.write_to(self.journal, self.written)
        self.written = len(self.chain.payloads)
        await follow(self.journal, PostgresSink(self.pool), self.chain.seq)

    async def verify(self, start: Start) -> ReportLine:
        lines = verify(
            self.journal,
            PostgresSink(self.pool),
            checkpoints=VerifiedCheckpoints(self.directory),
            start=start,
            patience_s=PATIENCE_S,
        )
        return [line async for line in lines][-1]

    @property
    def kept(self) -> list[str]:
        return sorted(path.name for path in self.directory.iterdir())


@pytest.fixture
async def verified(tables: asyncpg.Pool, sqlite_journal: SqliteJournal, tmp_path: Path) -> Verified:
    verified = Verified(tables, sqlite_journal, tmp_path / "verify")
    await verified.go_on()
    result = await verified.verify(KEEP)
    assert (result["ok"], result["kept"]) == (True, True), result
    return verified


async def test_it_goes_on_from_a_checkpoint(verified: Verified) -> None:
    first = verified.chain.seq
    verified.people.live(150)
    await verified.go_on()
    whole = await verified.verify(Start())
    result = await verified.verify(Start(from_position=first))
    assert result["ok"], result
    assert (result["from"], result["records"]) == (first, verified.chain.seq - first)
    for name in ("position", "announcements", "bookings"):
        assert result[name] == whole[name]
    # It has kept one itself, and the next goes on from there.
    last = await verified.verify(Start(from_position=verified.chain.seq + 1_000))
    assert last["ok"]
    assert last["records"] == 0


async def test_rows_from_before_the_checkpoint_are_compared_too(verified: Verified) -> None:
    await verified.pool.execute("UPDATE read_model.bookings SET changed_seq = 0")
    await verified.pool.execute("UPDATE read_model.scores SET host_rating = 1")
    result = await verified.verify(Start(from_position=verified.chain.seq))
    assert not result["ok"]
    assert not result["kept"]
    assert {one["table"] for one in result["differences"]} >= {"bookings", "scores"}


async def test_only_what_is_right_is_kept(verified: Verified) -> None:
    kept = verified.kept
    verified.people.live(20)
    await verified.go_on()
    await verified.pool.execute("DELETE FROM read_model.people")
    assert not (await verified.verify(KEEP))["kept"]
    assert verified.kept == kept


async def test_the_newest_are_kept_and_the_newest_that_fits_is_used(verified: Verified) -> None:
    positions = [verified.chain.seq]
    for _ in range(2):
        verified.people.live(20)
        await verified.go_on()
        assert (await verified.verify(KEEP))["kept"]
        positions.append(verified.chain.seq)
    assert verified.kept == sorted(f"verified-{seq}.sqlite" for seq in positions[1:])
    result = await verified.verify(Start(from_position=positions[2] - 1))
    assert result["ok"]
    assert result["from"] == positions[1]


async def test_without_a_checkpoint_it_says_so(verified: Verified) -> None:
    result = await verified.verify(Start(from_position=3))
    assert not result["ok"]
    assert "no verified checkpoint is at or before position 3" in result["problem"]
    assert f"kept: {verified.chain.seq}" in result["problem"]


async def test_a_checkpoint_of_another_journal_is_refused(
    verified: Verified, tmp_path: Path
) -> None:
    other = RandomPeople(9, people=5)
    while other.chain.seq <= verified.chain.seq:
        other.live(50)
    verified.journal = SqliteJournal(tmp_path / "other.db")
    await other.chain.write_to(verified.journal)
    result = await verified.verify(Start(from_position=verified.chain.seq))
    await verified.journal.close()
    assert not result["ok"]
    assert "is another one now" in result["problem"]


async def test_a_checkpoint_at_the_position_of_the_tables_is_of_the_same_record(
    verified: Verified,
) -> None:
    await verified.pool.execute("UPDATE read_model.reader_position SET hash = repeat('0', 64)")
    result = await verified.verify(Start(from_position=verified.chain.seq))
    assert not result["ok"]
    assert "no verified checkpoint" in result["problem"]


async def test_a_checkpoint_of_other_code_is_deleted(verified: Verified) -> None:
    with patch("projector.proof.scratch.checkpoints.find_version", lambda: "of next year"):
        result = await verified.verify(Start(from_position=verified.chain.seq))
    assert "no verified checkpoint" in result["problem"]
    assert verified.kept == []


async def test_a_damaged_checkpoint_is_deleted(verified: Verified) -> None:
    (name,) = verified.kept
    (verified.directory / name).write_bytes(b"not a database" * 1000)
    result = await verified.verify(Start(from_position=verified.chain.seq))
    assert "no verified checkpoint" in result["problem"]
    assert verified.kept == []


async def test_what_a_killed_process_left_is_deleted(verified: Verified) -> None:
    kept = verified.kept
    left = verified.directory / "verify-abc.partial"
    left.write_bytes(b"left")
    assert (await verified.verify(Start()))["ok"]
    assert verified.kept == kept


async def test_a_full_disk_is_a_result(verified: Verified) -> None:
    def fill(self: JournalFold) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    kept = verified.kept
    with patch.object(JournalFold, "_write_all", fill):
        result = await verified.verify(KEEP)
    assert not result["ok"]
    assert "disk is full" in result["problem"]
    assert verified.kept == kept


async def test_a_verify_that_is_given_up_leaves_nothing(verified: Verified) -> None:
    """Whatever its thread does at that moment."""
    kept = verified.kept
    for steps in range(1, 12):
        lines = verify(
            verified.journal,
            PostgresSink(verified.pool),
            checkpoints=VerifiedCheckpoints(verified.directory),
            start=KEEP,
        )
        async with aclosing(lines):
            waiting = asyncio.ensure_future(anext(lines))
            for _ in range(steps * 5):
                await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.wait([waiting])
        assert verified.kept == kept


async def test_a_directory_that_cannot_be_made_is_a_result(verified: Verified) -> None:
    (name,) = verified.kept
    verified.directory /= f"{name}/below a file"
    result = await verified.verify(KEEP)
    assert not result["ok"]
    assert "cannot be used" in result["problem"]


async def test_nothing_can_be_kept_without_a_directory(verified: Verified) -> None:
    lines = verify(verified.journal, PostgresSink(verified.pool), start=KEEP)
    result: dict[str, Any] = [line async for line in lines][-1]
    assert not result["ok"]
    assert "no directory" in result["problem"]


async def test_an_erasure_deletes_the_checkpoints_before_it(verified: Verified) -> None:
    first = verified.chain.seq
    people = verified.people.layer.people.own.values()
    erased = next(one.id for one in people if not one.announcements and not one.attending)
    verified.chain.commit(PersonErased(person_id=erased))
    await verified.go_on()
    result = await verified.verify(Start(from_position=first))
    assert "no verified checkpoint" in result["problem"]
    assert verified.kept == []
    # A checkpoint behind it holds no text of theirs, and is as good as any.
    assert (await verified.verify(KEEP))["kept"]
    verified.chain.commit(PersonSeen(person_id=erased, name="Somebody who came back"))
    await verified.go_on()
    result = await verified.verify(Start(from_position=first + 1))
    assert (result["ok"], result["from"]) == (True, first + 1), result


async def test_a_running_projector_deletes_them_once_it_has_written_an_erasure(
    verified: Verified,
) -> None:
    checkpoints = VerifiedCheckpoints(verified.directory)
    service = ProjectorService(verified.journal, verified.pool, checkpoints=checkpoints)
    await service.start()
    assert verified.kept
    erased = PersonId(next(iter(verified.people.layer.people.own)))
    verified.chain.commit(PersonErased(person_id=erased))
    await verified.chain.write_to(verified.journal, verified.written)
    await eventually(lambda: not verified.kept)
    await service.stop()
