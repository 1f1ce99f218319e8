"""Folds parked events with the code of today, and plans the notices that follow.

The journal is read once, up to where the outbox is. Then, one key after another, one transaction
holds the reader's position, folds the parked events of the key
(`notifier.dead_letters.late_folding`) and takes them from the dead letters. The live reader waits
for it, for milliseconds. The first event that still cannot be folded stays, with all behind it. A
retry that is killed on the way has done the keys before, and no other by half.

Nobody is told twice: a notice has the key that it always would have had, and what people had been
told of before only changes the state. Nobody is told of what is long past: a notice whose time is
over is written as skipped. Texts of people who were erased meanwhile are written nowhere.
"""

from collections.abc import AsyncGenerator, Collection, Iterable, Mapping
from contextlib import aclosing
from functools import partial
from typing import Final, NamedTuple

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from contracts.events.person import PersonErased
from contracts.journal.places import EventPlace
from contracts.journal.records import Commit
from contracts.notices import Kind
from contracts.values.ids import PersonId
from notifier.dead_letters.late_folding import CannotFold, LateFolding, person_of
from notifier.dead_letters.stored import LETTERS
from notifier.planning.fold import ParkedEvent, decode_commit, list_in_order
from notifier.policies.effects import Occasion
from notifier.store.operators.acts import ActSubject, Signature, record_act
from notifier.store.outbox import POSITION, OutboxTransaction
from runtime.dead_letters.retrying import (
    UNITS_MAX,
    RetriedUnit,
    UnitLine,
    retry_units,
    write_what_fits,
)
from runtime.dead_letters.table import DeadLetters
from runtime.journal.port import Journal
from runtime.postgres.tables import TablesUnavailable, acquire_connection, transaction
from runtime.progress.journal_scan import JournalScan
from runtime.progress.reporting import ReportLine

SELECT_TOLD: Final = "SELECT seq, event_index FROM notifier.dead_letters WHERE told"
SELECT_DROPPED: Final = """
    SELECT seq, event_index FROM notifier.dead_letters WHERE dropped_at IS NOT NULL
"""
SELECT_POSITION: Final = "SELECT seq FROM notifier.reader_position WHERE reader = 'notifier'"


class _Parked(NamedTuple):
    """Dead letters as they are at one position of the reader."""

    units: Mapping[EventPlace, str]
    """By place, in log order."""
    told: Collection[EventPlace]
    """Those of which people had been told before."""


class _Planned(NamedTuple):
    """Counts the notices and fan-outs that parked events ask for."""

    notices: int = 0
    """Those that go from now on."""
    too_late: int = 0
    """Those whose time is over, and that never go."""


