"""Every store of an image keeps what the port promises, and SQLite's what it promises besides."""

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from unittest.mock import patch

import pytest

from command_api.domain.layer import COLLECTIONS
from command_api.domain.person.commands import ErasureDue, OrderErasure
from command_api.image.agenda import BEFORE_ALL
from command_api.image.image import Image
from command_api.image.sqlite.store import ASIDE, SqliteStore
from command_api.image.store import (
    Changes,
    Checkpoint,
    ImageStore,
    StoreDamaged,
    StoreUnavailable,
)
from contracts.journal.acceptance import ReaderState
from contracts.journal.records import Commit
from contracts.values.ids import OPERATOR, SYSTEM, PersonId
from runtime.journal.tail import Position
from runtime.process.file_lock import FileLocked
from tests.histories.decided import DecidedHistory
from tests.histories.random_people import RandomPeople
from tests.paths import ROOT
from tests.simulation.invariants import check_same_keys, fold
from tests.simulation.simulated.store import SimulatedDisk, SimulatedStore

AFTER_ALL = datetime.max.replace(tzinfo=UTC) - timedelta(days=2)


@pytest.fixture(scope="module")
def commits() -> list[Commit]:
    return RandomPeople(3).live(150).chain.commits


@pytest.fixture(params=["sqlite", "simulated"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ImageStore]:
    store: ImageStore = (
        SqliteStore(tmp_path / "data" / "image.sqlite")
        if request.param == "sqlite"
        else SimulatedStore(SimulatedDisk(), Random(0))
    )
    yield store
    await store.close()


@pytest.fixture
async def sqlite_store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(tmp_path / "image.sqlite")
    await store.open()
    yield store
    await store.close()


def freeze(image: Image) -> Changes:
    state = ReaderState(1, image.seq, "f" * 64, "nonce", open=True)
    return image.freeze(Position(image.seq - 1, state))


async def write(store: ImageStore, image: Image) -> Checkpoint:
    changes = freeze(image)
    await store.write(changes, at_leisure=True)
    image.settle()
    return changes.checkpoint


def check_shows_all(image: Image, folded: Image, commits: list[Commit]) -> None:
    for name in COLLECTIONS:
        ours, theirs = (getattr(one.accepted, name) for one in (image, folded))
        assert {key: ours.get(key) for key in theirs.own} == theirs.own
    assert sorted(image.agenda.list_due(AFTER_ALL)) == sorted(folded.agenda.list_due(AFTER_ALL))
    check_same_keys("the image", image.keys, folded.keys, commits)


async def test_what_was_written_part_by_part_is_all_there(
    store: ImageStore, commits: list[Commit]
) -> None:
    assert await store.open() is None
    image = Image(store, cached_max=3)
    for number, commit in enumerate(commits):
        image.fold(commit)
        if number % 20 == 0:
            written = await write(store, image)
    written = await write(store, image)
    assert await store.open() == written
    check_shows_all(Image(store, written), fold(commits), commits)


async def test_nothing_is_found_in_an_empty_store(store: ImageStore) -> None:
    await store.open()
    assert [table.get("key") for table in store.tables] == [None] * len(COLLECTIONS)
    assert store.find_answer("anna key") is None
    assert store.list_answered(0, 10) == []
    assert store.list_deadlines(BEFORE_ALL, AFTER_ALL) == []
    assert store.list_suspended() == []


async def test_a_store_says_which_of_its_tables_are_empty(
    store: ImageStore, commits: list[Commit]
) -> None:
    await store.open()
    assert all(table.is_empty() for table in store.tables)
    image = Image(store)
    for commit in commits:
        image.fold(commit)
    changes = freeze(image)
    await store.write(changes, at_leisure=True)
    assert [table.is_empty() for table in store.tables] == [not one for one in changes.values]
    assert not all(changes.values)


async def test_a_store_that_is_set_aside_is_empty_and_usable(
    store: ImageStore, commits: list[Commit]
) -> None:
    await store.open()
    image = Image(store)
    image.fold(commits[0])
    await write(store, image)
    await store.set_aside()
    assert await store.open() is None
    again = Image(store)
    again.fold(commits[0])
    checkpoint = await write(store, again)
    await store.delete_set_aside()
    assert await store.open() == checkpoint


async def test_sqlite_keeps_what_was_set_aside_until_it_is_deleted(
    sqlite_store: SqliteStore, tmp_path: Path
) -> None:
    await sqlite_store.set_aside()
    aside = tmp_path / f"image.sqlite{ASIDE}"
    assert aside.exists()
    await sqlite_store.delete_set_aside()
    assert not aside.exists()


async def test_sqlite_takes_no_other_file_for_its_own(tmp_path: Path) -> None:
    path = tmp_path / "image.sqlite"
    path.write_bytes(b"something else" * 1000)
    store = SqliteStore(path)
    with pytest.raises(StoreDamaged, match="not a database"):
        await store.open()
    await store.set_aside()
    assert await store.open() is None
    await store.close()


async def test_sqlite_finds_a_value_that_was_changed_on_disk(
    sqlite_store: SqliteStore, tmp_path: Path, commits: list[Commit]
) -> None:
    image = Image(sqlite_store)
    for commit in commits[:5]:
        image.fold(commit)
    checkpoint = await write(sqlite_store, image)
    with sqlite3.connect(tmp_path / "image.sqlite") as other:
        other.execute("UPDATE people SET value = replace(value, 'Person', 'Nobody')")
        other.execute("UPDATE people SET value = CAST(value AS BLOB)")
    other.close()
    damaged = Image(sqlite_store, checkpoint)
    person_id = commits[0].command.actor
    with pytest.raises(StoreDamaged):
        damaged.accepted.person(PersonId(person_id))
    assert sqlite_store.damage is not None


async def test_sqlite_refuses_what_another_version_wrote(
    sqlite_store: SqliteStore, commits: list[Commit]
) -> None:
    image = Image(sqlite_store)
    image.fold(commits[0])
    await write(sqlite_store, image)
    with (
        patch("command_api.image.sqlite.writing.VERSION", "of next year"),
        pytest.raises(StoreDamaged, match="version"),
    ):
        await sqlite_store.open()


async def test_sqlite_writes_nothing_to_a_full_disk_and_all_once_there_is_room(
    sqlite_store: SqliteStore, commits: list[Commit]
) -> None:
    image = Image(sqlite_store)
    for commit in commits:
        image.fold(commit)
    changes = freeze(image)
    assert sqlite_store._writing is not None
    pages = sqlite_store._writing.execute("PRAGMA page_count").fetchone()[0]
    sqlite_store._writing.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(StoreUnavailable, match="full"):
        await sqlite_store.write(changes, at_leisure=True)
    assert sqlite_store.find_answer(next(iter(changes.answers))) is None
    sqlite_store._writing.execute("PRAGMA max_page_count = 1000000")
    await sqlite_store.write(changes, at_leisure=True)
    image.settle()
    check_shows_all(image, fold(commits), commits)


async def test_sqlite_does_not_read_what_is_not_there(
    tmp_path: Path, commits: list[Commit]
) -> None:
    reads: list[float] = []
    store = SqliteStore(tmp_path / "image.sqlite", reads.append)
    await store.open()
    image = Image(store)
    for commit in commits:
        image.fold(commit)
    checkpoint = await write(store, image)
    await store.open()
    folded = fold(commits)
    check_shows_all(Image(store, checkpoint), folded, commits)  # Before the filters are full,
    while not all(one.complete for one in store.filters.values()):
        await asyncio.sleep(0.01)
    check_shows_all(Image(store, checkpoint), folded, commits)  # and after.
    reads.clear()
    for number in range(200):
        assert store.tables[0].get(f"absent-{number}") is None
        assert store.find_answer(f"anna absent-{number}") is None
    assert len(reads) < 20
    await store.close()


async def test_sqlite_is_not_read_while_everything_is_in_memory(
    tmp_path: Path, commits: list[Commit]
) -> None:
    reads: list[float] = []
    store = SqliteStore(tmp_path / "image.sqlite", reads.append)
    await store.open()
    image = Image(store)
    for commit in commits:
        image.fold(commit)
    await write(store, image)
    reads.clear()
    for name in COLLECTIONS:
        assert getattr(image.accepted, name).get("absent") is None
    assert reads == []
    await store.close()


async def test_sqlite_goes_on_without_a_file_where_none_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "in the way").touch()
    store = SqliteStore(tmp_path / "in the way" / "image.sqlite")
    with pytest.raises(StoreUnavailable):
        await store.open()
    await store.close()


