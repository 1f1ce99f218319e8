"""Projects parked events with the projections of today.

The journal is read once, up to where the tables are. Then, one key after another, the live reader
pauses for a moment, and in one transaction the parked events of the key get into the tables
(`projector.dead_letters.refolding`) and are parked no more. The first event that still cannot be
projected stays, with all behind it. A retry that is killed on the way has done the keys before, and
no other by half.

The journal's texts are written and, if their writer is erased, emptied in that transaction. So the
disk of everybody who is erased there is cleaned again (`clean_again`), also after a dry run.
"""

from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Mapping
from contextlib import aclosing
from functools import partial
from typing import Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from contracts.journal.places import OUTCOME, EventPlace, spell_place
from contracts.journal.records import Commit
from projector.dead_letters.refolding import Erasures, Refolding, Row, Step, rows_of
from projector.dead_letters.stored import LETTERS
from projector.read_models.batch import BatchPart, Projected
from projector.read_models.intake import Intake
from projector.read_models.postgres.at_rest import clean_again
from projector.read_models.postgres.erasing import ERASE_CHOSEN_ROWS, ERASE_LETTERS, ERASE_ROWS
from projector.read_models.postgres.sink import POSITION, PostgresSink, write_part
from runtime.dead_letters.retrying import (
    UNITS_MAX,
    RetriedUnit,
    UnitLine,
    retry_units,
    write_what_fits,
)
from runtime.dead_letters.table import DeadLetters
from runtime.following.pauses import Pauses
from runtime.journal.port import Journal
from runtime.postgres.operator_acts import SignedAct, record_act
from runtime.postgres.tables import acquire_connection, transaction
from runtime.progress.journal_scan import JournalScan
from runtime.progress.reporting import ReportLine


class Retrying:
    """One retry, of one key or of all."""

    def __init__(
        self,
        journal: Journal,
        pool: asyncpg.Pool,
        pauses: Pauses,
        signed: SignedAct,
        on_erased: Callable[[int], None],
    ) -> None:
        """The reader of the tables runs in `pauses`. `signed` says who retries. `on_erased` is
        called with the position of a parked erasure once the tables have it, and with 0 if a key
        had none."""
        self._signed = signed
        self._on_erased = on_erased
        self._journal = journal
        self._pool = pool
        self._pauses = pauses

    async def run(
        self, place: EventPlace | None, *, dry_run: bool
    ) -> AsyncGenerator[ReportLine, None]:
        """Yield lines of progress, `{"phase", "done", "of"}`, then the result.

        `place` is one of a key's dead letters; None stands for all keys. The result has `ok`
        (whether nothing of these keys is parked any more), `dry_run`, `position`, and for each
        key in `keys`: `id` and `key`, how many events were `parked`, `projected` and are `left`,
        and the `reason` of the first that is left. With `dry_run` it says what would be of each
        key if it were retried alone, and changes nothing. Raises NotFound, JournalBroken and
        TablesUnavailable.
        """
        chosen = None if place is None else await DeadLetters(self._pool, LETTERS).find_unit(place)
        # Before the letters: what the live reader parks meanwhile is then read after the target.
        target = (await PostgresSink(self._pool).position()).state.seq
        async with acquire_connection(self._pool) as connection:
            parked = await LETTERS.fetch_units(connection)
        units = list(dict.fromkeys(parked.values())) if chosen is None else [chosen]
        dropped = await PostgresSink(self._pool).dropped()
        scan = _Scan(self._journal, units[:UNITS_MAX], parked, dropped)
        retry = partial(self._retry_in_pause, scan, dry_run=dry_run)
        retrying = retry_units(scan.reading, target, units, retry, dry_run=dry_run)
        async with aclosing(retrying) as lines:
            async for line in lines:
                yield line

    async def _retry_in_pause(self, scan: "_Scan", unit: str, *, dry_run: bool) -> UnitLine:
        result: UnitLine = {}

        async def retry() -> None:
            result.update(await self._retry(scan, unit, dry_run=dry_run))

        # After the pause the live reader reads anew which keys have stopped.
        await self._pauses.pause_for(retry)
        return result

    async def _retry(self, scan: "_Scan", unit: str, *, dry_run: bool) -> UnitLine:
        async with transaction(self._pool, dry_run=dry_run) as connection:
            position = await POSITION.lock(connection)
            await scan.catch_up(position.state.seq, await LETTERS.fetch_units(connection))
            refolding = scan.refoldings[unit]
            if erased := refolding.erased:
                await clean_again(self._pool, erased)
            write = partial(_write, connection, refolding)
            fitting = await write_what_fits(connection, refolding.projectable, write, None)
            count, reason = fitting.fits, fitting.refusal or refolding.reason
            retried = RetriedUnit(unit, refolding.places, count, reason)
            await retried.settle(connection, LETTERS)
            first = spell_place(refolding.places[0])
            await record_act(
                connection, self._signed, "dead_letters_retried", first, *retried.counts
            )
        if not dry_run:
            scan.projected.update(refolding.places[:count])
            self._on_erased(refolding.last_erasure(count))
        return retried.describe() | {"projected": count}


