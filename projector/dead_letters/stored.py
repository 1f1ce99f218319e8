"""Lists the dead letters of the read models, and drops one.

A dead letter stops its key, and all later events of the key are parked behind it. Letters without
a key stop nothing and stand alone.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from msgspec import Struct

from contracts.errors import CommandRefused, NotFound
from contracts.journal.renewal import PERSON_ERASED
from projector.read_models.batch import OUTCOME, EventPlace
from runtime.postgres.operator_acts import SignedAct, record_act
from runtime.postgres.tables import acquire_connection, transaction

SHOWN_MAX: Final = 100
"""So many parked events of one key are shown."""

_UNIT: Final = "coalesce(key, seq || '-' || event_index)"
# The first letter of each key, with the number of all.
_FIRST: Final = f"""
    SELECT seq, event_index, type, key, reason, parked_at, parked FROM (
        SELECT *, count(*) OVER (PARTITION BY {_UNIT}) AS parked,
            row_number() OVER (PARTITION BY {_UNIT} ORDER BY seq, event_index) AS nth
        FROM dead_letters) numbered
    WHERE nth = 1
"""
SELECT_FIRST: Final = f"""
    {_FIRST} AND (seq, event_index) > ($1, $2) ORDER BY seq, event_index LIMIT $3
"""
SELECT_ONE: Final = """
    SELECT seq, event_index, type, key, reason, parked_at, (
        SELECT count(*) FROM dead_letters other
        WHERE other.key = letter.key OR letter.key IS NULL AND other IS NOT DISTINCT FROM letter
    ) AS parked
    FROM dead_letters letter WHERE seq = $1 AND event_index = $2
"""
SELECT_OF_KEY: Final = """
    SELECT seq, event_index, type, reason, parked_at FROM dead_letters
    WHERE key = $1 ORDER BY seq, event_index LIMIT $2
"""
SELECT_PLACES: Final = f"""
    SELECT seq, event_index, {_UNIT} AS unit FROM dead_letters ORDER BY seq, event_index
"""
SELECT_UNIT: Final = f"""
    SELECT {_UNIT} FROM dead_letters WHERE seq = $1 AND event_index = $2
"""
DELETE_PLACES: Final = """
    DELETE FROM dead_letters letter USING unnest($1::bigint[], $2::integer[]) AS gone (seq, nth)
    WHERE letter.seq = gone.seq AND letter.event_index = gone.nth
"""
UPDATE_REASON: Final = """
    UPDATE dead_letters SET reason = $3 WHERE seq = $1 AND event_index = $2 AND reason <> $3
"""
DROP: Final = """
    WITH dropped AS (
        DELETE FROM dead_letters WHERE seq = $1 AND event_index = $2
        RETURNING seq, event_index, type, key)
    INSERT INTO access.dropped_events (seq, event_index, type, key, at, signed_by)
    SELECT *, $3, $4 FROM dropped
"""


class ParkedLine(Struct, frozen=True, kw_only=True):
    """An event that is parked. `event` is its type, `reason` says why without what was typed."""

    id: str
    position: int
    event: str
    reason: str
    since: datetime


class StoppedKey(ParkedLine, frozen=True, kw_only=True):
    """The event that stopped a key, as it is listed."""

    key: str | None
    """None if it stops nothing."""
    parked: int
    """How many events of the key are parked, this one included."""


class StoppedKeyInFull(StoppedKey, frozen=True, kw_only=True):
    """A parked event, and those that are parked with it: at most 100, in log order."""

    events: list[ParkedLine]


def spell_place(place: EventPlace) -> str:
    """Return the id of a dead letter: `120-0`, or `120-outcome`."""
    index = "outcome" if place.event_index == OUTCOME else place.event_index
    return f"{place.seq}-{index}"


class DeadLetters:
    """The dead letters of the live read models. Methods raise TablesUnavailable."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def select(self, after: EventPlace, limit: int) -> Sequence[StoppedKey]:
        """Return the events that stopped keys, in log order, behind `after`."""
        async with acquire_connection(self._pool) as connection:
            rows = await connection.fetch(SELECT_FIRST, *after, limit)
        return [StoppedKey(**_describe(row), **_describe_key(row)) for row in rows]

    async def find(self, place: EventPlace) -> StoppedKeyInFull:
        """Return one dead letter. Raises NotFound."""
        async with acquire_connection(self._pool) as connection:
            row = await connection.fetchrow(SELECT_ONE, *place)
            if row is None:
                raise NotFound
            events = await connection.fetch(SELECT_OF_KEY, row["key"], SHOWN_MAX)
        return StoppedKeyInFull(
            **_describe(row),
            **_describe_key(row),
            events=[ParkedLine(**_describe(one)) for one in events or [row]],
        )

    async def find_unit(self, place: EventPlace) -> str:
        """Return the key of the dead letter, or its own name if it has none. Raises NotFound."""
        async with acquire_connection(self._pool) as connection:
            unit: str | None = await connection.fetchval(SELECT_UNIT, *place)
        if unit is None:
            raise NotFound
        return unit

    async def drop(self, place: EventPlace, signed: SignedAct, *, dry_run: bool) -> None:
        """Give up the event for good: no projection takes it any more, also none that begins
        anew. Those behind it stay parked until they are retried. Raises NotFound, and
        CommandRefused if an earlier event of its key is parked, or if it erases a person: what
        the person wrote would then be shown for good."""
        async with transaction(self._pool, dry_run=dry_run) as connection:
            row = await connection.fetchrow(SELECT_ONE, *place)
            if row is None:
                raise NotFound
            if row["type"].startswith(PERSON_ERASED.decode()):
                raise CommandRefused("erasure_not_droppable")
            if row["key"] is not None:
                (first,) = await connection.fetch(SELECT_OF_KEY, row["key"], 1)
                if (first["seq"], first["event_index"]) != place:
                    raise CommandRefused("earlier_event_parked", {"first": _id_of(first)})
            await connection.execute(DROP, *place, signed.at, signed.by)
            parked = {"parked": row["parked"]}, {"parked": row["parked"] - 1}
            await record_act(connection, signed, "dead_letter_dropped", spell_place(place), *parked)


async def fetch_units(connection: PoolConnectionProxy) -> Mapping[EventPlace, str]:
    """Return by place, in log order, the key of each dead letter, or its own name."""
    rows = await connection.fetch(SELECT_PLACES)
    return {EventPlace(row["seq"], row["event_index"]): row["unit"] for row in rows}


async def delete_letters(connection: PoolConnectionProxy, places: Sequence[EventPlace]) -> None:
    """Delete the dead letters of events that are in the tables now."""
    seqs, indexes = [one.seq for one in places], [one.event_index for one in places]
    await connection.execute(DELETE_PLACES, seqs, indexes)


def _id_of(row: asyncpg.Record) -> str:
    return spell_place(EventPlace(row["seq"], row["event_index"]))


def _describe(row: asyncpg.Record) -> dict[str, Any]:
    return {
        "id": _id_of(row),
        "position": row["seq"],
        "event": row["type"],
        "reason": row["reason"],
        "since": row["parked_at"],
    }


def _describe_key(row: asyncpg.Record) -> dict[str, Any]:
    return {"key": row["key"], "parked": row["parked"]}
