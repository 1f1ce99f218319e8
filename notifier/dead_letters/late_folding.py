"""Folds what was parked, late. Does no I/O.

All later events of an announcement are parked behind the first one, so they are simply folded on,
in the order of the journal, and what they ask for is planned as always. Only erasures have gone on
meanwhile: each takes its person's texts from what came before it.

An event that is about no announcement stops nothing, so what came of the same person after it is
in the tables. It changes the state before that does: everything since is applied again, and nobody
is told of it again.
"""

from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

from msgspec.structs import replace

from contracts.events.announcement import AnnouncementCreated, AnnouncementEvent
from contracts.events.broadcast import BroadcastChanged, BroadcastWritten
from contracts.events.folding.announcement_fields import announcement_fields
from contracts.events.person import (
    PersonErased,
    PersonErasureConfirmed,
    PersonErasureRequested,
    PersonErasureWithdrawn,
)
from contracts.events.stored.domain_event import DomainEvent
from contracts.events.stored.erasing import list_personal_fields
from contracts.journal.places import EventPlace
from contracts.notices import Kind
from contracts.values.describing import describe_error
from contracts.values.ids import AnnouncementId, BroadcastId, PersonId
from notifier.planning.fold import NeededState, fold_event
from notifier.planning.notice_plan import NoticePlan
from notifier.planning.publications import PlannedPublication
from notifier.policies.effects import Occasion
from notifier.state import KnownAnnouncement, NotifierState, announcement_of

SUPERSEDED: Final = "superseded"
"""Reason of a notice that is not told because newer news of the same have been."""
ABOUT_ERASURES: Final[tuple[Kind, ...]] = (
    "erasure_requested",
    "erasure_confirmed",
    "erasure_withdrawn",
)
_TYPED: Final = frozenset(
    field.name
    for field in list_personal_fields(AnnouncementCreated)
    if field.name in KnownAnnouncement.__struct_fields__
)
"""Fields of an announcement that its author typed."""


class CannotFold(Exception):
    """A parked event still cannot be folded. The message says why."""


class _Step(NamedTuple):
    occasion: Occasion
    own: bool
    """Whether it is parked under this key."""
    told: bool = False
    """Whether people had been told of it before it was parked."""
    parked_at: EventPlace | None = None
    """Its place if it was parked under another key."""


class _Typed(NamedTuple):
    """Names the texts of an announcement that its author typed after a parked erasure."""

    announcement_id: AnnouncementId
    fields: frozenset[str]
    broadcast: BroadcastId | None
    parked_at: EventPlace | None