async def test_sqlite_says_so_if_a_file_cannot_be_set_aside_or_deleted(
    sqlite_store: SqliteStore, tmp_path: Path
) -> None:
    in_the_way = tmp_path / f"image.sqlite{ASIDE}"
    in_the_way.mkdir()
    with pytest.raises(StoreUnavailable):
        await sqlite_store.set_aside()
    with pytest.raises(StoreUnavailable):
        await sqlite_store.delete_set_aside()


async def test_sqlite_sets_a_file_with_other_tables_aside(tmp_path: Path) -> None:
    """However it came about: trying again would not help."""
    path = tmp_path / "image.sqlite"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE checkpoint (place INTEGER)")
    other.close()
    store = SqliteStore(path)
    with pytest.raises(StoreDamaged, match="no such column"):
        await store.open()
    await store.set_aside()
    assert await store.open() is None
    await store.close()


async def test_sqlite_finds_a_lost_table_when_it_writes(
    sqlite_store: SqliteStore, commits: list[Commit]
) -> None:
    image = Image(sqlite_store)
    image.fold(commits[0])
    assert sqlite_store._writing is not None
    sqlite_store._writing.execute("DROP TABLE people")
    with pytest.raises(StoreDamaged):
        await sqlite_store.write(freeze(image), at_leisure=True)
    assert sqlite_store.damage is not None


