"""Generates a history that breaks no rule, so that verify says yes to it.

Everybody comes in turn, so nobody is at two announcements at a time. Ids are random, as real
ones are.
"""

import heapq
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Raw

from benchmarks.generated.history import BEGIN, LIFE
from contracts.journal.records import CommandInfo, Commit, Outcome
from contracts.values.ids import AnnouncementId

PEOPLE_A_LIVE_ANNOUNCEMENT: Final = 40
FILMS: Final = 200
RECORDS_EACH: Final = 17.1
"""Mean number of records of one announcement, with its bookings and ratings."""
DURATION: Final = timedelta(hours=2)

_encode: Final = msgspec.json.Encoder().encode

Step = tuple[datetime, int, str, dict[str, Any]]
"""When, in which order, by whom, and an event."""


class LawfulHistory:
    """A history in which about `live` announcements are neither over nor cancelled at a time."""

    def __init__(self, live: int, seed: int = 1, begin: datetime = BEGIN) -> None:
        self._live = live
        self._begin = begin
        self._random = random.Random(seed)
        self._people = [self._new_id() for _ in range(live * PEOPLE_A_LIVE_ANNOUNCEMENT)]
        self._films = [self._new_id() for _ in range(FILMS)]
        self._turn = 0
        self._seen: set[str] = set()

    def commits_by_time(self) -> Iterator[Commit]:
        """Yield Commits without end, in the order of their times."""
        waiting: list[tuple[datetime, int, Commit]] = []
        created, count = self._begin, 0
        while True:
            for commit in self._generate_announcement(created):
                count += 1
                heapq.heappush(waiting, (commit.decided_at, count, commit))
            created += LIFE / self._live
            while waiting and waiting[0][0] < created:
                yield heapq.heappop(waiting)[2]

    def _generate_announcement(self, created: datetime) -> Iterator[Commit]:
        choose, announcement_id, author_id = self._random, self._new_id(), self._next_person()
        seats = choose.randint(2, 8)
        starts = created + timedelta(days=choose.uniform(1, 14))
        of = {"announcement_id": announcement_id}
        announced = {
            "type": "announcement.created.v1",
            **of,
            "author_id": author_id,
            **self._describe(seats, starts),
        }
        published = _tell("published", of, 2)
        yield _commit(created, author_id, *self._see(author_id), announced, published)
        steps: list[Step] = []
        for _ in range(choose.randint(1, 10)):
            self._add_guest(steps, announcement_id, author_id, created, starts)
        guests: set[str] = set()
        for at, _, actor, event in sorted(steps):
            kind, guest = event["type"], event["guest_id"]
            if kind == "booking.approved.v1" and len(guests) < seats:
                guests.add(guest)
            elif kind == "booking.left.v1" and guest in guests:
                guests.discard(guest)
            elif kind != "booking.requested.v1":
                yield _refuse(at, actor, announcement_id)
                continue
            yield _commit(at, actor, *self._see(actor), {**event, "taken": len(guests)})
        if choose.random() < 0.07:
            yield _commit(starts, author_id, _tell("cancelled", of, 3) | {"by": "author"})
            return
        yield _commit(starts + DURATION, "system", _tell("done", of, 3))
        for guest in sorted(guests):
            yield from self._rate(announcement_id, guest, author_id, starts)

    def _add_guest(
        self,
        steps: list[Step],
        announcement_id: str,
        author_id: str,
        created: datetime,
        starts: datetime,
    ) -> None:
        choose, guest = self._random, self._next_person()
        booking = {
            "booking_id": self._new_id(),
            "announcement_id": announcement_id,
            "guest_id": guest,
        }

        def add(at: datetime, actor: str, kind: str, author: bool | None, guest_too: bool) -> None:
            pair = {"type": kind, "author_status": author, "guest_status": guest_too}
            steps.append((at, len(steps), actor, booking | pair))

        asked = created + (starts - created) * choose.random() ** 2
        add(asked, guest, "booking.requested.v1", None, True)
        steps[-1][3]["author_id"] = author_id
        if choose.random() < 0.7:
            answered = min(asked + timedelta(minutes=choose.expovariate(1 / 180)), starts)
            add(answered, author_id, "booking.approved.v1", True, True)
            if choose.random() < 0.1:
                left = answered + (starts - answered) * choose.random()
                add(left, guest, "booking.left.v1", True, False)

    def _rate(
        self, announcement_id: str, rater: str, ratee: str, starts: datetime
    ) -> Iterator[Commit]:
        of = {
            "review_id": self._new_id(),
            "announcement_id": announcement_id,
            "rater_id": rater,
            "ratee_id": ratee,
            "role": "host",
        }
        score = min(10, max(1, round(self._random.gauss(8, 1.5))))
        until = starts + timedelta(days=14)
        given = {"type": "rating.given.v1", **of, "score": score, "sealed_until": until}
        yield _commit(starts + timedelta(days=1), rater, given)
        revealed = {"type": "rating.revealed.v1", **of, "reason": "window_over"}
        yield _commit(until, "system", revealed)

    def _describe(self, seats: int, starts: datetime) -> dict[str, Any]:
        film = self._random.randrange(FILMS)
        return {
            "movie_id": self._films[film],
            "movie_title": f"Film {film}",
            "movie_title_ru": f"Фильм {film}",
            "duration_min": DURATION // timedelta(minutes=1),
            "title": f"Film {film}, together",
            "description": "Tea, popcorn and a talk about it afterwards.",
            "visibility": "public",
            "is_free": True,
            "ticket_count": seats,
            "event_time": starts,
            "event_location": "Nevsky prospekt 1",
        }

    def _see(self, person_id: str) -> Iterator[dict[str, Any]]:
        """Yield an event for a person who acts for the first time."""
        if person_id not in self._seen:
            self._seen.add(person_id)
            name = f"Person {person_id[:8]}"
            yield {"type": "person.seen.v1", "person_id": person_id, "name": name}

    def _next_person(self) -> str:
        self._turn += 1
        return self._people[self._turn % len(self._people)]

    def _new_id(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))


def _tell(what: str, of: dict[str, Any], version: int) -> dict[str, Any]:
    return {"type": f"announcement.{what}.v1", **of, "version": version}


def _refuse(at: datetime, actor: str, announcement_id: str) -> Commit:
    outcome = Outcome("no_seats", refused=True, announcement_id=AnnouncementId(announcement_id))
    return _make_commit(at, actor, (), outcome)


def _commit(at: datetime, actor: str, *events: dict[str, Any]) -> Commit:
    return _make_commit(at, actor, events, Outcome("recorded"))


def _make_commit(
    at: datetime, actor: str, events: tuple[dict[str, Any], ...], outcome: Outcome
) -> Commit:
    return Commit(
        term=1,
        seq=0,
        prev_hash="",
        decided_at=at,
        command=CommandInfo("", "Generated", actor, "", ""),
        outcome=outcome,
        events=tuple(Raw(_encode(event)) for event in events),
    )