class LateFolding:
    """Folds the parked events of one key, together with the other events that concern them."""

    def __init__(self, folded: Collection[EventPlace] = ()) -> None:
        """`folded` has, whenever `fold` is called, the places of other keys' events that were
        folded since they were taken."""
        self._folded = folded
        self.places: Final[list[EventPlace]] = []
        """Places of the parked events that were taken, in order."""
        self.reason: str | None = None
        """Why one of them still cannot be decoded; None if all can."""
        self._own: Final[list[DomainEvent]] = []
        self._steps: Final[list[_Step]] = []
        self._typed: Final[list[_Typed]] = []
        self.people: Final[set[PersonId]] = set()
        """People whom those of the parked events are about that concern no announcement."""
        self.erased: Final[set[PersonId]] = set()
        """People whose erasures are among the parked events."""

    @property
    def foldable(self) -> int:
        """How many of the parked events can be decoded, from the first one on."""
        return len(self._own)

    @property
    def needed(self) -> NeededState:
        """The part of the state that it takes to fold them."""
        found = frozenset(filter(None, map(announcement_of, self._own)))
        return NeededState(
            announcements=found,
            with_guests=found,
            bookings=frozenset(),
            authors=frozenset(self.erased),
            chats=found,
            erasures=frozenset(self.people),
        )

    def take_parked(self, place: EventPlace, occasion: Occasion | str, *, told: bool) -> None:
        """Take the next parked event of the key, or why it cannot be decoded."""
        self.places.append(place)
        if self.reason is not None:
            return
        if isinstance(occasion, str):
            self.reason = occasion
            return
        event = occasion.event
        self._own.append(event)
        self._steps.append(_Step(occasion, own=True, told=told))
        if announcement_of(event) is None and (person := person_of(event)) is not None:
            self.people.add(person)
        if isinstance(event, PersonErased):
            self.erased.add(event.person_id)

    def take_other(self, occasion: Occasion, parked_at: EventPlace | None = None) -> None:
        """Take an event that is in the tables already, or is parked under another key at
        `parked_at`. Most have nothing to do with this key."""
        event = occasion.event
        if not self._own:
            return
        if isinstance(event, PersonErased) or (
            announcement_of(event) is None and person_of(event) in self.people
        ):
            self._steps.append(_Step(occasion, own=False, parked_at=parked_at))
        elif occasion.actor in self.erased and (typed := _find_typed(event, parked_at)):
            self._typed.append(typed)

    def fold(self, count: int, state: NotifierState, plan: NoticePlan) -> None:
        """Evolve `state`, and add to `plan` what the first `count` parked events ask for. Raises
        CannotFold."""
        for step in _forget_requests(list(self._choose(count))):
            if not step.own:
                self._apply_again(step.occasion, state, plan)
                continue
            known = dict(state.announcements)
            try:
                if step.told:
                    state.evolve(step.occasion.event)
                else:
                    fold_event(step.occasion, state, plan)
            except Exception as error:  # Whatever it is, what is behind it stays parked.
                raise CannotFold(describe_error(error)) from error
            if isinstance(step.occasion.event, PersonErased):
                self._keep_typed_since(state, known)

    def _choose(self, count: int) -> Iterator[_Step]:
        taken = 0
        for step in self._steps:
            if step.own:
                taken += 1
            if taken <= count if step.own else self._is_in_tables(step.parked_at):
                yield step

    def _is_in_tables(self, parked_at: EventPlace | None) -> bool:
        return parked_at is None or parked_at in self._folded

    def _apply_again(self, occasion: Occasion, state: NotifierState, plan: NoticePlan) -> None:
        event = occasion.event
        person = person_of(event)
        if isinstance(event, PersonErased):
            plan.erase(event.person_id)
            state.erase_announcements_of(event.person_id)
            plan.publications.extend(_withdraw_publications(occasion, event.person_id, state, plan))
        if person in self.people:
            state.evolve(event)
        if isinstance(
            event, PersonErasureRequested | PersonErasureConfirmed | PersonErasureWithdrawn
        ):
            for notice in plan.notices:
                if notice.recipient == event.person_id and notice.kind in ABOUT_ERASURES:
                    notice.drop(SUPERSEDED)

    def _keep_typed_since(
        self, state: NotifierState, known: dict[AnnouncementId, KnownAnnouncement]
    ) -> None:
        """Put back what the author typed after the erasure that was just folded."""
        for typed in self._typed:
            before = known.get(typed.announcement_id)
            if before is None or not self._is_in_tables(typed.parked_at):
                continue
            after = state.announcement(typed.announcement_id)
            kept = {name: getattr(before, name) for name in typed.fields}
            if typed.broadcast in before.broadcasts:
                broadcast = {typed.broadcast: before.broadcasts[typed.broadcast]}
                kept["broadcasts"] = after.broadcasts | broadcast
            state.replace_announcement(replace(after, **kept))


def person_of(event: DomainEvent) -> PersonId | None:
    """Return whom the event is about; None if it names no such person."""
    return getattr(event, "person_id", None)


def _forget_requests(steps: list[_Step]) -> list[_Step]:
    """Return the steps without the requests of people who are erased after them, who may have
    chosen their ids."""
    erased: set[str] = set()
    found: list[_Step] = []
    for step in reversed(steps):
        occasion = step.occasion
        if occasion.actor in erased:
            step = step._replace(occasion=occasion._replace(traceparent=""))
        if isinstance(occasion.event, PersonErased):
            erased.add(occasion.event.person_id)
        found.append(step)
    return found[::-1]


def _find_typed(event: DomainEvent, parked_at: EventPlace | None) -> _Typed | None:
    """Return what of an announcement was typed with the event; None if nothing was."""
    if isinstance(event, AnnouncementEvent):
        fields = _TYPED & announcement_fields(event).keys()
        return _Typed(event.announcement_id, fields, None, parked_at) if fields else None
    if isinstance(event, BroadcastWritten | BroadcastChanged):
        return _Typed(event.announcement_id, frozenset(), event.broadcast_id, parked_at)
    return None


def _withdraw_publications(
    occasion: Occasion, person_id: PersonId, state: NotifierState, plan: NoticePlan
) -> list[PlannedPublication]:
    """Return the withdrawals of what the plan would publish of an author who is erased after
    it."""
    return [
        PlannedPublication(one.announcement_id, person_id, (), occasion.seq, occasion.at)
        for one in state.announcements.values()
        if one.author_id == person_id
        and any(planned.announcement_id == one.announcement_id for planned in plan.publications)
    ]
