"""Answers the ports to outside services from the stand-in's state, without HTTP.

For a system that runs the stand-in in its own event loop: a call to itself over a socket
would cost several times the work. It answers as the adapters of `runtime.outside.adapters`
do, and tests/contract holds both to the same tests. Nothing is cached and nothing is retried.
"""

import asyncio
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from msgspec import convert, to_builtins
from pydantic import ValidationError

from contracts.errors import DependencyDown, DependencyRefused, Malformed, NotFound
from contracts.values.ids import MovieId, PersonId
from neighbours.app import StandInState
from neighbours.services.auth import KEPT_MAX
from neighbours.services.notification import RetractBody, SendBody
from neighbours.services.shortener import CLICKS_A_PAGE_MAX, LinkBody
from neighbours.switches import SERVICES, Service
from runtime.calls.circuit import CircuitState
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
from runtime.traces.context import current_traceparent
from runtime.traces.spans import SPANS, Attributes, Span, name_error

ALL: Final = -1
"""SQLite's word for no limit."""


_fit_profile: Final = lru_cache(KEPT_MAX)(fit_profile)


class InProcessClients:
    """Implements the five ports of `runtime.outside.ports`.

    A service counts as down if it is switched off or slower than `deadline_s`.
    """

    def __init__(self, state: StandInState, deadline_s: float = 4.0) -> None:
        self._state = state
        self._deadline_s = deadline_s
        self.auth = _Auth(self)
        self.movies = _Movies(self)
        self.ugc = _Ugc(self)
        self.notification = _Notification(self)
        self.shortener = _Shortener(self)

    def call(self, service: Service) -> "_Call":
        """Return the context of one call."""
        return _Call(self._state, service, self._deadline_s)

    def circuits(self) -> dict[str, CircuitState]:
        """Return which services answer and which are switched off, for /readyz."""
        down = self._state.switches.down
        return {service: "open" if service in down else "closed" for service in SERVICES}


class _Call:
    """Gives the state once the service would answer.

    Raises DependencyDown, also if its store fails, and DependencyRefused for what the service
    would never accept. Every write looks a person up, so it is not made of a generator.
    """

    __slots__ = ("_deadline_s", "_service", "_span", "_state")

    def __init__(self, state: StandInState, service: Service, deadline_s: float) -> None:
        self._state = state
        self._service = service
        self._deadline_s = deadline_s
        self._span: Span | None = None

    async def __aenter__(self) -> StandInState:
        if SPANS.is_open:
            told: Attributes = {"peer.service": self._service}
            self._span = SPANS.begin(f"ask {self._service}", "client", current_traceparent(), told)
        try:
            return await self._answer()
        except DependencyDown as error:
            self._end_span(error)
            raise

    async def _answer(self) -> StandInState:
        switches = self._state.switches
        if delay_s := switches.delay_s(self._service):
            try:
                async with asyncio.timeout(self._deadline_s):
                    await asyncio.sleep(delay_s)
            except TimeoutError as error:
                raise DependencyDown(self._service) from error
        switches.demand_up(self._service)
        return self._state

    async def __aexit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _traceback: object
    ) -> None:
        self._end_span(error)
        if isinstance(error, sqlite3.Error):
            raise DependencyDown(self._service) from error
        if isinstance(error, ValidationError):
            raise DependencyRefused(self._service, 422) from error

    def _end_span(self, error: BaseException | None) -> None:
        if self._span is not None:
            self._span.end("" if error is None else name_error(error))


class _Auth:
    def __init__(self, services: InProcessClients) -> None:
        self._call = services.call

    async def person(self, person_id: PersonId) -> PersonProfile | None:
        async with self._call("auth") as state:
            try:
                user = state.people.person(person_id)
            except NotFound:
                return None
        return _fit_profile(person_id, user["name"], user["language"], user["tz"])


class _Movies:
    def __init__(self, services: InProcessClients) -> None:
        self._call = services.call

    async def movie(self, movie_id: MovieId) -> Movie | None:
        async with self._call("movies") as state:
            try:
                film = state.films.film(movie_id)
            except NotFound:
                return None
        return fit_movie(movie_id, convert(film, MovieAnswer, from_attributes=True))


class _Ugc:
    def __init__(self, services: InProcessClients) -> None:
        self._call = services.call

    async def follows(self, author_id: PersonId, follower_id: PersonId) -> bool:
        return author_id in await self.following(follower_id)

    async def followers(self, author_id: PersonId) -> tuple[PersonId, ...]:
        async with self._call("ugc") as state:
            return tuple(map(PersonId, state.followers.followers(author_id, "", ALL)))

    async def following(self, user_id: PersonId) -> frozenset[PersonId]:
        async with self._call("ugc") as state:
            return frozenset(map(PersonId, state.followers.following(user_id, "", ALL)))


class _Notification:
    def __init__(self, services: InProcessClients) -> None:
        self._call = services.call

    async def send(self, notice: Notice) -> None:
        async with self._call("notification") as state:
            state.deliver(_body_of(notice))

    async def retract(self, retractions: Sequence[Retraction]) -> None:
        async with self._call("notification") as state:
            state.retract(RetractBody.model_validate({"notices": to_builtins(retractions)}))

    async def empty_inbox(self, user_id: PersonId, until: datetime) -> None:
        async with self._call("notification") as state:
            state.empty_inbox(user_id, until)


class _Shortener:
    def __init__(self, services: InProcessClients) -> None:
        self._call = services.call

    async def link(self, target: str) -> str:
        async with self._call("shortener") as state:
            try:
                link = state.links.shorten(LinkBody(target=target).target, None)
            except Malformed as error:
                raise DependencyRefused("shortener", 422) from error
        return str(link["short_link"])

    async def clicks(self, after: int) -> Sequence[Click]:
        async with self._call("shortener") as state:
            return convert(state.links.clicks(after, CLICKS_A_PAGE_MAX), list[Click])


def _body_of(notice: Notice) -> SendBody:
    """Return the notice as a body. Raises ValidationError if Notification would refuse it."""
    fields: dict[str, Any] = {name: getattr(notice, name) for name in notice.__struct_fields__}
    context = to_builtins(notice.context)
    return SendBody(**fields | {"context": context}, notification_id=notification_id_of(notice.key))
