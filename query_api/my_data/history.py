"""The events that concern a person, from ClickHouse, as the person may read them today.

Of an announcement the person learns what its audit trail shows them (`history.audit_rights`),
as far as it concerns them: everything of an own announcement; of another one the own booking,
own ratings, and what they did.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, Final, NamedTuple

from msgspec.structs import asdict
from starlette.requests import Request

from contracts.events.booking import BookingEvent
from contracts.events.invite_link import InviteLinkUsed
from contracts.events.person import PersonEvent
from contracts.events.rating import RatingEvent
from contracts.values.ids import PersonId
from query_api.announcements.rows import MY_BOOKING_ID
from query_api.announcements.visibility import SHOWS_PLACE, VISIBLE_TO_GUEST
from query_api.edge.moments import find_horizon
from query_api.edge.reads import AnyRow, Reads, TableSnapshot
from query_api.history.audit_rights import TrailEntry, TrailReader, select_entries
from query_api.history.events import (
    EVENT_COLUMNS,
    EventRow,
    PastEvent,
    Withheld,
    decode_events,
    fetch_withheld,
)
from query_api.my_data.rows import Row
from query_api.people.erasures import fetch_erased_seq
from runtime.auth.tokens import Caller
from runtime.clickhouse.port import SqlParameter

BATCH_BOOKINGS: Final = 2_000
BATCH_ANNOUNCEMENTS: Final = 100
"""How much one query reads: so many announcements, or those with so many bookings together."""

PERSON_FACTS: Final = frozenset({"name", "language", "tz", "reason", "erase_at"})
"""Fields of events about the person that the person reads."""

# $1 is always false here: a super-user's own data are nobody else's.
SELECT_INVOLVED: Final = f"""
    SELECT a.announcement_id, a.author_id, {MY_BOOKING_ID}, {SHOWS_PLACE} AS shows_place,
        (SELECT count(*) FROM bookings c
         WHERE c.announcement_id = a.announcement_id) AS booking_count
    FROM announcements a
    WHERE a.author_id = $2::uuid OR a.announcement_id IN (
        SELECT b.announcement_id
        FROM bookings b JOIN announcements a USING (announcement_id)
        WHERE {VISIBLE_TO_GUEST.format("$2")})
    ORDER BY a.created, a.announcement_id
"""

# LIMIT 1 BY: a block that was written twice may still be there twice.
_ORDER: Final = "ORDER BY announcement_id, seq, event_index LIMIT 1 BY seq, event_index"
SELECT_OF_ANNOUNCEMENTS: Final = f"""
    SELECT announcement_id, {EVENT_COLUMNS} FROM events
    WHERE announcement_id IN %(ids)s AND seq <= %(end)s {_ORDER}
"""
SELECT_OF_PERSON: Final = f"""
    SELECT announcement_id, {EVENT_COLUMNS} FROM events
    WHERE type LIKE 'person.%' AND person_id = %(person_id)s AND seq <= %(end)s {_ORDER}
"""


class OwnHistory(NamedTuple):
    """What PostgreSQL says about a person's history: where to look, and what may be shown."""

    caller: Caller
    announcements: Sequence[AnyRow]
    erased_seq: int | None
    """Position of the person's last erasure. The past before it is empty."""
    end: int
    """Position of the snapshot: nothing later is read."""
    last_commit: int
    """Position of the last Commit up to there: the history must have come so far."""

    def is_past(self, position: int) -> bool:
        """Return whether the person's last erasure came after this position."""
        return self.erased_seq is not None and position < self.erased_seq


async def prepare_history(snapshot: TableSnapshot, caller: Caller) -> OwnHistory:
    """Return what the history of a person needs of the tables."""
    own = Caller(caller.person_id)
    announcements = await snapshot.fetch_rows(SELECT_INVOLVED, False, own.person_id)
    erased_seq = await fetch_erased_seq(snapshot, own.person_id)
    return OwnHistory(own, announcements, erased_seq, *await find_horizon(snapshot, None))


async def read_history(request: Request, reads: Reads, own: OwnHistory) -> AsyncIterator[Row]:
    """Yield the events of the person, and those of each announcement, oldest first. The history
    must be at the end. Raises ProjectionBehind and Unavailable."""
    history = reads.history
    asked: dict[str, SqlParameter] = {"person_id": own.caller.person_id, "end": own.end}
    rows = await history.fetch_rows(SELECT_OF_PERSON, asked)
    for past in decode_events(rows, await fetch_withheld(request, reads, rows)):
        if not own.is_past(past.position):
            yield _represent_person_event(past)
    for batch in cut_batches(own.announcements):
        ids = tuple(str(one["announcement_id"]) for one in batch)
        found = await history.fetch_rows(SELECT_OF_ANNOUNCEMENTS, {"ids": ids, "end": own.end})
        withheld = await fetch_withheld(request, reads, found, ids)
        for entry in _select_entries(found, batch, own, withheld):
            if not own.is_past(entry.past.position):
                yield _represent_entry(entry)


def cut_batches(
    announcements: Iterable[AnyRow],
) -> Iterator[list[AnyRow]]:
    """Yield the announcements in groups that one query may read. Pure."""
    batch: list[AnyRow] = []
    bookings = 0
    for one in announcements:
        full = bookings + one["booking_count"] > BATCH_BOOKINGS or len(batch) == BATCH_ANNOUNCEMENTS
        if batch and full:
            yield batch
            batch, bookings = [], 0
        batch.append(one)
        bookings += one["booking_count"]
    if batch:
        yield batch


def _select_entries(
    rows: Iterable[EventRow], batch: Sequence[AnyRow], own: OwnHistory, withheld: Withheld
) -> Iterator[TrailEntry]:
    """Yield what the person learns of these events, as far as it concerns them."""
    known = {str(one["announcement_id"]): one for one in batch}
    for announcement_id, of_one in groupby(rows, key=lambda row: str(row["announcement_id"])):
        now = known[announcement_id]
        reader = TrailReader(own.caller, (), now)
        for entry in select_entries(decode_events(of_one, withheld), reader):
            if reader.sees_everything or concerns(entry.past, own.caller.person_id):
                yield entry


def concerns(past: PastEvent, person_id: PersonId) -> bool:
    """Return whether the event is about this person, or theirs."""
    match past.event:
        case BookingEvent() as booking:
            return person_id in (booking.guest_id, past.actor)
        case InviteLinkUsed() as use:
            return person_id in (use.guest_id, past.actor)
        case RatingEvent() as rating:
            return person_id in (rating.rater_id, rating.ratee_id)
        case _:
            return past.actor == person_id


def _represent_person_event(past: PastEvent) -> Row:
    event = past.event
    stated = asdict(event) if isinstance(event, PersonEvent) else {}
    facts = {name: value for name, value in stated.items() if name in PERSON_FACTS}
    return _place_of(past) | {"facts": facts}


def _represent_entry(entry: TrailEntry) -> Row:
    event = entry.past.event
    beside = {
        name: getattr(event, name, None) for name in ("announcement_id", "booking_id", "guest_id")
    }
    actor = {"actor": entry.past.actor if entry.names_actor else None}
    told = {name: value for name, value in entry.facts.items() if value is not None}
    return _place_of(entry.past) | actor | beside | {"facts": told}


def _place_of(past: PastEvent) -> dict[str, Any]:
    return {
        "position": past.position,
        "event_index": past.event_index,
        "at": past.at,
        "event": past.type,
    }
