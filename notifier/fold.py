"""From accepted Commits to the next world and what is to be said of it. Pure.

An event that cannot be read or told of is parked, and from then on so is every event of
its announcement, because what is told on a gap would be wrong; all others go on.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Final, NamedTuple

from contracts.events.announcement import (
    AnnouncementCancelled,
    AnnouncementChanged,
    AnnouncementDone,
    AnnouncementEvent,
    AnnouncementPublished,
)
from contracts.events.booking import BookingEvent
from contracts.events.codec import decode_event, read_fields
from contracts.events.domain_event import DomainEvent
from contracts.events.rating import RatingEvent, RatingGiven
from contracts.journal.records import Commit
from contracts.values.ids import AnnouncementId, BookingId, canonical
from contracts.values.text import storable
from notifier.effects import Occasion
from notifier.outgoing import Outgoing
from notifier.policies.policy import effects_of
from notifier.world import World

REASON_CHARS_MAX: Final = 500
STOPPED: Final = "an earlier event of this announcement could not be told of"

_CONCERNS_ALL: Final = (
    AnnouncementPublished,
    AnnouncementChanged,
    AnnouncementCancelled,
    AnnouncementDone,
    RatingGiven,
)


class DeadLetter(NamedTuple):
    seq: int
    event_index: int
    type: str
    key: str | None
    reason: str


class ReadCommit(NamedTuple):
    """A Commit with its events decoded, each with its own index."""

    commit: Commit
    events: tuple[tuple[int, DomainEvent], ...]
    letters: tuple[DeadLetter, ...]


class Wanted(NamedTuple):
    """What of the world a run of events needs to be known."""

    evenings: frozenset[AnnouncementId]
    whole: frozenset[AnnouncementId]
    """Those whose bookings are all needed."""
    bookings: frozenset[BookingId]


def key_of(event: DomainEvent) -> AnnouncementId | None:
    """The announcement that an event is about: the one that stops if it cannot be told.
    None for events that change nothing here."""
    match event:
        case AnnouncementEvent() | BookingEvent() | RatingEvent():
            return event.announcement_id
        case _:
            return None


def read(commits: Iterable[Commit]) -> list[ReadCommit]:
    return [_read(commit) for commit in commits]


def wanted(commits: Iterable[ReadCommit]) -> Wanted:
    events = [event for commit in commits for _, event in commit.events]
    return Wanted(
        evenings=frozenset(key for event in events if (key := key_of(event)) is not None),
        whole=frozenset(
            event.announcement_id for event in events if isinstance(event, _CONCERNS_ALL)
        ),
        bookings=frozenset(event.booking_id for event in events if isinstance(event, BookingEvent)),
    )


def fold(
    commits: Iterable[ReadCommit],
    world: World,
    outgoing: Outgoing,
    *,
    told_seq: int,
    stopped: Collection[str],
) -> list[DeadLetter]:
    """Evolve `world`, and put into `outgoing` what commits after `told_seq` ask for.

    Commits up to `told_seq` were told of before: they only build the state.
    """
    failed = set(stopped)
    letters: list[DeadLetter] = []
    for commit in commits:
        for letter in _fold_commit(commit, world, outgoing, told_seq, failed):
            letters.append(letter)
            if letter.key is not None:
                failed.add(letter.key)
    return letters


def _fold_commit(
    read_commit: ReadCommit, world: World, outgoing: Outgoing, told_seq: int, failed: set[str]
) -> Iterator[DeadLetter]:
    commit = read_commit.commit
    yield from read_commit.letters
    together = tuple(event for _, event in read_commit.events)
    for place, (index, event) in enumerate(read_commit.events):
        occasion = Occasion(
            event, commit.seq, index, commit.decided_at, commit.command.actor, together, place
        )
        key = key_of(event)
        try:
            if key in failed:
                yield _letter(occasion, key, STOPPED)
                continue
            effects = list(effects_of(occasion, world)) if commit.seq > told_seq else []
            world.evolve(event)
            outgoing.add(effects, occasion)
        except Exception as error:  # Whatever it is, only this announcement must stand still.
            yield _letter(occasion, key, f"{type(error).__name__}: {error}")


def _read(commit: Commit) -> ReadCommit:
    events: list[tuple[int, DomainEvent]] = []
    letters: list[DeadLetter] = []
    for index, stored in enumerate(commit.events):
        try:
            events.append((index, decode_event(stored)))
        except Exception as error:
            fields = read_fields(stored)
            key = canonical(str(fields.get("announcement_id")))
            kind = _short(str(fields.get("type")))
            letters.append(DeadLetter(commit.seq, index, kind, key, _short(repr(error))))
    return ReadCommit(commit, tuple(events), tuple(letters))


def _letter(occasion: Occasion, key: str | None, reason: str) -> DeadLetter:
    stored_key = None if key is None else _short(key)
    place = occasion.seq, occasion.event_index
    return DeadLetter(*place, occasion.event_type, stored_key, _short(reason))


def _short(reason: str) -> str:
    return storable(reason)[:REASON_CHARS_MAX]


def refused(commits: Iterable[ReadCommit], reason: str) -> list[DeadLetter]:
    """All events of `commits` as dead letters: the tables cannot hold what they say."""
    found: list[DeadLetter] = []
    for commit in commits:
        found += commit.letters
        for index, event in commit.events:
            kind = str(type(event).__struct_config__.tag)
            seq, key = commit.commit.seq, key_of(event)
            found.append(DeadLetter(seq, index, kind, key and _short(key), _short(reason)))
    return found
