"""Folds accepted Commits into the notifier's next state and a plan of notices. Does no I/O.

An event that cannot be decoded or folded is parked, and so is every later event of its
announcement, because notices that rest on a gap would be wrong. All others go on.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Final, NamedTuple

from contracts.events.booking import BookingEvent
from contracts.events.person import PersonErased, PersonErasureConfirmed
from contracts.events.post import PostWritten
from contracts.events.stored.codec import decode_event, read_fields
from contracts.events.stored.domain_event import DomainEvent
from contracts.journal.places import EventPlace
from contracts.journal.records import Commit
from contracts.values.describing import describe_error
from contracts.values.ids import AnnouncementId, BookingId, PersonId, canonical_uuid
from notifier.planning.notice_plan import NoticePlan
from notifier.planning.publications import plan_publication
from notifier.policies.effects import Occasion
from notifier.policies.registry import plan_effects, policy_for
from notifier.state import KnownAnnouncement, NotifierState, announcement_of
from runtime.dead_letters.request_ids import find_request_id
from runtime.dead_letters.texts import shorten
from runtime.logs.lines import PRIVATE_KINDS

STOPPED: Final = "an earlier event of this announcement was parked"


class ParkedEvent(NamedTuple):
    """A dead letter: an event that was not folded."""

    seq: int
    event_index: int
    type: str
    key: str | None
    """The announcement that stops because of it; None if none does."""
    reason: str
    request_id: str | None
    """By it logs tell what caused the event; None if the journal does not say."""
    actor: str
    told: bool = False
    """Whether people had been told of the event before it was parked."""

    @property
    def place_in_journal(self) -> EventPlace:
        return EventPlace(self.seq, self.event_index)


class Gaps(NamedTuple):
    """Names the events that a fold leaves out."""

    stopped: Collection[str] = ()
    """Announcements of which an event is parked: all later ones of them are parked, too."""
    dropped: Collection[EventPlace] = ()
    """Events that operators have given up."""


NO_GAPS: Final = Gaps()


class DecodedCommit(NamedTuple):
    """A Commit whose events were decoded as far as this version can."""

    commit: Commit
    events: tuple[tuple[int, DomainEvent], ...]
    """The events that could be decoded, each with its index in the Commit."""
    parked: tuple[ParkedEvent, ...]
    """The others."""


class NeededState(NamedTuple):
    """The part of the notifier's state that a run of events needs."""

    announcements: frozenset[AnnouncementId]
    with_guests: frozenset[AnnouncementId]
    """Announcements of which all bookings are needed."""
    bookings: frozenset[BookingId]
    authors: frozenset[PersonId]
    """People of whom all announcements are needed."""
    chats: frozenset[AnnouncementId]
    """Announcements of which it is needed who has been told of new posts."""
    erasures: frozenset[PersonId]
    """People of whom it is needed when their data is to be erased."""


def decode_commit(commit: Commit) -> DecodedCommit:
    """Decode the events of a Commit. Never refuses one: what cannot be decoded is parked."""
    events: list[tuple[int, DomainEvent]] = []
    parked: list[ParkedEvent] = []
    for index, stored in enumerate(commit.events):
        try:
            events.append((index, decode_event(stored)))
        except Exception as error:
            fields = read_fields(stored)
            key = canonical_uuid(str(fields.get("announcement_id")))
            event_type = shorten(str(fields.get("type")))
            reason = describe_error(error)
            parked.append(_park(commit, index, event_type, key, reason))
    return DecodedCommit(commit, tuple(events), tuple(parked))


def find_needed_state(commits: Iterable[DecodedCommit]) -> NeededState:
    """Return the part of the state that it takes to evolve the events and to show them to their
    policies."""
    announcements: set[AnnouncementId] = set()
    with_guests: set[AnnouncementId] = set()
    bookings: set[BookingId] = set()
    authors: set[PersonId] = set()
    chats: set[AnnouncementId] = set()
    erasures: set[PersonId] = set()
    for event in (event for commit in commits for _, event in commit.events):
        if (key := announcement_of(event)) is not None:
            announcements.add(key)
            if (policy := policy_for(event)) is not None and policy.needs_guests:
                with_guests.add(key)
        if isinstance(event, BookingEvent):
            bookings.add(event.booking_id)
        elif isinstance(event, PostWritten):
            chats.add(event.announcement_id)
        elif isinstance(event, PersonErased):
            authors.add(event.person_id)
        elif isinstance(event, PersonErasureConfirmed):
            erasures.add(event.person_id)
    return NeededState(
        frozenset(announcements),
        frozenset(with_guests),
        frozenset(bookings),
        frozenset(authors),
        frozenset(chats),
        frozenset(erasures),
    )


