"""Retries what a reader of the journal has parked, one unit after another.

A unit is all parked events of a key, or one without a key. The journal is read once, up to where
the reader's tables are. Then each unit has a transaction of its own. The first event that still
does not fit stays parked, with all behind it. A retry that is killed on the way has done the units
before, and no other by half.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Any, Final, Generic, NamedTuple, TypeVar

from asyncpg.pool import PoolConnectionProxy

from contracts.journal.places import EventPlace, spell_place
from runtime.dead_letters.table import DeadLetterTable, name_unit
from runtime.dead_letters.texts import shorten
from runtime.postgres.tables import RowsRefused, translate_postgres_errors
from runtime.progress.journal_scan import JournalScan
from runtime.progress.reporting import ReportLine

UNITS_MAX: Final = 1_000
"""So many units are retried at once; the rest by the next retry."""
PAUSE_S: Final = 0.05
"""Rest between two units, so that the live reader goes on."""

Written = TypeVar("Written")
UnitLine = dict[str, Any]
"""Result of a unit's retry. `left` is how many of its events are still parked."""


class Fitting(NamedTuple, Generic[Written]):
    """As many of a unit's events as the tables take, from the first one on."""

    fits: int
    """How many fit."""
    written: Written
    """Result of writing these."""
    refusal: str | None
    """Why the next event was refused; None if none was."""


class RetriedUnit(NamedTuple):
    """Result of the retry of a unit whose first `fits` events fit."""

    unit: str
    places: Sequence[EventPlace]
    """Of all its events, in log order."""
    fits: int
    reason: str | None
    """Why the next event is left; None if none is."""

    @property
    def counts(self) -> tuple[dict[str, int], dict[str, int]]:
        """How many events were parked before and after, as acts record it."""
        return {"parked": len(self.places)}, {"parked": len(self.places) - self.fits}

    async def settle(self, connection: PoolConnectionProxy, table: DeadLetterTable) -> None:
        """Delete the dead letters of the events that fit, and note why the next one is left."""
        await table.delete(connection, self.places[: self.fits])
        if self.reason is not None:
            await table.note_reason(connection, self.places[self.fits], self.reason)

    def describe(self) -> UnitLine:
        """Return `id` and `key`, how many events were `parked` and are `left`, and the `reason`
        of the first that is left."""
        first = self.places[0]
        return {
            "id": spell_place(first),
            "key": None if self.unit == name_unit(first) else self.unit,
            "parked": len(self.places),
            "left": len(self.places) - self.fits,
            "reason": self.reason,
        }


async def retry_units(
    reading: JournalScan,
    target: int,
    units: Sequence[str],
    retry: Callable[[str], Awaitable[UnitLine]],
    *,
    dry_run: bool,
) -> AsyncGenerator[ReportLine, None]:
    """Read the journal up to `target`, then retry the first UNITS_MAX units. Closes `reading`.

    Yields lines of progress, `{"phase", "done", "of"}`, then the result. It has `ok` (whether
    nothing of these units is parked any more), `dry_run`, `position`, what `retry` returned of
    each unit in `keys`, and in `keys_left` how many units there are beside these. Raises
    JournalBroken, TablesUnavailable and what `retry` raises.
    """
    chosen = units[:UNITS_MAX]
    retried: list[UnitLine] = []
    try:
        async with aclosing(reading.read_to(target)) as lines:
            async for line in lines:
                yield line
        for done, unit in enumerate(chosen):
            yield {"phase": "keys", "done": done, "of": len(chosen)}
            retried.append(await retry(unit))
            await asyncio.sleep(PAUSE_S)
    finally:
        await reading.close()
    yield {
        "ok": not any(one["left"] for one in retried),
        "dry_run": dry_run,
        "position": reading.reached,
        "keys": retried,
        "keys_left": len(units) - len(chosen),
    }


async def write_what_fits(
    connection: PoolConnectionProxy,
    count_max: int,
    write: Callable[[int], Awaitable[Written]],
    nothing: Written,
    *further_refusals: type[Exception],
) -> Fitting[Written]:
    """Write as many of a unit's events as the tables take, from the first one on.

    `write` writes that many of the `count_max` events. It may be called several times; what it
    wrote before is then gone. RowsRefused and the `further_refusals` say that one of the events
    does not fit; all other errors are passed on. `nothing` is what writing no event returns.
    """
    refusals: tuple[type[Exception], ...] = (RowsRefused, *further_refusals)
    found = Fitting(0, nothing, None)
    fails, kept, count = count_max + 1, False, count_max
    while count > found.fits:
        # No more than these may fit. That is so at once if all fit.
        most = count + 1 == fails
        try:
            written = await _try_to_write(connection, count, write, refusals, keep=most)
        except refusals as refused:
            fails, found = count, found._replace(refusal=shorten(str(refused)))
        else:
            kept, found = most, found._replace(fits=count, written=written)
        count = (found.fits + fails) // 2
    if found.fits and not kept:
        await _try_to_write(connection, found.fits, write, refusals, keep=True)
    return found


async def _try_to_write(
    connection: PoolConnectionProxy,
    count: int,
    write: Callable[[int], Awaitable[Written]],
    refusals: tuple[type[Exception], ...],
    *,
    keep: bool,
) -> Written:
    """Write `count` events or, unless they are to be kept, try that. Raises what refuses them; then
    none is written."""
    attempt = connection.transaction()
    await attempt.start()
    try:
        with translate_postgres_errors():
            written = await write(count)
    except refusals:
        await attempt.rollback()
        raise
    if keep:
        await attempt.commit()
    else:
        await attempt.rollback()
    return written
