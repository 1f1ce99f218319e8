"""Decides what a reader learns of an announcement's history. Pure.

The rules and their reasons are in docs/decisions/0007-who-may-read-history.md. A field of an
event that the reader may not read is None.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import UNSET

from contracts.events.announcement import AnnouncementCancelled, AnnouncementEvent
from contracts.events.booking import BookingEvent, BookingRevoked
from contracts.events.folding.announcement_fields import announcement_columns
from contracts.events.folding.booking_state import CONFIRMED
from contracts.events.invite_link import InviteLinkEvent, InviteLinkUsed
from contracts.events.post import PostChanged, PostDeleted, PostEvent, PostsRead, PostWritten
from contracts.events.rating import (
    RatingChanged,
    RatingEvent,
    RatingGiven,
    RatingRetracted,
    RatingRevealed,
)
from contracts.events.stored.domain_event import DomainEvent
from contracts.values.ids import SYSTEM, PersonId, PostId, ReviewId
from query_api.announcements.visibility import could_see, could_see_place, sees_everything
from query_api.edge.reads import AnyRow
from query_api.history.as_of import Fields
from query_api.history.chat_trail import find_standing_texts
from query_api.history.events import PastEvent
from query_api.history.fact_rights import EVENT_FACTS, FactRight, select_allowed
from runtime.auth.tokens import Caller

STATED_BESIDE: Final = frozenset({"announcement_id", "booking_id", "guest_id"})
"""Fields of events that an entry states outside its facts."""


class TrailReader(NamedTuple):
    """The caller, and what they may see of the announcement today."""

    caller: Caller
    followed: Sequence[PersonId]
    now: AnyRow
    """Row from `announcements.rows.fetch_visible`."""
    apart: Collection[PersonId] = ()
    """The people whom a block keeps apart from the caller today."""

    @property
    def id(self) -> PersonId:
        return self.caller.person_id

    @property
    def sees_everything(self) -> bool:
        return sees_everything(self.now, self.caller)


class StateAfter(NamedTuple):
    """State right after a position, as far as rights depend on it."""

    announcement: Fields
    confirmed: bool
    """Whether the reader was confirmed."""


class RatingStates(NamedTuple):
    """The ratings of an announcement, as of the last event."""

    revealed: frozenset[ReviewId]
    """Ever revealed, even if retracted since."""
    shown: frozenset[ReviewId]
    """Those of them that are not retracted."""
    current_words: frozenset[tuple[int, int]]
    """Position and index of the events whose words now stand revealed: the last words of each
    rating that is not retracted."""


class TrailEntry(NamedTuple):
    """The part of one event that the reader may learn."""

    past: PastEvent
    names_actor: bool
    """Whether the reader learns who acted."""
    facts: dict[str, Any]
    """The fields of the event; None for what the reader may not read."""
    text_of: PostId | None
    """The post whose present text came from this event. It is not among the facts."""


def select_entries(events: Sequence[PastEvent], reader: TrailReader) -> list[TrailEntry]:
    """Return what the reader learns of these events, oldest first."""
    states, ratings = _fold_states(events, reader.id), _fold_ratings(events)
    in_chat = bool(events) and _takes_part(states[events[-1].position], reader)
    texts = find_standing_texts(events)
    if not reader.sees_everything:
        events = _drop_untold(events, reader.id)
    guests = _group_guests(events)
    return [
        TrailEntry(
            past,
            _may_name_actor(past, guests[past.position], reader),
            _select_facts(past, states[past.position], ratings, reader),
            texts.get((past.position, past.event_index)),
        )
        for past in events
        if _may_read(past.event, states[past.position], ratings, reader, in_chat=in_chat)
    ]


def _takes_part(state: StateAfter, reader: TrailReader) -> bool:
    """Return whether the reader takes part in the chat in this state."""
    return state.confirmed or reader.id == reader.now["author_id"]


def _is_shown_post(event: PostWritten | PostChanged | PostDeleted, reader: TrailReader) -> bool:
    """Return what `query_api.chats.rights.SHOWN_POST` says."""
    of_host = reader.now["author_id"] in (event.writer_id, reader.id)
    return of_host or event.writer_id not in reader.apart


def _drop_untold(events: Sequence[PastEvent], reader: PersonId) -> Sequence[PastEvent]:
    """Return the events without the reader's own booking, as long as they were not told of it:
    up to where an invitation was last taken back in a draft."""
    until = max(
        (
            past.position
            for past in events
            if isinstance(past.event, BookingRevoked)
            and past.event.untold
            and past.event.guest_id == reader
        ),
        default=0,
    )

    def is_untold(past: PastEvent) -> bool:
        own = isinstance(past.event, BookingEvent) and past.event.guest_id == reader
        return own and past.position <= until

    return [past for past in events if not is_untold(past)]


def _may_read(
    event: DomainEvent,
    after: StateAfter,
    ratings: RatingStates,
    reader: TrailReader,
    *,
    in_chat: bool,
) -> bool:
    """`in_chat` is whether the reader takes part in the chat today."""
    match event:
        case PostsRead():
            return False
        case PostWritten() | PostChanged() | PostDeleted():
            return in_chat and _takes_part(after, reader) and _is_shown_post(event, reader)
        case RatingEvent():
            revealed = event.review_id in ratings.revealed
            may_read_revealed = event.ratee_id == reader.id or reader.caller.is_super
            return event.rater_id == reader.id or (revealed and may_read_revealed)
        case BookingEvent() | InviteLinkUsed():
            return reader.sees_everything or event.guest_id == reader.id
        case InviteLinkEvent():
            return reader.sees_everything
        case AnnouncementEvent():
            involved = reader.now["my_booking_id"] is not None
            return could_see(after.announcement, reader.caller, reader.followed, involved=involved)
        case _:
            return False


def _may_name_actor(past: PastEvent, guests: Collection[PersonId], reader: TrailReader) -> bool:
    """Return whether the reader learns who acted. `guests` are those whose bookings for this
    announcement the same command changed.

    A guest's command may close or reopen an announcement. Naming the guest would tell strangers
    who comes. A command about another announcement may free or take a seat of this one. Naming
    its actor would tell whose announcement that is, and it may be hidden.
    """
    if reader.caller.is_super or past.actor in (SYSTEM, reader.id, reader.now["author_id"]):
        return True
    if isinstance(past.event, PostEvent):  # Whoever reads a chat knows who takes part in it.
        return True
    acted_here = past.actor in guests or isinstance(past.event, AnnouncementCancelled | RatingEvent)
    return reader.sees_everything and acted_here


def _select_facts(
    past: PastEvent, after: StateAfter, ratings: RatingStates, reader: TrailReader
) -> dict[str, Any]:
    stated = {
        name: value
        for name, value in msgspec.structs.asdict(past.event).items()
        if value is not UNSET and name not in STATED_BESIDE
    }
    rights = frozenset(_find_fact_rights(past, after, ratings, reader))
    return dict.fromkeys(stated) | select_allowed(stated, EVENT_FACTS, rights)


def _find_fact_rights(
    past: PastEvent, after: StateAfter, ratings: RatingStates, reader: TrailReader
) -> Iterator[FactRight]:
    yield "reader"
    match past.event:
        case RatingEvent() as rating:
            current = (past.position, past.event_index) in ratings.current_words
            if rating.rater_id == reader.id or current:
                yield "words"
            if past.actor == reader.id or rating.review_id in ratings.shown:
                yield "reply"
        case BookingEvent() as booking:
            if reader.id in (booking.guest_id, reader.now["author_id"]):
                yield "party"
            if reader.caller.is_super or booking.guest_id == reader.id:
                yield "guest"
        case AnnouncementEvent():
            shown_then = could_see_place(
                after.announcement, reader.caller, confirmed=after.confirmed
            )
            if reader.now["shows_place"] and shown_then:
                yield "place"
            if sees_everything(reader.now, reader.caller):
                yield "author"
        case _:
            pass


def _group_guests(events: Iterable[PastEvent]) -> Mapping[int, set[PersonId]]:
    """Return by position the guests whose bookings each command changed."""
    found: dict[int, set[PersonId]] = defaultdict(set)
    for past in events:
        if isinstance(past.event, BookingEvent):
            found[past.position].add(past.event.guest_id)
    return found


def _fold_states(events: Iterable[PastEvent], reader: PersonId) -> dict[int, StateAfter]:
    """Return the state after each position. There is none between two events of one command: a
    command counts as a whole."""
    found: dict[int, StateAfter] = {}
    announcement: Fields = {}
    confirmed = False
    for past in events:
        match past.event:
            case BookingEvent() as event:
                if event.guest_id == reader:
                    confirmed = (event.author_status, event.guest_status) == CONFIRMED
            case AnnouncementEvent() as event:
                announcement = {**announcement, **announcement_columns(event, past.at)}
            case _:
                pass
        found[past.position] = StateAfter(announcement, confirmed)
    return found


def _fold_ratings(events: Iterable[PastEvent]) -> RatingStates:
    """Return what became of the ratings after all of these events."""
    revealed: set[ReviewId] = set()
    words: dict[ReviewId, tuple[int, int]] = {}
    retracted: set[ReviewId] = set()
    for past in events:
        match past.event:
            case RatingGiven() | RatingChanged() as rating:
                words[rating.review_id] = (past.position, past.event_index)
            case RatingRevealed() as rating:
                revealed.add(rating.review_id)
            case RatingRetracted() as rating:
                retracted.add(rating.review_id)
    shown = revealed - retracted
    current_words = frozenset(place for review_id, place in words.items() if review_id in shown)
    return RatingStates(frozenset(revealed), frozenset(shown), current_words)
