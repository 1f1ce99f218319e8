"""Runs the query API over rows of the read models that a test writes."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import uuid4

import aiohttp
import asyncpg
from pydantic import SecretStr

from contracts.errors import DependencyDown
from contracts.events.rating import RatingRole
from contracts.scoring import UNRATED, Score
from contracts.shared_rules import SharedRules
from contracts.values.ids import MovieId, PersonId
from query_api.service import QueryService
from runtime.auth.tokens import TokenSettings, TokenVerifier, issue_token
from runtime.openapi.document import complete_document
from runtime.outside.ports import Click, Movie
from runtime.postgres.pools import READ_MODEL, open_pool, open_reading_pool
from runtime.postgres.shape_lock import ShapeLock
from runtime.process.clock import system_clock
from runtime.service.cell import ZONE_DEFAULT
from tests.cells.http_reply import HttpReply
from tests.cells.stream_reader import StreamReader, reading
from tests.servers.front_app import make_front_app
from tests.servers.http_server import served
from tests.waiting import eventually

SECRET: Final = "the secret of tests, of thirty-two bytes or more"
POOL_SIZE: Final = 3

PAIRS: Final[dict[str, tuple[bool | None, bool | None]]] = {
    "requested": (None, True),
    "waitlisted": (None, True),
    "invited": (True, None),
    "confirmed": (True, True),
    "rejected": (False, True),
    "withdrawn": (None, False),
}


class Ugc:
    """Knows whom everybody follows, until it is down."""

    def __init__(self) -> None:
        self.following_of: dict[str, set[PersonId]] = {}
        self.down = False

    async def follows(self, author_id: PersonId, follower_id: PersonId) -> bool:
        return author_id in await self.following(follower_id)

    async def followers(self, author_id: PersonId) -> tuple[PersonId, ...]:
        return tuple(PersonId(one) for one, all_ in self.following_of.items() if author_id in all_)

    async def following(self, user_id: PersonId) -> frozenset[PersonId]:
        if self.down:
            raise DependencyDown("ugc")
        return frozenset(self.following_of.get(user_id, ()))


class Shortener:
    """Makes short links, until it is down."""

    def __init__(self) -> None:
        self.down = False

    async def link(self, target: str) -> str:
        if self.down:
            raise DependencyDown("shortener")
        return f"https://practix.test/s{target}"

    async def clicks(self, after: int) -> Sequence[Click]:
        raise NotImplementedError


class BytesReply(NamedTuple):
    """An answer that is no text."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class Movies:
    """Knows the films that a test adds, until it is down."""

    def __init__(self) -> None:
        self.known: dict[MovieId, Movie] = {}
        self.down = False

    async def movie(self, movie_id: MovieId) -> Movie | None:
        if self.down:
            raise DependencyDown("movies")
        return self.known.get(movie_id)

    def add(self, **attributes: Any) -> MovieId:
        """Add a film and return its id."""
        movie_id = MovieId(str(uuid4()))
        self.known[movie_id] = Movie(movie_id, "Solaris", "Солярис", 1972, 167, **attributes)
        return movie_id


