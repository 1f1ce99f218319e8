"""What is measured: many guests ask to come to one evening. Shared by servers and load."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

import msgspec

from benchmarks.load import http_request
from contracts.values.ids import MovieId, PersonId
from runtime.auth.tokens import issue_token
from runtime.outside.ports import Movie, PersonProfile

AUDIENCE_SECRET: Final = "a secret of benchmarks only, long enough"
_NAMESPACE: Final = UUID("6b1f7a52-40c4-4d8e-9d51-3f6f0a1c2b3d")
GUESTS: Final = 9_300
MOVIE_ID: Final = str(uuid5(_NAMESPACE, "movie"))
HOST_ID: Final = str(uuid5(_NAMESPACE, "host"))


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


def token(person_id: str) -> str:
    """The same all day: a server can have seen it before."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return issue_token(person_id, key=AUDIENCE_SECRET, now=today, lifetime=timedelta(days=2))


def guest_tokens(first: int, count: int) -> Iterator[str]:
    return (token(str(uuid5(_NAMESPACE, str(number)))) for number in range(first, first + count))


def announce_request(hours_ahead: int) -> bytes:
    """Room for ten thousand guests, every time at another hour."""
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
    return http_request("POST", path, token(HOST_ID), msgspec.json.encode(body))


def booking_requests(announcement_id: str, first: int, count: int) -> Iterator[bytes]:
    """Each by another guest: one guest may ask only once."""
    path = f"/api/v1/booking/{announcement_id}"
    return iter([http_request("POST", path, one) for one in guest_tokens(first, count)])
