"""Gathers the effects of some Commits into the notices that one transaction writes. Does no I/O.

The order of effects counts. A withdrawal concerns what was planned before it. A change joins an
earlier one that it follows within a minute, whether that is in the plan or already in the outbox.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from msgspec import Struct, field
from msgspec.structs import replace

from contracts.notices import Kind
from contracts.values.ids import AnnouncementId, BookingId, PersonId
from notifier.planning.publications import PlannedPublication
from notifier.policies.effects import (
    DIGEST_AFTER,
    MERGED_WITHIN,
    TOLD_WITHIN,
    Effect,
    Erase,
    FanOut,
    Occasion,
    Remind,
    Tell,
    Withdraw,
)
from notifier.policies.facts import NoticeFacts, erase_facts, merge_changes, people_in
from notifier.rights import ERASED, TOO_LATE


class NoticeSource(NamedTuple):
    """Journal position of the event that caused a notice."""

    seq: int
    event_index: int
    event_type: str
    traceparent: str = ""
    """The trace context of the request that caused the event; empty if none did, or if its sender
    is nobody whose erasure finds it."""

    def for_people(self, actor: str, people: Collection[PersonId]) -> "NoticeSource":
        """Return the source as it may be kept beside these people, by whom erasures look. If the
        actor, who may have chosen the id of the request, is not one of them, it is left out."""
        return self if actor in people else self._replace(traceparent="")


class PlannedNotice(Struct, kw_only=True):
    """A notice as it is in the outbox, or will be."""

    key: str
    recipient: PersonId
    kind: Kind
    announcement_id: AnnouncementId | None
    facts: NoticeFacts
    happened_at: datetime
    due_at: datetime
    expires_at: datetime
    booking_id: BookingId | None = None
    event_time: datetime | None = None
    receipt: bool = False
    state: str = "waiting"
    reason: str | None = None
    sources: list[NoticeSource] = field(default_factory=list)
    """Only those that this plan adds."""

    def drop(self, reason: str) -> None:
        self.state, self.reason = "dropped", reason


class PlannedFanOut(Struct):
    """A fan-out as it is in the outbox, or will be."""

    effect: FanOut
    source: NoticeSource
    happened_at: datetime
    state: str = "waiting"
    reason: str | None = None


class PlannedErasure(NamedTuple):
    """When a person's data was erased."""

    seq: int
    erased_at: datetime


DELAYS: Final[Mapping[Kind, timedelta]] = {
    "announce_put": MERGED_WITHIN,
    "chat_digest": DIGEST_AFTER,
    "plan_match": MERGED_WITHIN,
}
"""How long notices of some kinds wait for more to tell. All others are due at once."""

ChangeKey = tuple[AnnouncementId | None, PersonId]
"""Announcement and recipient: a recipient has at most one change that others can still join."""