async def test_a_store_may_be_opened_again_after_it_was_closed(
    store: ImageStore, commits: list[Commit]
) -> None:
    await store.open()
    image = Image(store)
    image.fold(commits[0])
    written = await write(store, image)
    await store.close()
    assert await store.open() == written


async def test_sqlite_lets_go_of_a_file_that_it_refuses(
    sqlite_store: SqliteStore, tmp_path: Path, commits: list[Commit]
) -> None:
    """Otherwise a connection to the refused file is closed beside the one to the new file."""
    image = Image(sqlite_store)
    image.fold(commits[0])
    await write(sqlite_store, image)
    beside = tmp_path / "image.sqlite-wal"
    assert beside.exists()
    with (
        patch("command_api.image.sqlite.writing.VERSION", "of next year"),
        pytest.raises(StoreDamaged) as refused,
    ):
        await sqlite_store.open()
    assert not beside.exists(), refused  # While the error, with its frames, is still there.


@pytest.mark.parametrize("left", ["-wal", "-shm"])
async def test_sqlite_takes_nothing_over_from_a_file_half_set_aside(
    tmp_path: Path, commits: list[Commit], left: str
) -> None:
    """The process was killed after it had renamed the file, and before those beside it."""
    path = tmp_path / "image.sqlite"
    store = SqliteStore(path)
    await store.open()
    image = Image(store)
    image.fold(commits[0])
    await write(store, image)
    beside = path.with_name(path.name + left).read_bytes()
    await store.close()
    path.unlink()
    path.with_name(path.name + left).write_bytes(beside)
    again = SqliteStore(path)
    assert await again.open() is None
    assert again.list_answered(0, 10) == []
    await again.close()


async def test_sqlite_leaves_nothing_of_the_erased_on_disk(
    sqlite_store: SqliteStore, tmp_path: Path
) -> None:
    def count_words() -> int:
        files = b"".join(path.read_bytes() for path in tmp_path.glob("image.sqlite*"))
        return sum(files.count(word) for word in (b"Bring tea.", b"please", b"Well.", b"Person "))

    history = DecidedHistory()
    people = RandomPeople(3, history=history).live(200)
    lived = len(history.chain.commits)
    image = Image(sqlite_store)
    for number, commit in enumerate(history.chain.commits):
        image.fold(commit)
        if number % 50 == 0:
            await write(sqlite_store, image)
    assert count_words() > 50
    for person_id in people.person_ids:
        order = OrderErasure(person_id=person_id, at_once=True)
        history.record(history.decide(OPERATOR, order))
        while history.layer.person(person_id).erasure is not None:
            history.record(history.decide(SYSTEM, ErasureDue(person_id=person_id)))
    for commit in history.chain.commits[lived:]:
        image.fold(commit)
    await write(sqlite_store, image)
    assert count_words() == 0


async def test_one_process_uses_the_file(sqlite_store: SqliteStore, tmp_path: Path) -> None:
    rival = SqliteStore(tmp_path / "image.sqlite")
    with pytest.raises(FileLocked):
        await rival.open()


async def test_a_process_killed_at_any_moment_leaves_a_whole_checkpoint(tmp_path: Path) -> None:
    """It writes one checkpoint after another, in which all values say the same number."""
    path = tmp_path / "image.sqlite"
    for _ in range(4):
        killed = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.contract.write_until_killed",
            path,
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
        )
        assert killed.stdout is not None
        for _ in range(5):
            await killed.stdout.readline()
        killed.kill()
        said = (await killed.communicate())[0].split()
        store = SqliteStore(path)
        checkpoint = await store.open()
        assert checkpoint is not None
        people = Image(store, checkpoint).accepted.people
        names = {people.get(f"person-{n}").name for n in range(200)}  # type: ignore[union-attr,arg-type]
        assert names == {str(checkpoint.seq)}
        assert not said or checkpoint.seq >= int(said[-1])
        await store.close()
