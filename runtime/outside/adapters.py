"""HTTP clients of the five outside services. `runtime.outside.wiring` builds them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from contracts.errors import DependencyDown, DependencyRefused
from contracts.values.decoding import UNDECODABLE
from contracts.values.ids import MovieId, PersonId, canonical_uuid
from contracts.values.languages import HOME_LANGUAGE
from contracts.values.zones import HOME_ZONE
from runtime.calls.lookup import CacheSettings, Lookup
from runtime.calls.remote import Remote
from runtime.outside.ports import (
    Click,
    Movie,
    MovieAnswer,
    Notice,
    PersonProfile,
    Retraction,
    fit_movie,
    fit_profile,
    notification_id_of,
)

T = TypeVar("T")

FOLLOWERS_MAX: Final = 1_000_000
"""The largest number of followers that we accept for one author."""
FOLLOWING_MAX: Final = 20_000
"""The largest number of people that we accept as followed by one person."""
FOLLOWING_HELD_MAX: Final = 500_000
"""The largest number of ids in the cache, for all people together."""
CLICKS_A_PAGE: Final = 1_000
LISTING_S_MAX: Final = 60.0
"""Limit for all pages of a list together. Each page alone may take as long as a whole call."""


class _User(Struct):
    name: str
    language: str = HOME_LANGUAGE
    tz: str = HOME_ZONE


class _Link(Struct):
    short_link: str


class _Clicks(Struct):
    clicks: list[Click]


class HttpAuth:
    """Asks Auth, with a cache."""

    def __init__(self, remote: Remote, cache: CacheSettings) -> None:
        self._remote = remote
        self._people = Lookup(self._ask, cache)

    async def person(self, person_id: PersonId) -> PersonProfile | None:
        return await self._people.get(person_id)

    async def _ask(self, person_id: PersonId) -> PersonProfile | None:
        reply = await self._remote.call("GET", f"/users/{person_id}")
        if not reply.found:
            return None
        user = _decode(self._remote, reply.body, _User)
        return fit_profile(person_id, user.name, user.language, user.tz)


class HttpMovies:
    """Asks Movie_API, with a cache."""

    def __init__(self, remote: Remote, cache: CacheSettings) -> None:
        self._remote = remote
        self._movies = Lookup(self._ask, cache)

    async def movie(self, movie_id: MovieId) -> Movie | None:
        return await self._movies.get(movie_id)

    async def _ask(self, movie_id: MovieId) -> Movie | None:
        reply = await self._remote.call("GET", f"/{movie_id}")
        if not reply.found:
            return None
        return fit_movie(movie_id, _decode(self._remote, reply.body, MovieAnswer))


class HttpUgc:
    """Asks UGC. Caches whom a person follows, but never who follows an author."""

    def __init__(self, remote: Remote, cache: CacheSettings) -> None:
        self._remote = remote
        self._following = Lookup(
            self._ask_following, cache, weigh=len, weight_max=FOLLOWING_HELD_MAX
        )

    async def follows(self, author_id: PersonId, follower_id: PersonId) -> bool:
        return author_id in await self.following(follower_id)

    async def following(self, user_id: PersonId) -> frozenset[PersonId]:
        return await self._following.get(user_id)

    async def followers(self, author_id: PersonId) -> tuple[PersonId, ...]:
        return await self._load_all_pages(f"/followers/{author_id}", FOLLOWERS_MAX)

    async def _ask_following(self, user_id: PersonId) -> frozenset[PersonId]:
        return frozenset(await self._load_all_pages(f"/following/{user_id}", FOLLOWING_MAX))

    async def _load_all_pages(self, path: str, listed_max: int) -> tuple[PersonId, ...]:
        """Return the whole list. Raises DependencyDown, also if the list is longer than
        `listed_max` or takes too long."""
        try:
            async with asyncio.timeout(LISTING_S_MAX):
                return tuple([one async for one in self._iterate_pages(path, listed_max)])
        except TimeoutError as error:
            raise DependencyDown(self._remote.name) from error

    async def _iterate_pages(self, path: str, listed_max: int) -> AsyncIterator[PersonId]:
        listed = 0
        cursor: str | None = None
        while True:
            query = {} if cursor is None else {"cursor": cursor}
            reply = await self._remote.call("GET", path, query=query)
            if not reply.found:
                return  # UGC knows nothing of this person.
            page = self._read_ids(reply.body)
            listed += len(page)
            if listed > listed_max:
                break
            for one in page:
                yield one
            before, cursor = cursor, reply.headers.get("X-Next-Cursor")
            if cursor is None:
                return
            if not page or cursor == before:
                break  # It says that there is more, but makes no progress.
        raise DependencyDown(self._remote.name)

    def _read_ids(self, page: bytes) -> list[PersonId]:
        """Return the ids in canonical spelling. Raises DependencyDown if one is not a UUID."""
        ids = [canonical_uuid(one) for one in _decode(self._remote, page, list[str])]
        if None in ids:
            raise DependencyDown(self._remote.name)
        return [PersonId(one) for one in ids if one is not None]


class HttpNotification:
    """Hands notices to Notification."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    async def send(self, notice: Notice) -> None:
        body = msgspec.to_builtins(notice) | {"notification_id": notification_id_of(notice.key)}
        reply = await self._remote.call(
            "POST",
            "/send",
            body=msgspec.json.encode(body),
            headers={"Idempotency-Key": notice.key},
        )
        if not reply.found:
            raise DependencyDown(self._remote.name)

    async def retract(self, retractions: Sequence[Retraction]) -> None:
        body = msgspec.json.encode({"notices": retractions})
        reply = await self._remote.call("POST", "/retract", body=body)
        if not reply.found:
            raise DependencyDown(self._remote.name)

    async def empty_inbox(self, user_id: PersonId, until: datetime) -> None:
        query = {"until": until.isoformat()}
        reply = await self._remote.call("DELETE", f"/inbox/{user_id}", query=query)
        if not reply.found:
            raise DependencyDown(self._remote.name)


class HttpShortener:
    """Asks Url_shortner, with a cache."""

    def __init__(self, remote: Remote, cache: CacheSettings) -> None:
        self._remote = remote
        self._links = Lookup(self._ask, cache)

    async def link(self, target: str) -> str:
        return await self._links.get(target)

    async def _ask(self, target: str) -> str:
        body = msgspec.json.encode({"target": target})
        reply = await self._remote.call("POST", "/links", body=body)
        if not reply.found:
            raise DependencyDown(self._remote.name)
        return _decode(self._remote, reply.body, _Link).short_link

    async def clicks(self, after: int) -> Sequence[Click]:
        query = {"after": str(after), "limit": str(CLICKS_A_PAGE)}
        reply = await self._remote.call("GET", "/clicks", query=query)
        if not reply.found:
            raise DependencyRefused(self._remote.name, 404)
        clicks = _decode(self._remote, reply.body, _Clicks).clicks
        ids = [after, *(one.id for one in clicks)]
        if any(earlier >= later for earlier, later in pairwise(ids)):
            raise DependencyDown(self._remote.name)  # To go on from there would lose clicks.
        return clicks


def _decode(remote: Remote, body: bytes, kind: type[T]) -> T:
    """Decode a response. Raises DependencyDown if it breaks the contract."""
    try:
        return msgspec.json.decode(body, type=kind)
    except UNDECODABLE as error:
        raise DependencyDown(remote.name) from error