def fold(
    commits: Iterable[DecodedCommit],
    state: NotifierState,
    plan: NoticePlan,
    *,
    told_seq: int,
    gaps: Gaps = NO_GAPS,
) -> list[ParkedEvent]:
    """Evolve `state`, and add to `plan` what the Commits ask for. Returns the parked events.

    People were told of Commits up to `told_seq` before, so these only change the state.
    """
    failed = set(gaps.stopped)
    parked: list[ParkedEvent] = []
    for commit in commits:
        told = commit.commit.seq <= told_seq
        for one in _fold_commit(commit, state, plan, failed, gaps.dropped, told=told):
            parked.append(one._replace(told=told))
            if one.key is not None:
                failed.add(one.key)
    return parked


def park_all(
    commits: Iterable[DecodedCommit], reason: str, *, told_seq: int, gaps: Gaps = NO_GAPS
) -> list[ParkedEvent]:
    """Return all events of the Commits as parked for `reason`: the tables refused what follows
    from them. `told_seq` is as in `fold`."""
    parked: list[ParkedEvent] = []
    for decoded in commits:
        told = decoded.commit.seq <= told_seq
        for one in list_in_order(decoded):
            if one.place_in_journal not in gaps.dropped:
                if isinstance(one, Occasion):
                    one = _park_event(decoded, one, reason)
                parked.append(one._replace(told=told))
    return parked


def fold_event(occasion: Occasion, state: NotifierState, plan: NoticePlan) -> None:
    """Evolve `state`, and add to `plan` what the event asks for. Raises whatever is wrong with the
    event."""
    key = announcement_of(occasion.event)
    effects = list(plan_effects(occasion, state))
    before = state.find_announcement(key)
    state.evolve(occasion.event)
    plan.add(effects, occasion)
    _plan_publication(plan, before, state.find_announcement(key), occasion)


def _fold_commit(
    decoded: DecodedCommit,
    state: NotifierState,
    plan: NoticePlan,
    failed: set[str],
    dropped: Collection[EventPlace],
    *,
    told: bool,
) -> Iterator[ParkedEvent]:
    for one in list_in_order(decoded):
        if dropped and one.place_in_journal in dropped:
            continue
        if isinstance(one, ParkedEvent):
            yield one
            continue
        try:
            if announcement_of(one.event) in failed:
                yield _park_event(decoded, one, STOPPED)
            elif told:
                state.evolve(one.event)
            else:
                fold_event(one, state, plan)
        except Exception as error:  # Whatever it is, only this announcement must stop.
            yield _park_event(decoded, one, describe_error(error))


def _plan_publication(
    plan: NoticePlan,
    before: KnownAnnouncement | None,
    after: KnownAnnouncement | None,
    occasion: Occasion,
) -> None:
    if after is None:
        return
    planned = plan_publication(before, after, occasion)
    if planned is not None:
        plan.publications.append(planned)


def list_in_order(decoded: DecodedCommit) -> Iterable[Occasion | ParkedEvent]:
    """Return the events as they come in the Commit."""
    occasions = build_occasions(decoded)
    if not decoded.parked:
        return occasions
    return sorted((*decoded.parked, *occasions), key=lambda one: one.event_index)


def build_occasions(decoded: DecodedCommit) -> Iterator[Occasion]:
    """Yield the events that could be decoded, each with its place and what came beside it."""
    commit, command = decoded.commit, decoded.commit.command
    # Whoever is told what a block ended must not find the request by which somebody blocked.
    traceparent = "" if command.kind in PRIVATE_KINDS else command.traceparent
    together = tuple(event for _, event in decoded.events)
    for place, (index, event) in enumerate(decoded.events):
        yield Occasion(
            event,
            commit.seq,
            index,
            commit.decided_at,
            command.actor,
            together,
            place,
            traceparent,
        )


def _park_event(decoded: DecodedCommit, occasion: Occasion, reason: str) -> ParkedEvent:
    key = announcement_of(occasion.event)
    return _park(decoded.commit, occasion.event_index, occasion.event_type, key, reason)


def _park(
    commit: Commit, event_index: int, event_type: str, key: str | None, reason: str
) -> ParkedEvent:
    return ParkedEvent(
        commit.seq,
        event_index,
        event_type,
        None if key is None else shorten(key),
        shorten(reason),
        find_request_id(commit.command),
        shorten(commit.command.actor),
    )