class ReadSide:
    """The query API over tables that only the test writes."""

    def __init__(self, url: str, session: aiohttp.ClientSession, pool: asyncpg.Pool) -> None:
        self.url = url
        self._session = session
        self.pool = pool
        self.ugc = Ugc()
        self.shortener = Shortener()
        self.movies = Movies()
        self.readiness: Callable[[], Mapping[str, Any]] = dict
        """Returns what /readyz of the process would say."""

    async def get(
        self, path: str, person_id: str | None = None, *, is_super: bool = False, **headers: str
    ) -> HttpReply:
        """Send a GET request. `headers` have underscores for hyphens in their names."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if person_id is not None:
            token = issue_token(person_id, key=SECRET, now=system_clock(), is_super=is_super)
            named["Authorization"] = f"Bearer {token}"
        async with self._session.get(self.url + path, headers=named) as response:
            return HttpReply(response.status, response.headers.copy(), await response.text())

    async def get_bytes(self, path: str) -> BytesReply:
        async with self._session.get(self.url + path) as response:
            return BytesReply(response.status, response.headers.copy(), await response.read())

    def stream(
        self,
        person_id: str,
        query: str = "",
        *,
        last_id: str = "",
        lifetime: timedelta = timedelta(days=1),
    ) -> AbstractAsyncContextManager[StreamReader]:
        """Read a stream until the end of the block, with a token that is good for so long."""
        token = issue_token(person_id, key=SECRET, now=system_clock(), lifetime=lifetime)
        return reading(self._session, f"{self.url}/api/v1/stream{query}", token, last_id)

    async def pages(self, path: str, person_id: str) -> list[Any]:
        """Return all lines, by following the links."""
        lines: list[Any] = []
        while True:
            reply = await self.get(path, person_id)
            lines += reply.body
            if "Link" not in reply.headers:
                return lines
            path, _, relation = reply.headers["Link"].removeprefix("<").partition(">; ")
            assert relation == 'rel="next"'

    async def person(self, name: str = "Anna") -> str:
        return await self._insert(
            "people", person_id=str(uuid4()), name=name, language="ru", tz="Europe/Moscow"
        )

    async def evening(self, author_id: str, **changes: Any) -> str:
        """Insert an announcement and return its id. It is public, alive and tomorrow, unless
        `changes` say otherwise."""
        row = {
            "announcement_id": str(uuid4()),
            "author_id": author_id,
            "movie_id": str(uuid4()),
            "movie_title": "The Matrix",
            "movie_title_ru": "Матрица",
            "duration_min": 120,
            "title": "An evening",
            "description": "On the big wall",
            "status": "Alive",
            "visibility": "public",
            "is_free": True,
            "ticket_count": 5,
            "taken": 0,
            "event_time": at(24),
            "event_location": "Moscow, Tverskaya 1",
            "hide_location": False,
            "version": 1,
            "created": at(-1),
            "modified": at(-1),
            "published": changes.get("status") != "Created",
        }
        rank = "SELECT host_rank FROM read_model.scores WHERE person_id = $1"
        row["author_rank"] = await self.pool.fetchval(rank, author_id) or 0.0
        return await self._insert("announcements", **row | changes)

    async def booking(
        self, evening_id: str, guest_id: str, state: str = "confirmed", **changes: Any
    ) -> str:
        """Insert a booking of this announcement and return its id."""
        author_status, guest_status = PAIRS[state]
        row = {
            "booking_id": str(uuid4()),
            "announcement_id": evening_id,
            "author_id": await self.pool.fetchval(
                "SELECT author_id FROM read_model.announcements WHERE announcement_id = $1",
                evening_id,
            ),
            "guest_id": guest_id,
            "author_status": author_status,
            "guest_status": guest_status,
            "state": state,
            "waiting": state == "waitlisted",
            "preapproved": False,
            "created": at(-1),
            "modified": at(-1),
            "changed_seq": 1,
        }
        return await self._insert("bookings", **row | changes)

    async def host_score(self, person_id: str, rating: float, count: int) -> None:
        """Insert a score that is ranked by the rating itself. Announcements come after it."""
        await self._score(person_id, "host", Score(rating, rating, count))

    async def guest_score(self, person_id: str, rating: float, rank: float, count: int) -> None:
        await self._score(person_id, "guest", Score(rating, rank, count))

    async def _score(self, person_id: str, role: RatingRole, score: Score) -> None:
        """Insert the score of somebody who has votes in one role only."""
        row: dict[str, Any] = {"person_id": person_id}
        for name in ("host", "guest", "overall"):
            shown = score if name in (role, "overall") else UNRATED
            row[f"{name}_rating"] = shown.rating
            row[f"{name}_rank"] = shown.rank
            row[f"{name}_rating_count"] = shown.count
        await self._insert("scores", **row)

    async def block(self, person_id: str, blocked_id: str, *, stands: bool = True) -> None:
        """Let one person block another, or end the block."""
        await self.pool.execute(
            """INSERT INTO read_model.blocks (block_id, person_id, blocked_id, blocked, since)
               VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (block_id) DO UPDATE SET blocked = excluded.blocked""",
            f"{person_id}:{blocked_id}",
            person_id,
            blocked_id,
            stands,
            at(-1),
        )

    async def decision(self, seq: int, decided_at: datetime | None = None) -> None:
        """Insert a decision, whatever it was about."""
        await self._insert(
            "decisions",
            seq=seq,
            decided_at=decided_at or system_clock(),
            actor="system",
            kind="told",
            code="recorded",
            refused=False,
            facts={},
        )

    async def move_position(self, seq: int, *, tell: bool = True, write: str = "") -> None:
        """Move the position as the projector does, which notifies all listeners. The SQL `write`
        is part of the same transaction."""
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute(
                """INSERT INTO read_model.reader_position
                       (reader, "offset", term, seq, hash, nonce, open)
                   VALUES ('projector', $1, 1, $1, '', '', true)
                   ON CONFLICT (reader) DO UPDATE SET seq = $1""",
                seq,
            )
            if tell:
                await connection.execute("SELECT pg_notify('projected', $1::text)", str(seq))
            if write:
                await connection.execute(write)

    async def _insert(self, table: str, **row: Any) -> str:
        places = ", ".join(f"${number + 1}" for number in range(len(row)))
        sql = f"INSERT INTO read_model.{table} ({', '.join(row)}) VALUES ({places})"
        await self.pool.execute(sql, *row.values())
        return str(next(iter(row.values())))


def at(hours: float) -> datetime:
    """Return the instant so many hours from now, in whole milliseconds."""
    return system_clock() + timedelta(hours=hours)


def text_of(instant: datetime) -> str:
    """Return the instant as a query string has it."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


@asynccontextmanager
async def read_side(
    postgres_dsn: str,
    *,
    api_dsn: str | None = None,
    shape_lock: ShapeLock | None = None,
    **options: Any,
) -> AsyncIterator[ReadSide]:
    """Run the query API until the end of the block. `options` go to the QueryService.

    The API's pool has POOL_SIZE connections, and one of them listens. The test has a pool of its
    own. `api_dsn` gives the API another address. With a `shape_lock` it uses the tables of that
    shape, and this does not wait for them.
    """
    app = make_front_app()
    complete_document(app)
    async with served(app) as url, aiohttp.ClientSession() as session:
        pool = await open_reading_pool(
            api_dsn or postgres_dsn,
            size_max=POOL_SIZE if shape_lock is None else POOL_SIZE + 1,
            find_schema=shape_lock.find_schema if shape_lock else lambda: READ_MODEL,
        )
        own_pool = await open_pool(postgres_dsn)
        found = ReadSide(url, session, own_pool)
        service = QueryService(
            pool=pool,
            shape_lock=shape_lock,
            verifier=TokenVerifier(TokenSettings(secret=SecretStr(SECRET)), system_clock),
            movies=found.movies,
            ugc=found.ugc,
            shortener=found.shortener,
            clock=system_clock,
            feed_secret=SECRET,
            **{"guard": None, "rules": SharedRules(), "cell_zone": ZONE_DEFAULT, **options},
        )
        for router in service.routers:
            app.include_router(router)
        await service.start()
        found.readiness = service.readiness
        if api_dsn is None and shape_lock is None:
            await eventually(lambda: bool(service.readiness()["tables"]))
        yield found
        await service.stop()
        await pool.close()
        await own_pool.close()
