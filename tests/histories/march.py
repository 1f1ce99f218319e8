"""A small history with known answers: commits, and a journal that holds them."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Raw

from contracts.journal.acceptance import GENESIS_HASH
from contracts.journal.records import (
    Claim,
    CommandInfo,
    Commit,
    Outcome,
    Record,
    encode_record,
    hash_record,
)
from contracts.values.ids import AnnouncementId, BookingId
from runtime.journal.port import Journal

BEGIN: Final = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SYSTEM: Final = "system"


class Review(NamedTuple):
    """What every event of a review states."""

    review_id: str
    announcement_id: str
    rater_id: str
    ratee_id: str
    role: str


REVIEWS: Final = {
    one.review_id: one
    for one in (
        Review("r1", "e1", "g1", "ada", "host"),
        Review("r2", "e1", "ada", "g1", "guest"),
        Review("r3", "e3", "g1", "ada", "host"),
        Review("r4", "e3", "ada", "g1", "guest"),
    )
}


class Story:
    """Commits in the order they are told; hours count from `BEGIN`. seq 1 is the claim."""

    def __init__(self) -> None:
        self.commits: list[Commit] = []

    def record(self, hours: float, *events: dict[str, Any], actor: str = SYSTEM) -> None:
        self._add(hours, actor, events, Outcome("recorded"))

    def refuse(
        self, hours: float, code: str, *, actor: str, announcement_id: str, **facts: Any
    ) -> None:
        outcome = Outcome(
            code, refused=True, announcement_id=AnnouncementId(announcement_id), facts=facts
        )
        self._add(hours, actor, (), outcome)

    def invite(self, hours: float, results: list[dict[str, str]], *, actor: str) -> None:
        self._add(hours, actor, (), Outcome("guests_invited", facts={"results": results}))

    def evening(
        self,
        hours: float,
        name: str,
        *,
        host: str,
        seats: int,
        starts: float,
        film: str = "Solaris",
    ) -> None:
        self.record(
            hours,
            {
                "type": "announcement.created.v1",
                "announcement_id": name,
                "author_id": host,
                "movie_id": f"id of {film}",
                "movie_title": film,
                "movie_title_ru": film,
                "duration_min": 120,
                "title": name,
                "description": "",
                "visibility": "public",
                "is_free": True,
                "ticket_count": seats,
                "event_time": (BEGIN + timedelta(hours=starts)).isoformat(),
                "event_location": "here",
            },
            {"type": "announcement.published.v1", "announcement_id": name, "version": 2},
            actor=host,
        )

    def move(self, hours: float, name: str, *, starts: float, actor: str) -> None:
        event_time = (BEGIN + timedelta(hours=starts)).isoformat()
        moved = {"type": "announcement.changed.v1", "announcement_id": name, "version": 3}
        self.record(hours, moved | {"event_time": event_time}, actor=actor)

    def call_off(self, hours: float, name: str, *, actor: str) -> None:
        off = {"type": "announcement.cancelled.v1", "announcement_id": name, "version": 3}
        self.record(hours, off | {"by": "author"}, actor=actor)

    def booking(
        self,
        hours: float,
        what: str,
        booking: str,
        pair: tuple[bool | None, bool | None],
        taken: int,
        *,
        actor: str = SYSTEM,
        **more: Any,
    ) -> None:
        """`booking` is `<evening>/<guest>`."""
        evening, guest = booking.split("/")
        event = {
            "type": f"booking.{what}.v1",
            "booking_id": BookingId(booking),
            "announcement_id": evening,
            "guest_id": guest,
            "author_status": pair[0],
            "guest_status": pair[1],
            "taken": taken,
            **more,
        }
        self.record(hours, event, actor=actor)

    def rating(self, hours: float, what: str, *reviews: Review, **fields: Any) -> None:
        """An event of each of `reviews`, in one commit."""
        events = [{"type": f"rating.{what}.v1", **review._asdict(), **fields} for review in reviews]
        self.record(hours, *events)

    def records(self) -> list[bytes]:
        """As they lie in a journal: a claim, then every commit, chained."""
        found = [encode_record(Claim(1, 1, GENESIS_HASH, "nonce", "http://leader"))]
        for commit in self.commits:
            chained: Record = msgspec.structs.replace(commit, prev_hash=hash_record(found[-1]))
            found.append(encode_record(chained))
        return found

    async def write_to(self, journal: Journal) -> None:
        writer = await journal.open_writer()
        for record in self.records():
            await writer.append(record)
        await writer.close()

    def _add(
        self, hours: float, actor: str, events: tuple[dict[str, Any], ...], outcome: Outcome
    ) -> None:
        seq = len(self.commits) + 2
        self.commits.append(
            Commit(
                term=1,
                seq=seq,
                prev_hash="",
                decided_at=BEGIN + timedelta(hours=hours),
                command=CommandInfo(f"c{seq}", "Told", actor, f"k{seq}", "f"),
                outcome=outcome,
                events=tuple(Raw(msgspec.json.encode(event)) for event in events),
            )
        )


def evenings_in_march() -> Story:
    """Two hosts, three films, five guests; what comes of it is in test_questions.py."""
    told = Story()
    # Ada's evening of two seats: full after five hours, a third guest waits and gets in.
    told.evening(0, "e1", host="ada", seats=2, starts=96)
    told.booking(1, "requested", "e1/g1", (None, True), 0, actor="g1", author_id="ada")
    told.booking(2, "approved", "e1/g1", (True, True), 1, actor="ada")
    told.booking(3, "requested", "e1/g2", (None, True), 1, actor="g2", author_id="ada")
    told.booking(5, "approved", "e1/g2", (True, True), 2, actor="ada")
    told.booking(
        30, "requested", "e1/g3", (None, True), 2, actor="g3", author_id="ada", waiting=True
    )
    told.booking(31, "preapproved", "e1/g3", (True, True), 2, actor="ada")
    told.booking(92, "left", "e1/g2", (True, False), 1, actor="g2", reason="ill")
    told.booking(92, "offered", "e1/g3", (True, None), 2)
    told.booking(93, "accepted", "e1/g3", (True, True), 2, actor="g3")
    # Bob's: one guest comes again, one request is never answered, one overlaps.
    told.evening(24, "e2", host="bob", seats=4, starts=120, film="Stalker")
    told.booking(25, "requested", "e2/g1", (None, True), 0, actor="g1", author_id="bob")
    told.booking(26, "rejected", "e2/g1", (False, True), 0, actor="bob")
    told.booking(27, "requested", "e2/g4", (None, True), 0, actor="g4", author_id="bob")
    told.refuse(28, "overlap", actor="g2", announcement_id="e2", conflicts=["e1"])
    told.refuse(28, "overlap", actor="g3", announcement_id="e2", conflicts=["e1"])
    told.refuse(29, "already_booked", actor="g4", announcement_id="e2")
    told.booking(30, "invited", "e2/g5", (True, None), 0, actor="bob", author_id="bob")
    told.booking(31, "accepted", "e2/g5", (True, True), 1, actor="g5")
    told.invite(
        32,
        [
            {"guest_id": "g5", "code": "already_invited"},
            {"guest_id": "g6", "code": "invited", "booking_id": "e2/g6"},
        ],
        actor="bob",
    )
    # Ada again, with g1 again; then a third one, cancelled three hours before.
    told.evening(100, "e3", host="ada", seats=1, starts=148)
    told.booking(101, "requested", "e3/g1", (None, True), 0, actor="g1", author_id="ada")
    told.booking(103, "approved", "e3/g1", (True, True), 1, actor="ada")
    told.booking(104, "requested", "e3/g5", (None, True), 1, actor="g5", author_id="ada")
    told.evening(100, "e4", host="ada", seats=1, starts=130, film="Mirror")
    told.booking(110, "released", "e2/g4", (None, False), 1, reason="superseded", clashes=["e1"])
    told.call_off(127, "e4", actor="ada")
    told.rating(200, "given", REVIEWS["r1"], score=8, tags=["kind"])
    told.rating(201, "given", REVIEWS["r2"], score=10)
    told.rating(202, "changed", REVIEWS["r1"], score=9)
    told.rating(203, "revealed", REVIEWS["r1"], REVIEWS["r2"], reason="both_rated")
    told.rating(900, "given", REVIEWS["r3"], score=1)
    told.rating(901, "given", REVIEWS["r4"], score=7, tags=["no_show", "kind"])
    told.rating(902, "revealed", REVIEWS["r3"], REVIEWS["r4"], reason="both_rated")
    told.rating(903, "retracted", REVIEWS["r3"])
    return told