class _Scan:
    """Reads the journal once, for all keys that are retried."""

    def __init__(
        self,
        journal: Journal,
        units: Iterable[str],
        parked: Mapping[EventPlace, str],
        dropped: Collection[EventPlace],
    ) -> None:
        self.projected: Final[set[EventPlace]] = set()
        """Places of the parked events that got into the tables since this scan began."""
        self.refoldings: Final = {unit: Refolding(self.projected) for unit in units}
        self._parked = parked
        self._intake = Intake(dropped=dropped)
        self._rows: set[Row] = set()
        self._erased: set[str] = set()
        firsts = (place.seq for place, unit in parked.items() if unit in self.refoldings)
        self.reading: Final = JournalScan(journal, self._take_commit, min(firsts, default=0))

    async def catch_up(self, target: int, parked: Mapping[EventPlace, str]) -> None:
        """Read on to `target`, where the tables are now. `parked` are the dead letters there."""
        self._parked = parked
        await self.reading.catch_up(target)

    def _take_commit(self, commit: Commit) -> None:
        for index, event in enumerate(self._intake.take([commit]), OUTCOME):
            place = EventPlace(commit.seq, index)
            unit = self._parked.get(place)
            if unit is None:
                self._take_other(event)
            elif (refolding := self.refoldings.get(unit)) is not None:
                self._take_other(event, place, unit)
                refolding.take_parked(place, event)
                self._rows.update(rows_of(event))
                if event.erased is not None:
                    self._erased.add(event.erased)

    def _take_other(
        self, event: Projected, parked_at: EventPlace | None = None, unit: str | None = None
    ) -> None:
        """Show the event to all keys but its own, unless it has nothing to do with any: most have
        not."""
        if event.letter is not None:
            return
        again = event.is_of(self._erased)
        if event.erased is None and not again and self._rows.isdisjoint(rows_of(event)):
            return
        for other, refolding in self.refoldings.items():
            if other != unit:
                refolding.take_other(event, parked_at)
        if again:
            self._rows.update(rows_of(event))


async def _write(connection: PoolConnectionProxy, refolding: Refolding, count: int) -> None:
    for step in refolding.fold(count):
        await _write_step(connection, step)


async def _write_step(connection: PoolConnectionProxy, step: Step) -> None:
    match step:
        case Erasures(people, None):
            for sql in ERASE_ROWS:
                await connection.execute(sql, list(people))
            await connection.execute(ERASE_LETTERS, list(people), list(people.values()))
        case Erasures(people, dict() as rows):
            for table, sql in ERASE_CHOSEN_ROWS:
                if table in rows:
                    await connection.execute(sql, list(people), rows[table])
        case BatchPart():
            await write_part(connection, step)
