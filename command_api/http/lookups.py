"""Looks up facts for commands and decisions at the outside services."""

import asyncio
from collections.abc import Iterable
from uuid import UUID

from command_api.domain.announcement.commands import FilmFacts
from command_api.domain.booking.commands import Invitee
from command_api.domain.person.commands import PersonFacts
from contracts.errors import DependencyDown, Forbidden, NeedsFact, NotFound
from contracts.films import FilmGroup, demand_episode
from contracts.values.ids import OPERATOR, BookingId, MovieId, PersonId, new_id
from runtime.outside.ports import AuthClient, Movie, MovieClient, PersonProfile, UgcClient


class Lookups:
    """Asks Auth, Movie_API and UGC, and returns their answers in the types of the domain."""

    def __init__(
        self, *, auth: AuthClient, movies: MovieClient, ugc: UgcClient, films: FilmGroup
    ) -> None:
        self._auth = auth
        self._movies = movies
        self._ugc = ugc
        self._films = films

    async def find_film(
        self, movie_id: MovieId, season: int | None, episode: int | None
    ) -> FilmFacts:
        """Return what Movie_API says of the film that is to be announced.

        Raises NotFound if there is no such film, Forbidden `film_not_allowed` if it does not
        belong to the cell's group, Malformed if the episode is not one of it, and
        DependencyDown if Movie_API does not answer.
        """
        movie = await self._find_movie(movie_id)
        demand_episode(movie, season, episode)
        return _film_facts(movie)

    async def find_film_to_plan(self, movie_id: MovieId) -> FilmFacts:
        """As `find_film`, but of a series no episode is asked for: any of them will do."""
        return _film_facts(await self._find_movie(movie_id))

    async def find_invitees(self, guest_ids: Iterable[UUID]) -> tuple[Invitee, ...]:
        """Return each guest once, with what Auth says of them and a new booking id. Raises
        DependencyDown if Auth does not answer."""
        unique = list(dict.fromkeys(PersonId(str(one)) for one in guest_ids))
        people = await asyncio.gather(*(self._auth.person(one) for one in unique))
        return tuple(
            Invitee(person_id, BookingId(new_id()), _person_facts(person_id, person))
            for person_id, person in zip(unique, people, strict=True)
        )

    async def find_actor(self, person_id: PersonId) -> PersonFacts | None:
        """Return what Auth says of the person who gives a command.

        Returns None if Auth does not answer: then the name known so far stays. Returns None also
        for the operator, whom Auth does not know.
        """
        if person_id == OPERATOR:
            return None
        try:
            return _person_facts(person_id, await self._auth.person(person_id))
        except DependencyDown:
            return None

    async def find_following(self, needs: NeedsFact) -> bool:
        """Return whether the guest that `needs` names follows the author it names.

        Returns False if UGC does not answer: then an announcement for followers stays hidden.
        """
        author_id, guest_id = needs.wanted["follows"]
        try:
            return await self._ugc.follows(author_id, guest_id)
        except DependencyDown:
            return False

    async def _find_movie(self, movie_id: MovieId) -> Movie:
        movie = await self._movies.movie(movie_id)
        if movie is None:
            raise NotFound
        if not self._films.includes(movie):
            raise Forbidden("film_not_allowed")
        return movie


def _person_facts(person_id: PersonId, person: PersonProfile | None) -> PersonFacts | None:
    if person is None:
        return None
    return PersonFacts(person_id, person.name, person.language, person.tz)


def _film_facts(movie: Movie) -> FilmFacts:
    return FilmFacts(movie.movie_id, movie.title, movie.title_ru, movie.duration_min)
