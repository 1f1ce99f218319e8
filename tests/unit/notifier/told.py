"""A small history for the notifier's tests: people, evenings and bookings, told in commits."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import NAMESPACE_OID, uuid5

from contracts.events.announcement import (
    AnnouncementChanged,
    AnnouncementCreated,
    AnnouncementPublished,
)
from contracts.events.booking import BookingEvent
from contracts.events.codec import encode_event
from contracts.events.domain_event import DomainEvent
from contracts.events.person import PersonSeen
from contracts.journal.acceptance import GENESIS_HASH
from contracts.journal.records import (
    Claim,
    CommandInfo,
    Commit,
    Outcome,
    encode_record,
    hash_record,
)
from contracts.values.ids import AnnouncementId, BookingId, MovieId, PersonId
from notifier.kinds import Kind
from notifier.planning.fold import ParkedEvent, decode_commit, fold
from notifier.planning.notice_plan import NoticePlan, PlannedNotice
from notifier.state import NotifierState
from runtime.journal.port import Journal

BEGIN: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SOON: Final = timedelta(seconds=10)


def person(name: str) -> PersonId:
    return PersonId(str(uuid5(NAMESPACE_OID, f"person {name}")))


def announcement(name: str = "e") -> AnnouncementId:
    return AnnouncementId(str(uuid5(NAMESPACE_OID, f"announcement {name}")))


def seen(name: str, language: str = "en", tz: str = "Europe/Moscow") -> PersonSeen:
    return PersonSeen(person_id=person(name), name=name.title(), language=language, tz=tz)


def created(name: str = "e", host: str = "host", **fields: Any) -> AnnouncementCreated:
    """An evening three days after the beginning, at 19:00 in Moscow, unless said otherwise."""
    given: dict[str, Any] = {
        "announcement_id": announcement(name),
        "author_id": person(host),
        "movie_id": MovieId(person("film")),
        "movie_title": "Solaris",
        "movie_title_ru": "Солярис",
        "duration_min": 120,
        "title": "Together",
        "description": "",
        "visibility": "public",
        "is_free": True,
        "ticket_count": 5,
        "event_time": datetime(2026, 3, 5, 16, 0, tzinfo=UTC),
        "event_location": "Tverskaya 1",
    }
    return AnnouncementCreated(**given | fields)


def published(name: str = "e") -> AnnouncementPublished:
    return AnnouncementPublished(announcement_id=announcement(name), version=2)


def edited(name: str = "e", **changes: Any) -> AnnouncementChanged:
    return AnnouncementChanged(announcement_id=announcement(name), version=3, **changes)


def booking(
    kind: type[BookingEvent],
    guest: str,
    pair: tuple[bool | None, bool | None],
    name: str = "e",
    **fields: Any,
) -> Any:
    if "author_id" in kind.__struct_fields__:
        fields.setdefault("author_id", person("host"))
    return kind(
        booking_id=BookingId(str(uuid5(NAMESPACE_OID, f"{name} {guest}"))),
        announcement_id=announcement(name),
        guest_id=person(guest),
        author_status=pair[0],
        guest_status=pair[1],
        taken=0,
        **fields,
    )


class History:
    """Commits in order; the clock stands still between them unless told."""

    def __init__(self, now: datetime = BEGIN) -> None:
        self.now = now
        self.commits: list[Commit] = []
        self._records = [encode_record(Claim(1, 1, GENESIS_HASH, "nonce", "http://leader"))]
        self._written = 0

    def wait(self, **how_long: float) -> None:
        self.now += timedelta(**how_long)

    def tell(self, *events: DomainEvent, by: str = "host") -> int:
        """One Commit of `events`; its seq."""
        seq = len(self._records) + 1
        commit = Commit(
            term=1,
            seq=seq,
            prev_hash=hash_record(self._records[-1]),
            decided_at=self.now,
            command=CommandInfo(f"c{seq}", "Told", _actor(by), f"k{seq}", "f"),
            outcome=Outcome("told"),
            events=tuple(encode_event(event) for event in events),
        )
        self.commits.append(commit)
        self._records.append(encode_record(commit))
        return seq

    async def write_to(self, journal: Journal) -> int:
        """What was not written yet; the newest seq."""
        writer = await journal.open_writer()
        for record in self._records[self._written :]:
            await writer.append(record)
        await writer.close()
        self._written = len(self._records)
        return len(self._records)


class Folded:
    """Everything folded in memory, in one run."""

    def __init__(self, commits: Iterable[Commit], told_seq: int = 0) -> None:
        self.state = NotifierState()
        self.plan = NoticePlan()
        self.letters: list[ParkedEvent] = fold(
            map(decode_commit, commits), self.state, self.plan, told_seq=told_seq, stopped=()
        )

    def rows(self, *kinds: Kind) -> list[PlannedNotice]:
        return [row for row in self.plan.notices if not kinds or row.kind in kinds]

    def reminders_of(self, name: str) -> set[tuple[str, datetime]]:
        """Kind and due time of the reminders planned for a person."""
        rows = self.rows("remind_day", "remind_hour")
        return {(row.kind, row.due_at) for row in rows if row.recipient == person(name)}

    def told(self, seq: int) -> set[tuple[str, str]]:
        """Recipient and kind of what the Commit at `seq` tells; reminders are plans, not news."""
        names = {person(name): name for name in NAMES}
        return {
            (names[row.recipient], row.kind)
            for row in self.plan.notices
            if row.event_time is None and any(one.seq == seq for one in row.sources)
        }


NAMES: Final = ("host", "anna", "boris", "vera", "gleb", "fan", "operator")


def _actor(by: str) -> str:
    return by if by == "system" else person(by)
