"""Serves what the page of a film asks on every view: whether it shows the button "Кино в
компании", and which evenings are open.

Without a token the answer is the same for everybody and may be cached anywhere. It counts public
evenings only, and is read from the tables once in `SHARED_S`, however many ask. With a token it
counts what the caller may see: private evenings as well, but none of an author with whom the
caller has nothing to do any more.
"""

from typing import Any, Final

from fastapi import APIRouter
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from contracts.errors import DependencyDown, NotFound
from contracts.films import FilmGroup
from contracts.representations import AnnouncementResponse
from contracts.values.ids import MovieId
from contracts.values.languages import Language
from query_api.announcements.lines import PAGE_COLUMNS, select_lines
from query_api.announcements.visibility import VISIBLE
from query_api.edge.reads import Reads
from query_api.edge.routes import NO_HEADERS, answer, document, new_router
from query_api.edge.selecting import build
from runtime.auth.tokens import Caller
from runtime.calls.lookup import CacheSettings, Lookup
from runtime.http.negotiation import language_of
from runtime.http.parameters import min_position_of, path_id
from runtime.outside.ports import MovieClient

SHARED_S: Final = 5
"""How long the evenings that everybody may see are kept, here and in the caches of others."""
FILMS_MAX: Final = 2_000
NEXT_MAX: Final = 3

OPEN: Final = "a.movie_id = $4 AND a.status = 'Alive' AND a.event_time > $5"
COUNT: Final = f"SELECT count(*) FROM announcements a WHERE {OPEN} AND {VISIBLE}"
COUNTED: Final = f"({COUNT}) AS open_evenings"
ORDER: Final = "sort_key, id"
SELECT_NEXT: Final = f"""
    SELECT a.event_time AS sort_key, {PAGE_COLUMNS} WHERE {OPEN} AND {VISIBLE}
    ORDER BY a.event_time, a.announcement_id LIMIT {NEXT_MAX}
"""
NOBODY: Final = (False, None, list[str]())
"""A viewer without a token: whatever they may see, everybody may."""

FOR_ALL: Final = {"Cache-Control": f"public, max-age={SHARED_S}"}
NOT_KEPT: Final = {"Cache-Control": "no-cache"}


class TogetherResponse(Struct, frozen=True, kw_only=True):
    """What the page of a film shows."""

    shown: bool
    """Whether the button is shown, because the film may be announced."""
    reason: str | None
    """The reason why it is not shown: `film_not_allowed`, or `dependency_down` if nobody can tell
    at the moment."""
    open_evenings: int
    """Number of announcements that take requests and are still to come."""
    next: list[AnnouncementResponse]
    """The soonest of them."""


class OpenEvenings(Struct, frozen=True):
    """Announcements of one film that take requests."""

    count: int
    next: list[AnnouncementResponse]
    position: int
    """The position that they reflect."""


def build_router(reads: Reads, movies: MovieClient) -> APIRouter:
    router = new_router()
    open_evenings = OpenEveningsOfFilms(reads)

    @router.get("/film/{movie_id}/together", **document(TogetherResponse, token_optional=True))
    async def get_together(request: Request) -> Response:
        """Whether the page of a film shows the button, and which evenings are open. Needs no
        token. With one, counts the evenings that the caller may see, private ones as well."""
        caller = await reads.authenticate(request) if "authorization" in request.headers else None
        movie_id = MovieId(path_id(request, "movie_id"))
        reason = await find_reason(reads.rules.films, movies, movie_id)
        if caller is None:
            found = await open_evenings.find_public(request, movie_id)
        else:
            found = await open_evenings.find_visible(request, caller, movie_id)
        content = TogetherResponse(
            shown=reason is None,
            reason=reason,
            open_evenings=found.count,
            next=found.next,
        )
        headers = NO_HEADERS
        if caller is None:
            headers = NOT_KEPT if reason == "dependency_down" else FOR_ALL
        return answer(request, content, found.position, headers=headers)

    return router


async def find_reason(group: FilmGroup, movies: MovieClient, movie_id: MovieId) -> str | None:
    """Return why the film may not be announced, None if it may. Raises NotFound if Movie_API
    does not know it. While Movie_API is down, decides by the id as far as that is possible."""
    try:
        film = await movies.movie(movie_id)
    except DependencyDown:
        match group.includes_id(movie_id):
            case True:
                return None
            case False:
                return "film_not_allowed"
            case None:
                return "dependency_down"
    if film is None:
        raise NotFound
    return None if group.includes(film) else "film_not_allowed"


class OpenEveningsOfFilms:
    """Finds the open evenings of films. Keeps those that everybody may see for `SHARED_S`."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads
        kept = CacheSettings(ttl_s=SHARED_S, entries_max=FILMS_MAX)
        self._public = Lookup(self._fetch_public, kept)

    async def find_public(self, request: Request, movie_id: MovieId) -> OpenEvenings:
        """Return the evenings that everybody may see, at the request's `min_position` or later.
        Raises as `Reads.select` does."""
        wanted = min_position_of(request.query_params)
        asked = movie_id, language_of(request)
        kept = await self._public.get(asked)
        return kept if kept.position >= wanted else await self._fetch_public(asked, wanted)

    async def find_visible(
        self, request: Request, caller: Caller, movie_id: MovieId
    ) -> OpenEvenings:
        """Return the evenings that the caller may see, likewise, but never kept ones."""
        viewer = (caller.is_super, caller.person_id, await self._reads.fetch_followed(caller))
        wanted = min_position_of(request.query_params)
        return await self._fetch(wanted, viewer, movie_id, language_of(request))

    async def _fetch_public(self, asked: tuple[MovieId, Language], wanted: int = 0) -> OpenEvenings:
        return await self._fetch(wanted, NOBODY, *asked)

    async def _fetch(
        self, wanted: int, viewer: tuple[Any, ...], movie_id: MovieId, language: Language
    ) -> OpenEvenings:
        rows, position = await self._reads.select_at(
            wanted,
            select_lines(SELECT_NEXT, language, COUNTED),
            *viewer,
            movie_id,
            self._reads.clock(),
            order=ORDER,
        )
        count = rows[0]["open_evenings"] if rows else 0
        return OpenEvenings(count, [build(AnnouncementResponse, row) for row in rows], position)
