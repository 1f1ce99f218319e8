"""Lists the dead letters of a reader of the journal.

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
from contracts.journal.places import EventPlace, spell_place
from contracts.journal.renewal import PERSON_ERASED
from runtime.postgres.tables import acquire_connection

FIRST: Final = EventPlace(0, -1)
"""A place before all dead letters."""

_UNIT: Final = "coalesce(key, seq || '-' || event_index)"
_COLUMNS: Final = "seq, event_index, type, key, reason, parked_at, request_id"


class ParkedLine(Struct, frozen=True, kw_only=True):
    """An event that is parked. `event` is its type, `reason` says why without what was typed."""

    id: str
    position: int
    event: str
    reason: str
    since: datetime
    request_id: str | None
    """By it logs tell what caused the event; None if the journal does not say."""


class StoppedKey(ParkedLine, frozen=True, kw_only=True):
    """The event that stopped a key, as it is listed."""

    key: str | None
    """None if it stops nothing."""
    parked: int
    """How many events of the key are parked, this one included."""


class StoppedKeyInFull(StoppedKey, frozen=True, kw_only=True):
    """A parked event, and a page of those that are parked with it, in log order."""

    events: list[ParkedLine]


class DeadLetterTable:
    """Statements on one table of dead letters. `standing` is SQL for which of its rows count."""

    def __init__(self, table: str, standing: str = "true") -> None:
        # The first letter of each key, with the number of all.
        self._select_first = f"""
            SELECT {_COLUMNS}, parked FROM (
                SELECT *, count(*) OVER (PARTITION BY {_UNIT}) AS parked,
                    row_number() OVER (PARTITION BY {_UNIT} ORDER BY seq, event_index) AS nth
                FROM {table} WHERE {standing}) numbered
            WHERE nth = 1 AND (seq, event_index) > ($1, $2) ORDER BY seq, event_index LIMIT $3
        """
        self._select_one = f"""
            SELECT {_COLUMNS}, (
                SELECT count(*) FROM {table} other
                WHERE {standing} AND (other.key = letter.key OR letter.key IS NULL
                    AND (other.seq, other.event_index) = (letter.seq, letter.event_index))
            ) AS parked
            FROM {table} letter WHERE seq = $1 AND event_index = $2 AND {standing}
        """
        self._select_of_key = f"""
            SELECT {_COLUMNS} FROM {table}
            WHERE key = $1 AND {standing} AND (seq, event_index) > ($2, $3)
            ORDER BY seq, event_index LIMIT $4
        """
        self._select_places = f"""
            SELECT seq, event_index, {_UNIT} AS unit FROM {table} WHERE {standing}
            ORDER BY seq, event_index
        """
        self._delete_places = f"""
            DELETE FROM {table} letter USING unnest($1::bigint[], $2::integer[]) AS gone (seq, nth)
            WHERE letter.seq = gone.seq AND letter.event_index = gone.nth
        """
        self._update_reason = f"""
            UPDATE {table} SET reason = $3
            WHERE seq = $1 AND event_index = $2 AND reason <> $3
        """

    async def select(
        self, connection: PoolConnectionProxy, after: EventPlace, limit: int
    ) -> Sequence[StoppedKey]:
        """Return the events that stopped keys, in log order, behind `after`."""
        rows = await connection.fetch(self._select_first, *after, limit)
        return [_describe_key(row) for row in rows]

    async def find(self, connection: PoolConnectionProxy, place: EventPlace) -> StoppedKey:
        """Return one dead letter. Raises NotFound."""
        row = await connection.fetchrow(self._select_one, *place)
        if row is None:
            raise NotFound
        return _describe_key(row)

    async def select_of_key(
        self, connection: PoolConnectionProxy, key: str, after: EventPlace, limit: int
    ) -> Sequence[ParkedLine]:
        """Return the parked events of a key, in log order, behind `after`."""
        rows = await connection.fetch(self._select_of_key, key, *after, limit)
        return [ParkedLine(**_describe(row)) for row in rows]

    async def find_droppable(
        self, connection: PoolConnectionProxy, place: EventPlace
    ) -> StoppedKey:
        """Return the dead letter, which may be dropped. Raises NotFound, and CommandRefused if an
        earlier event of its key is parked, or if it erases a person: what the person wrote would
        then be shown for good."""
        letter = await self.find(connection, place)
        if letter.event.startswith(PERSON_ERASED.decode()):
            raise CommandRefused("erasure_not_droppable")
        if letter.key is not None:
            (first,) = await self.select_of_key(connection, letter.key, FIRST, 1)
            if first.id != letter.id:
                raise CommandRefused("earlier_event_parked", {"first": first.id})
        return letter

    async def fetch_units(self, connection: PoolConnectionProxy) -> Mapping[EventPlace, str]:
        """Return by place, in log order, the unit of each dead letter: its key, or its own name
        if it has none."""
        rows = await connection.fetch(self._select_places)
        return {EventPlace(row["seq"], row["event_index"]): row["unit"] for row in rows}

    async def delete(self, connection: PoolConnectionProxy, places: Sequence[EventPlace]) -> None:
        """Delete the dead letters of events that the reader's tables have now."""
        seqs, indexes = [one.seq for one in places], [one.event_index for one in places]
        await connection.execute(self._delete_places, seqs, indexes)

    async def note_reason(
        self, connection: PoolConnectionProxy, place: EventPlace, reason: str
    ) -> None:
        """Note why the event is parked now."""
        await connection.execute(self._update_reason, *place, reason)


class DeadLetters:
    """The dead letters in one table. Methods raise TablesUnavailable."""

    def __init__(self, pool: asyncpg.Pool, table: DeadLetterTable) -> None:
        self._pool = pool
        self._table = table

    async def select(self, after: EventPlace, limit: int) -> Sequence[StoppedKey]:
        """Return the events that stopped keys, in log order, behind `after`."""
        async with acquire_connection(self._pool) as connection:
            return await self._table.select(connection, after, limit)

    async def find(self, place: EventPlace, after: EventPlace, limit: int) -> StoppedKeyInFull:
        """Return one dead letter, with those of its key behind `after`. Raises NotFound."""
        async with acquire_connection(self._pool) as connection:
            letter = await self._table.find(connection, place)
            fields = {name: getattr(letter, name) for name in letter.__struct_fields__}
            if letter.key is None:
                alone = ParkedLine(**{name: fields[name] for name in ParkedLine.__struct_fields__})
                return StoppedKeyInFull(**fields, events=[alone])
            events = await self._table.select_of_key(connection, letter.key, after, limit)
        return StoppedKeyInFull(**fields, events=list(events))

    async def find_unit(self, place: EventPlace) -> str:
        """Return the unit of the dead letter. Raises NotFound."""
        async with acquire_connection(self._pool) as connection:
            letter = await self._table.find(connection, place)
        return name_unit(place) if letter.key is None else letter.key


def name_unit(place: EventPlace) -> str:
    """Return the unit of a dead letter without a key."""
    return f"{place.seq}-{place.event_index}"


def _describe(row: asyncpg.Record) -> dict[str, Any]:
    return {
        "id": spell_place(EventPlace(row["seq"], row["event_index"])),
        "position": row["seq"],
        "event": row["type"],
        "reason": row["reason"],
        "since": row["parked_at"],
        "request_id": row["request_id"],
    }


def _describe_key(row: asyncpg.Record) -> StoppedKey:
    return StoppedKey(**_describe(row), key=row["key"], parked=row["parked"])
