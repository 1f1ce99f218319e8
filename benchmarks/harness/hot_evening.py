"""The case that is measured: many guests request one announcement. Servers and load share it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

import msgspec

from benchmarks.harness.load import build_http_request
from contracts.values.ids import MovieId, PersonId
from runtime.auth.tokens import issue_token
from runtime.outside.ports import Movie, PersonProfile

AUDIENCE_SECRET: Final = "a secret of benchmarks only, long enough"
NAMESPACE: Final = UUID("6b1f7a52-40c4-4d8e-9d51-3f6f0a1c2b3d")
GUESTS: Final = 9_300
MOVIE_ID: Final = str(uuid5(NAMESPACE, "movie"))
AUTHOR_ID: Final = str(uuid5(NAMESPACE, "host"))


class KnownPeople:
    async def person(self, person_id: PersonId) -> PersonProfile:
        return PersonProfile(person_id, person_id[:8])


class KnownMovies:
    async def movie(self, movie_id: MovieId) -> Movie:
        return Movie(movie_id, "Solaris", "Солярис", 1972, 167)


class NobodyFollows:
    async def follows(self, author_id: PersonId, follower_id: PersonId) -> bool:
        return False

    async def followers(self, author_id: PersonId) -> tuple[PersonId, ...]:
        return ()

    async def following(self, user_id: PersonId) -> frozenset[PersonId]:
        return frozenset()


def make_token(person_id: str) -> str:
    """Return a token that is the same all day, so that a server can have cached it."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return issue_token(person_id, key=AUDIENCE_SECRET, now=today, lifetime=timedelta(days=2))


def list_guests(first: int, count: int) -> list[str]:
    """Return the ids of `count` guests, from number `first` on."""
    return [str(uuid5(NAMESPACE, str(number))) for number in range(first, first + count)]


def guest_tokens(first: int, count: int) -> Iterator[str]:
    """Yield the tokens of `count` guests, from number `first` on."""
    return map(make_token, list_guests(first, count))


def announce_request(hours_ahead: int, author_id: str = AUTHOR_ID) -> bytes:
    """Return a request that announces an evening with ten thousand seats."""
    body = {
        "title": "Solaris together",
        "description": "",
        "sub_only": False,
        "is_free": True,
        "ticket_count": 10_000,
        "event_time": datetime.now(UTC) + timedelta(hours=hours_ahead),
        "event_location": "Here",
    }
    path = f"/api/v1/announcement/{MOVIE_ID}"
    return build_http_request("POST", path, make_token(author_id), msgspec.json.encode(body))


def booking_requests(announcement_id: str, first: int, count: int) -> Iterator[bytes]:
    """Return booking requests of different guests: a guest may request only once."""
    path = f"/api/v1/booking/{announcement_id}"
    return iter([build_http_request("POST", path, one) for one in guest_tokens(first, count)])


def check_requests(announcement_id: str, first: int, count: int) -> Iterator[bytes]:
    """Return requests of different guests for whether a request for a seat would be accepted."""
    path = f"/api/v1/announcement/{announcement_id}/eligibility"
    return iter([build_http_request("GET", path, one) for one in guest_tokens(first, count)])
