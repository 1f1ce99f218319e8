"""Folds parked events with the code of today, and plans the notices that follow.

The journal is read once, up to where the outbox is. Then, one key after another, one transaction
holds the reader's position, folds the parked events of the key
(`notifier.dead_letters.late_folding`) and takes them from the dead letters. The live reader waits
for it, for milliseconds. The first event that still cannot be folded stays, with all behind it.
Whoever is killed on the way has done the keys before, and no other by half.

Nobody is told twice: a notice has the key that it always would have had, and what people had been
told of before only changes the state. Nobody is told of what is long past: a notice whose time is
over is written as skipped. Texts of people who were erased meanwhile are written nowhere.
"""

import asyncio
from collections.abc import AsyncGenerator, Collection, Iterable, Mapping
from contextlib import aclosing
from typing import Any, Final, NamedTuple

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from contracts.events.person import PersonErased
from contracts.journal.places import EventPlace, spell_place
from contracts.journal.records import Commit
from contracts.notices import Kind
from contracts.values.ids import PersonId
from contracts.values.text import make_storable
from notifier.dead_letters.late_folding import CannotFold, LateFolding, person_of
from notifier.dead_letters.stored import LETTERS
from notifier.planning.fold import (
    REASON_CHARS_MAX,
    ParkedEvent,
    decode_commit,
    list_in_order,
)
from notifier.policies.effects import Occasion
from notifier.store.operators.acts import ActSubject, Signature, record_act
from notifier.store.outbox import POSITION, OutboxTransaction
from runtime.dead_letters.table import DeadLetters, name_unit
from runtime.journal.port import Journal
from runtime.postgres.tables import (
    RowsRefused,
    TablesUnavailable,
    acquire_connection,
    transaction,
    translate_postgres_errors,
)
from runtime.progress.journal_scan import JournalScan
from runtime.progress.reporting import ReportLine

KEYS_MAX: Final = 1_000
"""So many keys are retried at once; the rest by the next retry."""
PAUSE_S: Final = 0.05
"""Rest between two keys, so that the live reader goes on."""

SELECT_TOLD: Final = "SELECT seq, event_index FROM notifier.dead_letters WHERE told"
SELECT_DROPPED: Final = """
    SELECT seq, event_index FROM notifier.dead_letters WHERE dropped_at IS NOT NULL
"""
SELECT_POSITION: Final = "SELECT seq FROM notifier.reader_position WHERE reader = 'notifier'"


class _Parked(NamedTuple):
    """The dead letters as they are at one position."""

    units: Mapping[EventPlace, str]
    """By place, in log order."""
    told: Collection[EventPlace]
    """Those of which people had been told before."""


class _Planned(NamedTuple):
    """What comes of some parked events."""

    notices: int = 0
    """Notices and fan-outs that go from now on."""
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
        chosen = None if place is None else await self._find_unit(place)
        async with acquire_connection(self._pool) as connection:
            # Before the letters: what is parked meanwhile is then read after the target.
            target: int = await connection.fetchval(SELECT_POSITION) or 0
            parked = await _load_parked(connection)
            dropped = [EventPlace(*row) for row in await connection.fetch(SELECT_DROPPED)]
        units = list(dict.fromkeys(parked.units.values())) if chosen is None else [chosen]
        scan = _LateScan(self._journal, units[:KEYS_MAX], parked, frozenset(dropped))
        try:
            async with aclosing(scan.read_to(target)) as lines:
                async for line in lines:
                    yield line
            keys: list[dict[str, Any]] = []
            for done, unit in enumerate(scan.foldings):
                yield {"phase": "keys", "done": done, "of": len(scan.foldings)}
                keys.append(await self._retry(scan, unit, dry_run=dry_run))
                await asyncio.sleep(PAUSE_S)
        finally:
            await scan.close()
        yield {
            "ok": not any(one["left"] for one in keys),
            "dry_run": dry_run,
            "position": scan.reached,
            "keys": keys,
            "keys_left": len(units) - len(scan.foldings),
        }

    async def _find_unit(self, place: EventPlace) -> str:
        return await DeadLetters(self._pool, LETTERS).find_unit(place)

    async def _retry(self, scan: "_LateScan", unit: str, *, dry_run: bool) -> dict[str, Any]:
        async with transaction(self._pool, dry_run=dry_run) as connection:
            # The reader waits here, before it looks which keys have stopped.
            position = await POSITION.lock(connection)
            parked = await _load_parked(connection)
            await scan.catch_up(position.state.seq, parked)
            folding = scan.foldings[unit]
            _demand_parked(folding, parked)
            count, reason, planned = await self._fold_what_fits(connection, folding)
            await LETTERS.delete(connection, folding.places[:count])
            left = folding.places[count:]
            if left and reason is not None:
                await LETTERS.note_reason(connection, left[0], reason)
            first = folding.places[0]
            counts = {"parked": len(folding.places)}, {"parked": len(left)}
            await record_act(
                connection, "dead_letters_retried", self._signature, ActSubject(*first), *counts
            )
        if not dry_run:
            scan.folded.update(folding.places[:count])
        return {
            "id": spell_place(first),
            "key": None if unit == name_unit(first) else unit,
            "parked": len(folding.places),
            "folded": count,
            "left": len(left),
            **planned._asdict(),
            "reason": reason,
        }

    async def _fold_what_fits(
        self, connection: PoolConnectionProxy, folding: LateFolding
    ) -> tuple[int, str | None, _Planned]:
        """Fold as many of the parked events as can be folded and stored, from the first one on.
        Returns how many, why the next one is left (None if none is), and what comes of them."""
        fits, fails = 0, folding.foldable + 1
        reason, count = folding.reason, folding.foldable
        planned, kept = _Planned(), False
        while count > fits:
            # No more than these may fit. That is so at once if all can be folded.
            most = count + 1 == fails
            tried = await self._try_to_fold(connection, folding, count, keep=most)
            if isinstance(tried, _Planned):
                fits, planned, kept = count, tried, most
            else:
                fails, reason = count, tried
            count = (fits + fails) // 2
        if fits and not kept:
            await self._try_to_fold(connection, folding, fits, keep=True)
        return fits, reason, planned

    async def _try_to_fold(
        self,
        connection: PoolConnectionProxy,
        folding: LateFolding,
        count: int,
        *,
        keep: bool,
    ) -> _Planned | str:
        """Fold the first `count` events and store what follows or, unless it is to be kept, try
        that. Returns what comes of them, or why they cannot be folded or stored."""
        attempt = connection.transaction()
        await attempt.start()
        try:
            with translate_postgres_errors():
                planned = await self._fold(connection, folding, count)
        except (RowsRefused, CannotFold) as refused:
            await attempt.rollback()
            return make_storable(str(refused))[:REASON_CHARS_MAX]
        if keep:
            await attempt.commit()
        else:
            await attempt.rollback()
        return planned

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
        self._reading = JournalScan(journal, self._take_commit)
        firsts = (place.seq for place, unit in parked.units.items() if unit in self.foldings)
        self._first = min(firsts, default=0)
        self.read_to: Final = self._reading.read_to
        self.close: Final = self._reading.close

    @property
    def reached(self) -> int:
        """Position of the last record that was read."""
        return self._reading.reached

    async def catch_up(self, target: int, parked: _Parked) -> None:
        """Read on to `target`, where the outbox is now. `parked` are the dead letters there."""
        self._parked = parked
        await self._reading.catch_up(target)

    def _take_commit(self, commit: Commit) -> None:
        if commit.seq < self._first:
            return
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
