"""Builds a small history with known answers, out of events as they are stored."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from contracts.journal.records import Commit, Outcome
from contracts.values.ids import SYSTEM, AnnouncementId, BookingId
from runtime.journal.port import Journal
from tests.histories.chain import RECORDED, Chain

BEGIN: Final = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class RatingSides(NamedTuple):
    """What every event of a rating states."""

    review_id: str
    announcement_id: str
    rater_id: str
    ratee_id: str
    role: str


RATINGS: Final = {
    one.review_id: one
    for one in (
        RatingSides("r1", "e1", "g1", "ada", "host"),
        RatingSides("r2", "e1", "ada", "g1", "guest"),
        RatingSides("r3", "e3", "g1", "ada", "host"),
        RatingSides("r4", "e3", "ada", "g1", "guest"),
    )
}


class StatedHistory:
    """Commits in the order they are stated; hours count from `BEGIN`."""

    def __init__(self) -> None:
        self.chain = Chain(BEGIN)

    @property
    def commits(self) -> list[Commit]:
        return self.chain.commits

    async def write_to(self, journal: Journal) -> None:
        await self.chain.write_to(journal)

    def record(self, hours: float, *events: dict[str, Any], actor: str = SYSTEM) -> None:
        self._add(hours, actor, events, RECORDED)

    def refuse(
        self, hours: float, code: str, *, actor: str, announcement_id: str, **facts: Any
    ) -> None:
        outcome = Outcome(
            code, refused=True, announcement_id=AnnouncementId(announcement_id), facts=facts
        )
        self._add(hours, actor, (), outcome)

    def invite(self, hours: float, results: list[dict[str, str]], *, actor: str) -> None:
        self._add(hours, actor, (), Outcome("guests_invited", facts={"results": results}))

    def announce(
        self,
        hours: float,
        name: str,
        *,
        author: str,
        seats: int,
        starts: float,
        film: str = "Solaris",
    ) -> None:
        self.record(
            hours,
            {
                "type": "announcement.created.v1",
                "announcement_id": name,
                "author_id": author,
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
            actor=author,
        )

    def move(self, hours: float, name: str, *, starts: float, actor: str) -> None:
        event_time = (BEGIN + timedelta(hours=starts)).isoformat()
        moved = {"type": "announcement.changed.v1", "announcement_id": name, "version": 3}
        self.record(hours, moved | {"event_time": event_time}, actor=actor)

    def call_off(self, hours: float, name: str, *, actor: str) -> None:
        off = {"type": "announcement.cancelled.v1", "announcement_id": name, "version": 3}
        self.record(hours, off | {"by": "author"}, actor=actor)

    def book(
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
        """Record an event of `booking`, which is `<announcement>/<guest>`."""
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

    def rate(self, hours: float, what: str, *ratings: RatingSides, **fields: Any) -> None:
        """Record an event of each of `ratings`, in one commit."""
        events = [{"type": f"rating.{what}.v1", **rating._asdict(), **fields} for rating in ratings]
        self.record(hours, *events)

    def _add(
        self, hours: float, actor: str, events: tuple[dict[str, Any], ...], outcome: Outcome
    ) -> None:
        at = BEGIN + timedelta(hours=hours)
        self.chain.commit(*events, at=at, outcome=outcome, actor=actor, kind="Told")


def evenings_in_march() -> StatedHistory:
    """Return two authors, three films and five guests. test_questions.py has what follows
    from it."""
    march = StatedHistory()
    # Ada's evening of two seats: full after five hours, a third guest waits and gets in.
    march.announce(0, "e1", author="ada", seats=2, starts=96)
    march.book(1, "requested", "e1/g1", (None, True), 0, actor="g1", author_id="ada")
    march.book(2, "approved", "e1/g1", (True, True), 1, actor="ada")
    march.book(3, "requested", "e1/g2", (None, True), 1, actor="g2", author_id="ada")
    march.book(5, "approved", "e1/g2", (True, True), 2, actor="ada")
    march.book(30, "requested", "e1/g3", (None, True), 2, actor="g3", author_id="ada", waiting=True)
    march.book(31, "preapproved", "e1/g3", (True, True), 2, actor="ada")
    march.book(92, "left", "e1/g2", (True, False), 1, actor="g2", reason="ill")
    march.book(92, "offered", "e1/g3", (True, None), 2)
    march.book(93, "accepted", "e1/g3", (True, True), 2, actor="g3")
    # Bob's: one guest comes again, one request is never answered, one overlaps.
    march.announce(24, "e2", author="bob", seats=4, starts=120, film="Stalker")
    march.book(25, "requested", "e2/g1", (None, True), 0, actor="g1", author_id="bob")
    march.book(26, "rejected", "e2/g1", (False, True), 0, actor="bob")
    march.book(27, "requested", "e2/g4", (None, True), 0, actor="g4", author_id="bob")
    march.refuse(28, "overlap", actor="g2", announcement_id="e2", conflicts=["e1"])
    march.refuse(28, "overlap", actor="g3", announcement_id="e2", conflicts=["e1"])
    march.refuse(29, "already_booked", actor="g4", announcement_id="e2")
    march.book(30, "invited", "e2/g5", (True, None), 0, actor="bob", author_id="bob")
    march.book(31, "accepted", "e2/g5", (True, True), 1, actor="g5")
    march.invite(
        32,
        [
            {"guest_id": "g5", "code": "already_invited"},
            {"guest_id": "g6", "code": "invited", "booking_id": "e2/g6"},
        ],
        actor="bob",
    )
    # Ada again, with g1 again; then a third one, cancelled three hours before.
    march.announce(100, "e3", author="ada", seats=1, starts=148)
    march.book(101, "requested", "e3/g1", (None, True), 0, actor="g1", author_id="ada")
    march.book(103, "approved", "e3/g1", (True, True), 1, actor="ada")
    march.book(104, "requested", "e3/g5", (None, True), 1, actor="g5", author_id="ada")
    march.announce(100, "e4", author="ada", seats=1, starts=130, film="Mirror")
    march.book(110, "released", "e2/g4", (None, False), 1, reason="superseded", clashes=["e1"])
    march.call_off(127, "e4", actor="ada")
    march.rate(200, "given", RATINGS["r1"], score=8, tags=["kind"])
    march.rate(201, "given", RATINGS["r2"], score=10)
    march.rate(202, "changed", RATINGS["r1"], score=9)
    march.rate(203, "revealed", RATINGS["r1"], RATINGS["r2"], reason="both_rated")
    march.rate(900, "given", RATINGS["r3"], score=1)
    march.rate(901, "given", RATINGS["r4"], score=7, tags=["no_show", "kind"])
    march.rate(902, "revealed", RATINGS["r3"], RATINGS["r4"], reason="both_rated")
    march.rate(903, "retracted", RATINGS["r3"])
    return march