class LateRetrying:
    """One retry, of one key or of all."""

    def __init__(
        self,
        journal: Journal,
        pool: asyncpg.Pool,
        signature: Signature,
        approval: Collection[Kind] = (),
    ) -> None:
        """`signature` says who retries, and what time it is. Notices of the kinds in `approval`
        wait for an operator."""
        self._journal = journal
        self._pool = pool
        self._signature = signature
        self._approval = approval

    async def run(
        self, place: EventPlace | None, *, dry_run: bool
    ) -> AsyncGenerator[ReportLine, None]:
        """Yield lines of progress, `{"phase", "done", "of"}`, then the result.

        `place` is one of a key's dead letters; None stands for all keys. The result has `ok`
        (whether nothing of these keys is parked any more), `dry_run`, `position`, and for each
        key in `keys`: `id` and `key`; how many events were `parked`, `folded` and are `left`; how
        many `notices` go from now on and how many are `too_late`; and the `reason` of the first
        event that is left. With `dry_run` it says what would be of each key if it were retried
        alone, and changes nothing. Raises NotFound, JournalBroken and TablesUnavailable.
        """
        chosen = None if place is None else await DeadLetters(self._pool, LETTERS).find_unit(place)
        async with acquire_connection(self._pool) as connection:
            # Before the letters: what is parked meanwhile is then read after the target.
            target: int = await connection.fetchval(SELECT_POSITION) or 0
            parked = await _load_parked(connection)
            dropped = [EventPlace(*row) for row in await connection.fetch(SELECT_DROPPED)]
        units = list(dict.fromkeys(parked.units.values())) if chosen is None else [chosen]
        scan = _LateScan(self._journal, units[:UNITS_MAX], parked, frozenset(dropped))
        retry = partial(self._retry, scan, dry_run=dry_run)
        retrying = retry_units(scan.reading, target, units, retry, dry_run=dry_run)
        async with aclosing(retrying) as lines:
            async for line in lines:
                yield line

    async def _retry(self, scan: "_LateScan", unit: str, *, dry_run: bool) -> UnitLine:
        async with transaction(self._pool, dry_run=dry_run) as connection:
            # The reader waits here, before it looks which keys have stopped.
            position = await POSITION.lock(connection)
            parked = await _load_parked(connection)
            await scan.catch_up(position.state.seq, parked)
            folding = scan.foldings[unit]
            _demand_parked(folding, parked)
            fold = partial(self._fold, connection, folding)
            fitting = await write_what_fits(
                connection, folding.foldable, fold, _Planned(), CannotFold
            )
            count, reason = fitting.fits, fitting.refusal or folding.reason
            retried = RetriedUnit(unit, folding.places, count, reason)
            await retried.settle(connection, LETTERS)
            first = ActSubject(*folding.places[0])
            await record_act(
                connection, "dead_letters_retried", self._signature, first, *retried.counts
            )
        if not dry_run:
            scan.folded.update(folding.places[:count])
        return retried.describe() | {"folded": count, **fitting.written._asdict()}

    async def _fold(
        self, connection: PoolConnectionProxy, folding: LateFolding, count: int
    ) -> _Planned:
        outbox = OutboxTransaction(connection, 0, self._approval)
        state = await outbox.load_state(folding.needed)
        plan = await outbox.load_plan(folding.needed)
        folding.fold(count, state, plan)
        too_late = plan.end_late(self._signature.at)
        await outbox.save_state(state)
        await outbox.save_plan(plan)
        states = [*(one.state for one in plan.notices), *(one.state for one in plan.fanouts)]
        return _Planned(states.count("waiting"), too_late)


class _LateScan:
    """Reads the journal once, for all keys that are retried."""

    def __init__(
        self,
        journal: Journal,
        units: Iterable[str],
        parked: _Parked,
        dropped: Collection[EventPlace],
    ) -> None:
        self.folded: Final[set[EventPlace]] = set()
        """Places of the parked events that were folded since this scan began."""
        self.foldings: Final = {unit: LateFolding(self.folded) for unit in units}
        self._parked = parked
        self._dropped = dropped
        self._people: set[PersonId] = set()
        self._erased: set[PersonId] = set()
        firsts = (place.seq for place, unit in parked.units.items() if unit in self.foldings)
        self.reading: Final = JournalScan(journal, self._take_commit, min(firsts, default=0))

    async def catch_up(self, target: int, parked: _Parked) -> None:
        """Read on to `target`, where the outbox is now. `parked` are the dead letters there."""
        self._parked = parked
        await self.reading.catch_up(target)

    def _take_commit(self, commit: Commit) -> None:
        for one in list_in_order(decode_commit(commit)):
            place = one.place_in_journal
            unit = self._parked.units.get(place)
            if unit is not None and (folding := self.foldings.get(unit)) is not None:
                event = one.reason if isinstance(one, ParkedEvent) else one
                folding.take_parked(place, event, told=place in self._parked.told)
                self._people |= folding.people
                self._erased |= folding.erased
            if isinstance(one, Occasion) and place not in self._dropped:
                self._take_other(one, unit)

    def _take_other(self, occasion: Occasion, unit: str | None) -> None:
        """Show the event to all keys but its own, unless it has nothing to do with any: most have
        not."""
        event = occasion.event
        if not (
            isinstance(event, PersonErased)
            or person_of(event) in self._people
            or occasion.actor in self._erased
        ):
            return
        for other, folding in self.foldings.items():
            if other != unit:
                folding.take_other(occasion, None if unit is None else occasion.place_in_journal)


async def _load_parked(connection: PoolConnectionProxy) -> _Parked:
    units = await LETTERS.fetch_units(connection)
    told = await connection.fetch(SELECT_TOLD)
    return _Parked(units, frozenset(EventPlace(*row) for row in told))


def _demand_parked(folding: LateFolding, parked: _Parked) -> None:
    """Raises TablesUnavailable if somebody else has retried or dropped some of these meanwhile."""
    if not folding.places or not parked.units.keys() >= set(folding.places):
        raise TablesUnavailable("somebody else retries or drops these events", "overloaded")