class NoticePlan:
    """The rows that one transaction writes beside the notifier's state."""

    def __init__(self, open_changes: Iterable[PlannedNotice] = ()) -> None:
        """`open_changes` are the `announce_put` notices of the outbox that nobody has begun to
        send: further changes may join them."""
        self._open: dict[ChangeKey, PlannedNotice] = {
            (notice.announcement_id, notice.recipient): notice for notice in open_changes
        }
        self._stored_keys: Final = {notice.key for notice in self._open.values()}
        self._new: Final[dict[AnnouncementId | None, dict[str, PlannedNotice]]] = {}
        self.merged: Final[dict[str, PlannedNotice]] = {}
        """Notices of the outbox that a change has joined, by key. One whose change was taken
        back is dropped."""
        self.fanouts: Final[list[PlannedFanOut]] = []
        self.withdrawals: Final[list[Withdraw]] = []
        self.publications: Final[list[PlannedPublication]] = []
        """In the order of their events: a later one of an announcement replaces earlier ones."""
        self.erasures: Final[dict[PersonId, PlannedErasure]] = {}
        """By person. This plan holds none of their texts any more; the outbox still does."""

    @property
    def notices(self) -> list[PlannedNotice]:
        """The notices to insert. Only a reminder may be in the outbox already."""
        return [notice for notices in self._new.values() for notice in notices.values()]

    def add(self, effects: Iterable[Effect], occasion: Occasion) -> None:
        """Add the effects of one event."""
        source = NoticeSource(
            occasion.seq, occasion.event_index, occasion.event_type, occasion.traceparent
        )
        for effect in effects:
            match effect:
                case Tell():
                    self._tell(plan_notice(effect, source, occasion.at, occasion.actor))
                case Remind():
                    self._remind(plan_reminder(effect, source, occasion.at, occasion.actor))
                case FanOut():
                    kept = source.for_people(occasion.actor, {effect.author_id})
                    self.fanouts.append(PlannedFanOut(effect, kept, occasion.at))
                case Withdraw():
                    self._withdraw(effect)
                case Erase():
                    self.erasures[effect.person_id] = PlannedErasure(source.seq, occasion.at)
                    self.erase(effect.person_id)

    def erase(self, person_id: PersonId) -> None:
        """Take the person's texts from everything that was added before, and tell the person none
        of it. An erasure that the outbox knows already needs no more."""
        for notices in self._new.values():
            for key, notice in list(notices.items()):
                if notice.recipient == person_id:
                    del notices[key]
                notice.facts = erase_facts(notice.facts, person_id)
        for notice in (*self._open.values(), *self.merged.values()):
            notice.facts = erase_facts(notice.facts, person_id)
        for fanout in self.fanouts:
            if fanout.effect.author_id == person_id:
                facts = erase_facts(fanout.effect.facts, person_id)
                fanout.effect = fanout.effect._replace(facts=facts)
                if fanout.state == "waiting":
                    fanout.state, fanout.reason = "dropped", ERASED

    def end_late(self, now: datetime) -> int:
        """End new notices and fan-outs whose time is over `now`. Returns how many it were."""
        late = 0
        for notice in self.notices:
            if notice.state == "waiting" and notice.expires_at <= now:
                notice.state, notice.reason = "skipped", TOO_LATE
                late += 1
        for fanout in self.fanouts:
            if fanout.state == "waiting" and fanout.effect.expires_at <= now:
                fanout.state, fanout.reason = "dropped", TOO_LATE
                late += 1
        return late

    def _tell(self, notice: PlannedNotice) -> None:
        if notice.kind == "announce_put":
            key = (notice.announcement_id, notice.recipient)
            earlier = self._open.get(key)
            if earlier is not None and notice.happened_at < earlier.due_at:
                self._merge(key, earlier, notice)
                return
            self._open[key] = notice
        self._new.setdefault(notice.announcement_id, {}).setdefault(notice.key, notice)

    def _merge(self, key: ChangeKey, earlier: PlannedNotice, later: PlannedNotice) -> None:
        earlier.facts = merge_changes(earlier.facts, later.facts)
        earlier.sources += later.sources
        earlier.receipt = earlier.receipt and later.receipt
        if not earlier.facts["diff"]:
            earlier.drop("taken_back")
            del self._open[key]
        if earlier.key in self._stored_keys:
            self.merged[earlier.key] = earlier

    def _remind(self, notice: PlannedNotice) -> None:
        self._new.setdefault(notice.announcement_id, {})[notice.key] = notice

    def _withdraw(self, withdrawal: Withdraw) -> None:
        self.withdrawals.append(withdrawal)
        notices = self._new.get(withdrawal.announcement_id, {})
        for key, notice in list(notices.items()):
            if notice.state != "waiting" or not _concerns(withdrawal, notice):
                continue
            if notice.event_time is None:
                notice.drop(withdrawal.reason)
            else:
                del notices[key]  # It was never stored, so a later event may plan it again.
        if "announce_put" in withdrawal.kinds:
            self._close_changes(withdrawal)
        if "announce_new" in withdrawal.kinds:
            for fanout in self.fanouts:
                if fanout.effect.announcement_id == withdrawal.announcement_id:
                    fanout.state, fanout.reason = "dropped", withdrawal.reason

    def _close_changes(self, withdrawal: Withdraw) -> None:
        self._open = {
            key: notice for key, notice in self._open.items() if not _concerns(withdrawal, notice)
        }


def plan_notice(tell: Tell, source: NoticeSource, at: datetime, actor: str) -> PlannedNotice:
    """Return the notice for an event that happened `at` this time, by the command of this actor.
    It is due after the delay of its kind."""
    return PlannedNotice(
        key=f"{source.seq}:{source.event_index}:{tell.recipient}:{tell.kind}",
        recipient=tell.recipient,
        kind=tell.kind,
        announcement_id=tell.announcement_id,
        booking_id=tell.booking_id,
        receipt=tell.receipt,
        facts=tell.facts,
        happened_at=at,
        due_at=at + DELAYS.get(tell.kind, timedelta()),
        expires_at=min(tell.expires_at or at + TOLD_WITHIN, at + TOLD_WITHIN),
        sources=[source.for_people(actor, {tell.recipient, *people_in(tell.facts)})],
    )


def plan_reminder(remind: Remind, source: NoticeSource, at: datetime, actor: str) -> PlannedNotice:
    """Return the reminder. Its key has the `event_time` instead of the source, so that it is
    planned once, however many events ask for it."""
    moment = remind.event_time.isoformat(timespec="milliseconds")
    return PlannedNotice(
        key=f"{remind.announcement_id}:{remind.recipient}:{remind.kind}:{moment}",
        recipient=remind.recipient,
        kind=remind.kind,
        announcement_id=remind.announcement_id,
        facts=remind.facts,
        happened_at=at,
        event_time=remind.event_time,
        due_at=remind.due_at,
        expires_at=remind.expires_at,
        sources=[source.for_people(actor, {remind.recipient, *people_in(remind.facts)})],
    )


def expand_fanout(fanout: PlannedFanOut, followers: Iterable[PersonId]) -> Iterator[PlannedNotice]:
    """Yield one notice for each follower, even if one is named twice. Authors who follow
    themselves get none."""
    effect = fanout.effect
    for follower in dict.fromkeys(followers):
        if follower != effect.author_id:
            tell = Tell(
                "announce_new",
                follower,
                effect.announcement_id,
                effect.facts,
                expires_at=effect.expires_at,
            )
            notice = plan_notice(tell, fanout.source, fanout.happened_at, effect.author_id)
            # An operator may have given the fan-out more time than `plan_notice` would give.
            yield replace(notice, expires_at=effect.expires_at)


def _concerns(withdrawal: Withdraw, notice: PlannedNotice) -> bool:
    return (
        notice.announcement_id == withdrawal.announcement_id
        and notice.kind in withdrawal.kinds
        and (withdrawal.recipients is None or notice.recipient in withdrawal.recipients)
    )
