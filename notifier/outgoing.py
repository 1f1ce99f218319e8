"""Effects of a run of Commits, gathered into rows before anything is written. Pure.

Order counts: what is withdrawn was asked for before, and an edit joins the one it follows
within a minute. Rows that are already in the outbox and may take an edit in are given.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from msgspec import Struct, field
from msgspec.structs import replace

from contracts.values.ids import AnnouncementId, BookingId, PersonId
from notifier.effects import (
    MERGED_WITHIN,
    TOLD_WITHIN,
    Effect,
    Facts,
    FanOut,
    Kind,
    Occasion,
    Remind,
    Tell,
    Withdraw,
)
from notifier.policies.facts import merged_edits


class Source(NamedTuple):
    """Where in the journal stands what a notice tells of."""

    seq: int
    event_index: int
    event_type: str


class Row(Struct, kw_only=True):
    """A notice as it lies in the outbox, or is about to."""

    key: str
    recipient: PersonId
    kind: Kind
    announcement_id: AnnouncementId
    facts: Facts
    happened_at: datetime
    due_at: datetime
    expires_at: datetime
    booking_id: BookingId | None = None
    event_time: datetime | None = None
    receipt: bool = False
    state: str = "waiting"
    reason: str | None = None
    sources: list[Source] = field(default_factory=list)
    """Those that are new here."""

    def drop(self, reason: str) -> None:
        self.state, self.reason = "dropped", reason


class FanOutRow(Struct):
    effect: FanOut
    source: Source
    happened_at: datetime
    state: str = "waiting"
    reason: str | None = None


Edited = tuple[AnnouncementId, PersonId]


class Outgoing:
    """What one transaction is to write, beside the state."""

    def __init__(self, open_edits: Iterable[Row] = ()) -> None:
        """`open_edits` are waiting edits of the outbox that nobody has begun to send."""
        self._open: dict[Edited, Row] = {
            (row.announcement_id, row.recipient): row for row in open_edits
        }
        self._known: Final = {row.key for row in self._open.values()}
        self._rows: Final[dict[AnnouncementId, dict[str, Row]]] = {}
        self.merged: Final[dict[str, Row]] = {}
        """Rows of the outbox that took something in, or came to nothing."""
        self.fanouts: Final[list[FanOutRow]] = []
        self.withdrawals: Final[list[Withdraw]] = []

    @property
    def rows(self) -> list[Row]:
        """New rows, and reminders that may be there already."""
        return [row for rows in self._rows.values() for row in rows.values()]

    def add(self, effects: Iterable[Effect], occasion: Occasion) -> None:
        source = Source(occasion.seq, occasion.event_index, occasion.event_type)
        for effect in effects:
            match effect:
                case Tell():
                    self._tell(effect, source, occasion.at)
                case Remind():
                    self._remind(effect, source, occasion.at)
                case FanOut():
                    self.fanouts.append(FanOutRow(effect, source, occasion.at))
                case Withdraw():
                    self._withdraw(effect)

    def _tell(self, tell: Tell, source: Source, at: datetime) -> None:
        row = told(tell, source, at)
        if tell.kind == "announce_put":
            edited = (tell.announcement_id, tell.recipient)
            earlier = self._open.get(edited)
            if earlier is not None and at < earlier.due_at:
                self._merge(edited, earlier, row)
                return
            self._open[edited] = row
        self._rows.setdefault(row.announcement_id, {}).setdefault(row.key, row)

    def _merge(self, edited: Edited, earlier: Row, later: Row) -> None:
        earlier.facts = merged_edits(earlier.facts, later.facts)
        earlier.sources += later.sources
        earlier.receipt = earlier.receipt and later.receipt
        if not earlier.facts["diff"]:
            earlier.drop("taken_back")
            del self._open[edited]
        if earlier.key in self._known:
            self.merged[earlier.key] = earlier

    def _remind(self, remind: Remind, source: Source, at: datetime) -> None:
        row = reminder(remind, source, at)
        self._rows.setdefault(row.announcement_id, {})[row.key] = row

    def _withdraw(self, what: Withdraw) -> None:
        self.withdrawals.append(what)
        rows = self._rows.get(what.announcement_id, {})
        for key, row in list(rows.items()):
            if row.state != "waiting" or not _concerns(what, row):
                continue
            if row.event_time is None:
                row.drop(what.reason)
            else:
                del rows[key]  # Never planned: it may be again, further on.
        if "announce_put" in what.kinds:
            self._close_edits(what)
        if "announce_new" in what.kinds:
            for fanout in self.fanouts:
                if fanout.effect.announcement_id == what.announcement_id:
                    fanout.state, fanout.reason = "dropped", what.reason

    def _close_edits(self, what: Withdraw) -> None:
        self._open = {edited: row for edited, row in self._open.items() if not _concerns(what, row)}


def told(tell: Tell, source: Source, at: datetime) -> Row:
    delay = MERGED_WITHIN if tell.kind == "announce_put" else timedelta()
    return Row(
        key=f"{source.seq}:{source.event_index}:{tell.recipient}:{tell.kind}",
        recipient=tell.recipient,
        kind=tell.kind,
        announcement_id=tell.announcement_id,
        booking_id=tell.booking_id,
        receipt=tell.receipt,
        facts=tell.facts,
        happened_at=at,
        due_at=at + delay,
        expires_at=min(tell.expires_at or at + TOLD_WITHIN, at + TOLD_WITHIN),
        sources=[source],
    )


def reminder(remind: Remind, source: Source, at: datetime) -> Row:
    moment = remind.event_time.isoformat(timespec="milliseconds")
    return Row(
        key=f"{remind.announcement_id}:{remind.recipient}:{remind.kind}:{moment}",
        recipient=remind.recipient,
        kind=remind.kind,
        announcement_id=remind.announcement_id,
        facts=remind.facts,
        happened_at=at,
        event_time=remind.event_time,
        due_at=remind.due_at,
        expires_at=remind.expires_at,
        sources=[source],
    )


def expanded(fanout: FanOutRow, followers: Iterable[PersonId]) -> Iterator[Row]:
    """The rows of a fan-out; the author's own is left out."""
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
            row = told(tell, fanout.source, fanout.happened_at)
            # An operator may have given the fan-out more time than its event would have.
            yield replace(row, expires_at=effect.expires_at)


def _concerns(what: Withdraw, row: Row) -> bool:
    return (
        row.announcement_id == what.announcement_id
        and row.kind in what.kinds
        and (what.recipients is None or row.recipient in what.recipients)
    )
