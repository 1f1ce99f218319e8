"""The stand-in without HTTP: the ports to the services around us, answered by its state.

For a system that runs the stand-in in its own event loop, where a call over a socket to
itself costs several times what is called. It answers as the adapters of
`runtime.outside.adapters` do, and tests/contract holds both to the same; only that nothing
is cached, and nothing tried again.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from msgspec import to_builtins
from pydantic import ValidationError

from contracts.errors import DependencyDown, DependencyRefused, Malformed, NotFound
from contracts.ids import MovieId, PersonId
from neighbours.app import StandInState
from neighbours.services.notification import SendBody
from neighbours.services.shortener import LinkBody
from neighbours.switches import SERVICES, Service
from runtime.calls.circuit import CircuitState
from runtime.outside.ports import Movie, Notice, PersonProfile, fit_profile, notification_id_of

ALL: Final = -1
"""To SQLite no limit at all."""


class InProcess:
    """The five ports. A service that is switched off, or slower than `deadline_s`, is down."""

    def __init__(self, state: StandInState, deadline_s: float = 4.0) -> None:
        self._state = state
        self._deadline_s = deadline_s
        self.auth = _Auth(self)
        self.movies = _Movies(self)
        self.ugc = _Ugc(self)
        self.notification = _Notification(self)
        self.shortener = _Shortener(self)

    @asynccontextmanager
    async def asked(self, service: Service) -> AsyncIterator[StandInState]:
        """The state, once the service would answer. Raises DependencyDown, also where its
        store fails, and DependencyRefused for what it would never take."""
        try:
            async with asyncio.timeout(self._deadline_s):
                await self._state.switches.guard(service)()
            yield self._state
        except (TimeoutError, sqlite3.Error) as error:
            raise DependencyDown(service) from error
        except ValidationError as error:
            raise DependencyRefused(service, 422) from error

    def circuits(self) -> dict[str, CircuitState]:
        """For /readyz: what answers, and what is switched off."""
        down = self._state.switches.down
        return {service: "open" if service in down else "closed" for service in SERVICES}


class _Auth:
    def __init__(self, services: InProcess) -> None:
        self._asked = services.asked

    async def person(self, person_id: PersonId) -> PersonProfile | None:
        async with self._asked("auth") as state:
            try:
                user = state.people.person(person_id)
            except NotFound:
                return None
        return fit_profile(person_id, user["name"], user["language"], user["tz"])


class _Movies:
    def __init__(self, services: InProcess) -> None:
        self._asked = services.asked

    async def movie(self, movie_id: MovieId) -> Movie | None:
        async with self._asked("movies") as state:
            try:
                film = state.films.film(movie_id)
            except NotFound:
                return None
        return Movie(movie_id, film.title, film.title_ru, film.year, film.duration_min)


class _Ugc:
    def __init__(self, services: InProcess) -> None:
        self._asked = services.asked

    async def follows(self, author_id: PersonId, follower_id: PersonId) -> bool:
        return author_id in await self.following(follower_id)

    async def followers(self, author_id: PersonId) -> tuple[PersonId, ...]:
        async with self._asked("ugc") as state:
            return tuple(map(PersonId, state.followers.followers(author_id, "", ALL)))

    async def following(self, user_id: PersonId) -> frozenset[PersonId]:
        async with self._asked("ugc") as state:
            return frozenset(map(PersonId, state.followers.following(user_id, "", ALL)))


class _Notification:
    def __init__(self, services: InProcess) -> None:
        self._asked = services.asked

    async def send(self, notice: Notice) -> None:
        async with self._asked("notification") as state:
            state.deliver(_body_of(notice))


class _Shortener:
    def __init__(self, services: InProcess) -> None:
        self._asked = services.asked

    async def link(self, target: str) -> str:
        async with self._asked("shortener") as state:
            try:
                link = state.links.shorten(LinkBody(target=target).target, None)
            except Malformed as error:
                raise DependencyRefused("shortener", 422) from error
        return str(link["short_link"])


def _body_of(notice: Notice) -> SendBody:
    """Raises ValidationError for what Notification would never take."""
    fields: dict[str, Any] = {name: getattr(notice, name) for name in notice.__struct_fields__}
    context = to_builtins(notice.context)
    return SendBody(**fields | {"context": context}, notification_id=notification_id_of(notice.key))
