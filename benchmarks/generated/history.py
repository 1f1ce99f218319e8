"""Generates a plausible history of any size from a seed, as Commits of a leader.

It has announcements, requests, answers, cancellations, refusals and ratings.
"""

import heapq
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from msgspec import Raw

from contracts.journal.records import CommandInfo, Commit, Outcome
from contracts.values.ids import AnnouncementId

BEGIN: Final = datetime(2026, 1, 1, tzinfo=UTC)
DAYS: Final = 365
FILMS: Final = {f"00000000-0000-4000-a000-{number:012x}": f"Film {number}" for number in range(200)}
"""Titles by id."""
PEOPLE: Final = 50_000
LIFE: Final = timedelta(days=7.5)
"""Mean time from the creation of an announcement to its start."""
RECORDS_EACH: Final = 16.4
"""Mean number of records of one announcement, with its bookings and ratings."""
MEAN_LAG: Final = timedelta(days=8)
"""Rather more than passes on average between an announcement's creation and its records."""

_encode: Final = msgspec.json.Encoder().encode


class GeneratedHistory:
    """`commits(n)` yields at least n events. Commits of one announcement stay together."""

    def __init__(self, seed: int = 1, people: int = PEOPLE, begin: datetime = BEGIN) -> None:
        self._random = random.Random(seed)
        self._begin = begin
        self._people = people
        self._seq = 0
        self._announcements = 0
        self.events = 0

    def commits(self, events: int) -> Iterator[Commit]:
        """Yield Commits with at least `events` events."""
        until = self.events + events
        while self.events < until:
            yield from self._generate_announcement(
                self._begin + timedelta(days=self._random.random() * DAYS)
            )

    def commits_by_time(self, live: int) -> Iterator[Commit]:
        """Yield Commits without end, in the order of their times. About `live` announcements
        are neither over nor cancelled at any time."""
        waiting: list[tuple[datetime, int, Commit]] = []
        created, between = self._begin, LIFE / live
        while True:
            for commit in self._generate_announcement(created):
                heapq.heappush(waiting, (commit.decided_at, commit.seq, commit))
            created += between
            while waiting and waiting[0][0] < created:
                yield heapq.heappop(waiting)[2]

    def _generate_announcement(self, created: datetime) -> Iterator[Commit]:
        self._announcements += 1
        choose = self._random
        announcement_id = f"00000000-0000-4000-8000-{self._announcements:012x}"
        author_id = self._choose_person()
        seats = choose.randint(2, 8)
        starts = created + timedelta(days=choose.uniform(1, 14))
        yield self._commit(
            created, author_id, self._build_creation(announcement_id, author_id, seats, starts)
        )
        taken = 0
        for _ in range(choose.randint(1, 10)):
            asked = created + (starts - created) * choose.random() ** 2
            guest = self._choose_person()
            if choose.random() < 0.15:
                yield self._build_refusal(asked, guest, announcement_id)
                continue
            booking = {
                "booking_id": f"{announcement_id[:24]}{choose.getrandbits(48):012x}",
                "announcement_id": announcement_id,
                "guest_id": guest,
            }
            yield self._commit(
                asked,
                guest,
                booking
                | _pair("booking.requested.v1", None, True, taken)
                | {"author_id": author_id, "waiting": taken >= seats},
            )
            if taken < seats and choose.random() < 0.7:
                taken += 1
                answered = asked + timedelta(minutes=choose.expovariate(1 / 180))
                approved = _pair("booking.approved.v1", True, True, taken)
                yield self._commit(answered, author_id, booking | approved)
                yield from self._generate_rating(announcement_id, guest, author_id, starts)
                if choose.random() < 0.1:
                    taken -= 1
                    left = answered + (starts - answered) * choose.random()
                    yield self._commit(
                        left, guest, booking | _pair("booking.left.v1", True, False, taken)
                    )
        over = "done" if choose.random() < 0.93 else "cancelled"
        at = starts + timedelta(hours=2 if over == "done" else -choose.uniform(0, 24))
        more = {"announcement_id": announcement_id, "version": 3, "by": "author"}
        yield self._commit(at, author_id, {"type": f"announcement.{over}.v1", **more})

    def _generate_rating(
        self, announcement_id: str, rater: str, ratee: str, starts: datetime
    ) -> Iterator[Commit]:
        review = f"{announcement_id[:24]}{self._random.getrandbits(48):012x}"
        of = {
            "review_id": review,
            "announcement_id": announcement_id,
            "rater_id": rater,
            "ratee_id": ratee,
            "role": "host",
        }
        score = min(10, max(1, round(self._random.gauss(8, 1.5))))
        sealed_until = starts + timedelta(days=14)
        given = {"type": "rating.given.v1", **of, "score": score, "tags": []}
        sealed = {"sealed_until": sealed_until.isoformat()}
        yield self._commit(starts + timedelta(days=1), rater, given | sealed)
        revealed = {"type": "rating.revealed.v1", **of, "reason": "window_over"}
        yield self._commit(sealed_until, "system", revealed)

    def _build_creation(
        self, announcement_id: str, author_id: str, seats: int, starts: datetime
    ) -> tuple[dict[str, Any], ...]:
        movie_id, film = self._random.choice(tuple(FILMS.items()))
        created = {
            "type": "announcement.created.v1",
            "announcement_id": announcement_id,
            "author_id": author_id,
            "movie_id": movie_id,
            "movie_title": film,
            "movie_title_ru": film,
            "duration_min": 120,
            "title": f"{film}, together",
            "description": "Tea, popcorn and a talk about it afterwards.",
            "visibility": "public",
            "is_free": True,
            "ticket_count": seats,
            "event_time": starts.isoformat(),
            "event_location": "Nevsky prospekt 1",
        }
        published = {
            "type": "announcement.published.v1",
            "announcement_id": announcement_id,
            "version": 2,
        }
        return created, published

    def _choose_person(self) -> str:
        # Some people go out far more often than others.
        number = int(self._people * self._random.random() ** 3)
        return f"00000000-0000-4000-9000-{number:012x}"

    def _build_refusal(self, at: datetime, guest: str, announcement_id: str) -> Commit:
        code = self._random.choice(("overlap", "overlap", "no_seats", "already_booked"))
        outcome = Outcome(code, refused=True, announcement_id=AnnouncementId(announcement_id))
        return self._make_commit(at, guest, (), outcome)

    def _commit(
        self, at: datetime, actor: str, events: dict[str, Any] | tuple[dict[str, Any], ...]
    ) -> Commit:
        several = events if isinstance(events, tuple) else (events,)
        self.events += len(several)
        return self._make_commit(at, actor, several, Outcome("recorded"))

    def _make_commit(
        self, at: datetime, actor: str, events: tuple[dict[str, Any], ...], outcome: Outcome
    ) -> Commit:
        self._seq += 1
        return Commit(
            term=1,
            seq=self._seq,
            prev_hash="",
            decided_at=at,
            command=CommandInfo("", "Generated", actor, "", ""),
            outcome=outcome,
            events=tuple(Raw(_encode(event)) for event in events),
        )


def find_begin(
    end: datetime, records: int, live: int, records_each: float = RECORDS_EACH
) -> datetime:
    """Return when a history of `live` announcements at a time has to begin, so that `records`
    records end a little before `end`. Each announcement has so many records on average."""
    return end - LIFE / live * (records / records_each) - MEAN_LAG


def _pair(kind: str, author: bool | None, guest: bool | None, taken: int) -> dict[str, Any]:
    return {"type": kind, "author_status": author, "guest_status": guest, "taken": taken}
