"""Rows that go through a scratch file are those that memory holds, wherever they are written."""

import asyncio
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest

from contracts.events.person import PersonErased, PersonSeen
from contracts.values.ids import PersonId
from projector.proof.scratch.expected_rows import ExpectedRows
from projector.proof.scratch.file import Scratch
from projector.read_models.batch import Projected
from projector.read_models.intake import Intake
from projector.read_models.memory import MemoryTables
from projector.read_models.project import TABLES
from projector.read_models.projections.announcements import ANNOUNCEMENTS
from projector.read_models.projections.decisions import DECISIONS
from projector.read_models.projections.people import PEOPLE
from projector.read_models.projections.scores import SCORES
from projector.read_models.read_model import NOTHING_MORE, EventContext, Put, TableShape
from tests.histories.chain import Chain
from tests.histories.erasures import add_erasures
from tests.histories.random_people import RandomPeople, live_until_rated

NOON: Final = datetime(2030, 1, 1, 12, tzinfo=UTC)
TABLES_IN_ORDER: Final = (*(table for table in TABLES if table is not SCORES), SCORES)
NAME: Final = {"name": "Ada", "language": "ru", "tz": "Europe/Moscow"}


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Scratch]:
    scratch = Scratch(tmp_path / "scratch.sqlite")
    yield scratch
    scratch.connection.close()


def read(rows: ExpectedRows, table: TableShape) -> list[tuple[Any, ...]]:
    async def read_all() -> list[tuple[Any, ...]]:
        return [tuple(row) async for part in rows.rows(table) for _, row in part]

    rows.write()
    return asyncio.run(read_all())


def take(projected: Iterable[Projected], expected: MemoryTables, rows: ExpectedRows) -> None:
    """Take it into both, and write whenever it is time."""
    for one in projected:
        for put in one.puts:
            expected.put(put)
        if one.erased is not None:
            expected.erase([one.erased])
        rows.add(one)
    if rows.must_write:
        rows.write()


def sort(expected: MemoryTables, table: TableShape) -> list[tuple[Any, ...]]:
    list(expected.score())
    return [row for _, row in sorted(expected.rows[table.name].items())]


def put(rows: ExpectedRows, *puts: Put) -> None:
    rows.add(Projected(None, EventContext(NOON, 1, "system"), None, list(puts)))


@pytest.mark.parametrize("puts_max", [1, 2, 7, 1_000_000])
def test_a_history_makes_the_same_rows_as_in_memory(scratch: Scratch, puts_max: int) -> None:
    expected, rows, intake = MemoryTables(), ExpectedRows(scratch, puts_max), Intake()
    for commit in live_until_rated(400).chain.commits:
        take(intake.take([commit]), expected, rows)
    assert sort(expected, SCORES)
    for table in TABLES_IN_ORDER:
        assert read(rows, table) == sort(expected, table)


def test_rows_come_in_the_order_of_their_keys_and_go_on_in_the_same_file(scratch: Scratch) -> None:
    first = ExpectedRows(scratch)
    for key in ("b", "я", "a", "B"):
        put(first, Put(PEOPLE, key, NAME, NOTHING_MORE))
    first.write()
    second = ExpectedRows(scratch)
    put(second, Put(PEOPLE, "b", NAME | {"name": "Bob"}, NOTHING_MORE))
    assert [row[:2] for row in read(second, PEOPLE)] == [
        ("B", "Ada"),
        ("a", "Ada"),
        ("b", "Bob"),
        ("я", "Ada"),
    ]


def test_a_row_that_must_exist_is_not_made(scratch: Scratch) -> None:
    rows = ExpectedRows(scratch)
    put(rows, Put(ANNOUNCEMENTS, "a", {"taken": 3}))
    assert read(rows, ANNOUNCEMENTS) == []


def test_documents_keep_numbers_of_any_size(scratch: Scratch) -> None:
    facts = {"n": 2**80, "of": [1.5, None, {"x": "я"}]}
    columns = dict.fromkeys(list(DECISIONS.types)[1:]) | {"facts": facts}
    rows = ExpectedRows(scratch)
    put(rows, Put(DECISIONS, 1, columns, NOTHING_MORE))
    assert read(rows, DECISIONS)[0][-1] == facts


def test_a_number_that_no_table_holds_is_no_error(scratch: Scratch) -> None:
    rows = ExpectedRows(scratch)
    initial = dict.fromkeys(list(ANNOUNCEMENTS.types)[1:])
    put(rows, Put(ANNOUNCEMENTS, "a", {"taken": 2**80}, initial))
    ((key, *_),) = read(rows, ANNOUNCEMENTS)
    assert key == "a"


@pytest.mark.parametrize("puts_max", [1, 20, 1_000_000])
def test_a_history_with_erasures_makes_the_same_rows_as_in_memory(
    scratch: Scratch, puts_max: int
) -> None:
    expected, rows, intake = MemoryTables(), ExpectedRows(scratch, puts_max), Intake()
    for commit in add_erasures(RandomPeople(5, people=5).live(300).chain, 5).commits:
        take(intake.take([commit]), expected, rows)
    for table in TABLES_IN_ORDER:
        assert read(rows, table) == sort(expected, table)


def test_compacting_takes_the_texts_of_the_erased_out_of_the_file(
    scratch: Scratch, tmp_path: Path
) -> None:
    chain, expected, rows, intake = Chain(), MemoryTables(), ExpectedRows(scratch), Intake()
    for name in ("Ada the canary", "Bob"):
        chain.commit(PersonSeen(person_id=PersonId(str(UUID(int=len(name)))), name=name))
    chain.commit(PersonErased(person_id=PersonId(str(UUID(int=14)))))
    chain.commit(PersonSeen(person_id=PersonId(str(UUID(int=14))), name="Ada again"))
    for commit in chain.commits:
        take(intake.take([commit]), expected, rows)
    rows.write()
    asyncio.run(rows.compact())
    for again in (rows, ExpectedRows(scratch)):
        assert read(again, PEOPLE) == sort(expected, PEOPLE)
    scratch.connection.execute("COMMIT")
    stored = scratch.path.read_bytes()
    assert b"Ada again" in stored
    assert b"canary" not in stored
