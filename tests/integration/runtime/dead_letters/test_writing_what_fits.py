"""Of the parked events of a key those are written that fit, up to the first that does not."""

from collections.abc import AsyncIterator
from typing import Final

import asyncpg
import pytest
from asyncpg.pool import PoolConnectionProxy

from runtime.dead_letters.retrying import Fitting, write_what_fits
from runtime.dead_letters.texts import CHARS_MAX
from runtime.postgres.tables import TablesUnavailable, transaction

COUNT: Final = 5
NOTHING: Final = "nothing"


class Odd(Exception):
    pass


class Events:
    """Writes a row for each event. `odd` is the number of the one that does not fit; None if all
    do. The tables refuse it, unless there is an `error`, which is raised in place of its row."""

    def __init__(
        self, connection: PoolConnectionProxy, odd: int | None, error: Exception | None = None
    ) -> None:
        self._connection = connection
        self._odd = odd
        self._error = error
        self.writes = 0

    async def write(self, count: int) -> str:
        self.writes += 1
        for number in range(count):
            if number == self._odd and self._error is not None:
                raise self._error
            row = None if number == self._odd else number
            await self._connection.execute("INSERT INTO written VALUES ($1)", row)
        return f"{count} written"

    async def write_what_fits(self) -> Fitting[str]:
        return await write_what_fits(self._connection, COUNT, self.write, NOTHING, Odd)

    async def rows(self) -> list[int]:
        rows = await self._connection.fetch("SELECT n FROM written ORDER BY n")
        return [row["n"] for row in rows]


@pytest.fixture
async def connection(tables: asyncpg.Pool) -> AsyncIterator[PoolConnectionProxy]:
    async with transaction(tables) as connection:
        await connection.execute("CREATE TEMP TABLE written (n integer NOT NULL)")
        yield connection


async def test_if_all_fit_all_are_written_once(connection: PoolConnectionProxy) -> None:
    events = Events(connection, odd=None)
    assert await events.write_what_fits() == Fitting(COUNT, f"{COUNT} written", None)
    assert await events.rows() == list(range(COUNT))
    assert events.writes == 1


@pytest.mark.parametrize("odd", range(COUNT))
async def test_those_before_the_first_that_the_tables_refuse_are_written(
    connection: PoolConnectionProxy, odd: int
) -> None:
    events = Events(connection, odd)
    found = await events.write_what_fits()
    assert found.refusal is not None
    assert found.refusal.startswith("NotNullViolationError")
    assert (found.fits, found.written) == (odd, f"{odd} written" if odd else NOTHING)
    assert await events.rows() == list(range(odd))


@pytest.mark.parametrize("odd", range(COUNT))
async def test_what_the_writer_itself_refuses_is_left_too(
    connection: PoolConnectionProxy, odd: int
) -> None:
    events = Events(connection, odd, Odd("it is odd\0" + "!" * CHARS_MAX))
    found = await events.write_what_fits()
    assert found.refusal == ("it is odd" + "!" * CHARS_MAX)[:CHARS_MAX]
    assert found.fits == odd
    assert await events.rows() == list(range(odd))


async def test_nothing_is_written_of_no_event(connection: PoolConnectionProxy) -> None:
    events = Events(connection, odd=None)
    found = await write_what_fits(connection, 0, events.write, NOTHING)
    assert (found, events.writes) == (Fitting(0, NOTHING, None), 0)


async def test_tables_that_are_away_are_no_refusal(connection: PoolConnectionProxy) -> None:
    events = Events(connection, 2, TablesUnavailable("away"))
    with pytest.raises(TablesUnavailable):
        await events.write_what_fits()
