"""Checks that every page of every list is read along an index, however long the history.

Question: which indexes serve reads on a million announcements and twice as many bookings, how
many rows does a page touch, and how long does that take? Method: EXPLAIN ANALYZE of the query
API's own SQL, for first pages and pages far down, with the plan for these arguments and with
the generic plan, which all but searches use. A sequential scan of announcements, bookings,
ratings or decisions fails the run, and so does a sort that is not read along its own index.
Command: `python -m benchmarks.reads.query_plans [--rows N] [--dsn DSN]`; with a DSN, filled tables
are used as they are.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from starlette.datastructures import QueryParams

from benchmarks.generated.read_tables import fill, id_of
from contracts.shared_rules import SharedRules
from contracts.values.ids import PersonId
from launcher.servers.postgres import PostgresServer
from query_api.announcements import calendar, details, rows, schedule
from query_api.announcements.lines import WISHES, select_lines
from query_api.announcements.lists import SEARCHES, SELECT_OF_PLANS, SORTS, build_page
from query_api.bookings import routes as bookings
from query_api.bookings import rows as booking_rows
from query_api.bookings.participants import BY_CREATION
from query_api.bookings.participants import SORTS as PARTICIPANT_SORTS
from query_api.calendars import feeds
from query_api.edge.paging import encode_cursor
from query_api.edge.selecting import with_position
from query_api.edge.where import Where
from query_api.films import together
from query_api.history import why
from query_api.plans.fitting import SELECT_WISHES
from query_api.plans.routes import SELECT_PLANS
from query_api.ratings import pair as rating_pair
from query_api.sharing import preview, public_page
from query_api.streams import changes, concerned
from query_api.streams.cursor import NO_ROW
from runtime.auth.tokens import Caller
from runtime.postgres.migrations import migrate
from runtime.postgres.pools import open_pool

ROWS: Final = 1_000_000
COMMAND: Final = "python -m benchmarks.reads.query_plans"
SEARCH: Final = ("custom",)
"""The plans that `TableSnapshot.search_rows` uses."""

RECENTLY: Final = 1_000_000_000
"""A position after all that `fill` writes."""

NOW: Final = datetime.now(UTC)
MOSCOW: Final = ZoneInfo("Europe/Moscow")
DEEP: Final = {
    "event_time": NOW + timedelta(days=90),
    "created": NOW - timedelta(days=60),
    "tickets_left": 1,
    "author_rating": 6.0,
    "status": (2, int((NOW + timedelta(days=90)).timestamp()) * 1_000_000),
}
"""A sort key some thousands of lines down the list."""

INDEX_OF_SORT: Final = {
    "event_time": "announcements_by_time",
    "created": "announcements_by_creation",
    "tickets_left": "announcements_by_tickets",
    "author_rating": "announcements_by_author_rank",
    "status": "announcements_by_time",
}
"""The index that has the order of a sort, so that a page is read without sorting."""

SCANNED: Final = frozenset({"announcements", "bookings", "ratings", "decisions"})
"""Tables that must never be read from end to end."""

STRANGER: Final = Caller(PersonId(id_of("person7")))
AUTHOR: Final = Caller(PersonId(id_of("person0")))
GUEST: Final = Caller(PersonId(id_of("person1")))
ANNOUNCEMENT_ID: Final = id_of("evening999")

FILTERS: Final = (
    "",
    "location=street%2017",
    "location=nowhere",
    "q=cake",
    "q=cake%20number%20123",
    "is_free=true",
    "has_seats=true",
    "takes_requests=true",
    f"author_id={id_of('person0')}",
    f"movie_id={id_of('movie0')}",
    f"movie_id={id_of('movie0')}&sort=created",
    "fits_my_schedule=true",
    "date_from=2020-01-01&status=Done",
    f"date_from={NOW.date() + timedelta(days=50)}",
    *(f"status={status}" for status in ("Created", "Alive", "Closed", "Done", "Cancelled")),
    "status=Alive,Closed",
    "status=Created,Cancelled&sort=created",
    "status=Alive,Closed,Done&sort=-tickets_left",
    "min_author_rating=1",
    "visibility=subscribers,invite",
    "sub_only=true",
    "status=Alive,Closed,Done&sort=status",
)


class Case(NamedTuple):
    name: str
    sql: str
    arguments: Sequence[Any]
    plans: Sequence[str] = ("custom", "generic")
    along: str | None = None
    """The index that must serve the case; None if any may."""


class Plan(NamedTuple):
    kind: str
    milliseconds: float
    rows_read: int
    indexes: list[str]
    scans: list[str]

    def serves(self, case: Case) -> bool:
        """Return whether no table was scanned and the required index was used."""
        return not self.scans and (case.along is None or case.along in self.indexes)


async def main(rows: int, dsn: str | None) -> bool:
    """Explain every case and return whether an index served it."""
    served = True
    async with open_tables(rows, dsn) as pool, pool.acquire() as connection:
        for case in cases():
            for kind in case.plans:
                plan = await explain(connection, case, kind)
                served &= plan.serves(case)
                print(json.dumps(_line(case, plan)), flush=True)
    return served


def cases() -> Iterator[Case]:
    yield from _lists()
    yield from _of_persons()
    yield from _single_things()
    yield from _ratings_and_reasons()
    yield from _streams()


def _lists() -> Iterator[Case]:
    for query in FILTERS:
        yield _list(query, STRANGER)
    for name in SORTS:
        for direction in ("", "-"):
            sort = SORTS[name]._replace(name=direction + name)
            cursor = encode_cursor(sort, DEEP[name], ANNOUNCEMENT_ID)
            for page in (f"sort={sort.name}", f"sort={sort.name}&cursor={cursor}"):
                yield _list(page, STRANGER)._replace(along=INDEX_OF_SORT[name])
    for caller in (AUTHOR, GUEST):
        for query in ("mine=host", "mine=guest", "mine=guest&sort=created"):
            yield _list(query, caller)
        yield _list("fits_my_schedule=true", caller)
        yield _list("status=Cancelled", caller)


def _list(query: str, caller: Caller) -> Case:
    followed = [PersonId(id_of(f"person{number}")) for number in range(20, 40)]
    parameters = QueryParams(query)
    page = build_page(parameters, caller, followed, NOW, SharedRules(), MOSCOW)
    name = query.split("cursor=")[0] + ("far down" if "cursor=" in query else "")
    sql = with_position(select_lines(page.sql, "en", WISHES), page.order)
    plans = ("generic",) if SEARCHES.isdisjoint(parameters) else SEARCH
    return Case(f"announcements?{name}{_who(caller)}", sql, page.arguments, plans)


def _of_persons() -> Iterator[Case]:
    cursor = encode_cursor(BY_CREATION, NOW - timedelta(days=30), ANNOUNCEMENT_ID)
    for caller in (STRANGER, AUTHOR, GUEST):
        for query in ("role=guest", "role=author", "role=author&state=waitlisted"):
            for further in ("", f"&cursor={cursor}"):
                parameters = QueryParams(query + further)
                page = bookings.build_page(bookings.select_own(caller, parameters), parameters)
                name = f"bookings?{query}{' far down' if further else ''}{_who(caller)}"
                yield Case(name, page.sql, page.arguments)
        page = schedule.build_page(caller, QueryParams(f"date_from={NOW.date()}"), MOSCOW)
        entries = select_lines(page.sql, "en", schedule.FURTHER)
        sql = with_position(entries, page.order)
        yield Case(f"schedule{_who(caller)}", sql, page.arguments)
        wishes = (caller.person_id,)
        for name, sql in (("wishes", SELECT_WISHES), ("plans", SELECT_PLANS)):
            yield Case(f"{name}{_who(caller)}", sql, wishes)
        of_plans: tuple[Any, ...] = (False, caller.person_id, [], [id_of("movie0")], NOW)
        yield Case(f"fits_my_plan{_who(caller)}", SELECT_OF_PLANS, of_plans, SEARCH)
        yield Case(f"feeds{_who(caller)}", feeds.SELECT_FEEDS, wishes)
        overlap = (caller.person_id, ANNOUNCEMENT_ID, NOW, NOW + timedelta(hours=2))
        feed = (False, caller.person_id)
        yield Case(f"calendar feed{_who(caller)}", feeds.SELECT_SCHEDULE, feed)
        yield Case(f"overlaps{_who(caller)}", calendar.SELECT_OVERLAPS, overlap)


def _single_things() -> Iterator[Case]:
    viewer = (False, STRANGER.person_id)
    booking = "00000000-0000-4000-8000-000000000000"
    for sort in PARTICIPANT_SORTS:
        of_announcement = Where()
        of_announcement.add("b.announcement_id = {}", ANNOUNCEMENT_ID)
        parameters = QueryParams(f"sort={sort}")
        page = bookings.build_page(of_announcement, parameters, PARTICIPANT_SORTS)
        yield Case(f"participants?sort={sort}", page.sql, page.arguments)
    together_of_film: tuple[Any, ...] = (*viewer, [], id_of("movie0"), NOW)
    of_film = select_lines(together.SELECT_NEXT, "en", together.COUNTED)
    yield Case("open evenings of a film", of_film, together_of_film)
    yield Case("announcement", rows.SELECT_ONE, (*viewer, [], ANNOUNCEMENT_ID))
    for caller in (STRANGER, GUEST):
        asked = details.arguments_of_detail(caller, [], ANNOUNCEMENT_ID, SharedRules())
        yield Case(f"detail{_who(caller)}", with_position(details.select_detail("en")), asked)
    yield Case("booking", booking_rows.SELECT_BY_ID, (*viewer, booking))
    yield Case(
        "booking of pair", booking_rows.SELECT_BY_PAIR, (*viewer, ANNOUNCEMENT_ID, GUEST.person_id)
    )
    yield Case("public page", public_page.SELECT_PUBLIC, (ANNOUNCEMENT_ID,))
    yield Case("card", preview.SELECT_PREVIEW, (ANNOUNCEMENT_ID,))


def _ratings_and_reasons() -> Iterator[Case]:
    pair = (ANNOUNCEMENT_ID, GUEST.person_id, AUTHOR.person_id)
    viewer = (False, STRANGER.person_id)
    yield Case("sides of an evening", rating_pair.SELECT_SIDES, pair)
    yield Case("ratings of a pair", rating_pair.SELECT_OF_PAIR, pair)
    yield Case("why a booking", why.SELECT_OF_BOOKING, (ANNOUNCEMENT_ID, *viewer))
    yield Case("why at a position", why.SELECT_AT_POSITION, (1, *viewer))


def _streams() -> Iterator[Case]:
    """Nothing has changed behind the cursor, as nearly always."""
    place = (RECENTLY, 0, NO_ROW)
    for caller in (STRANGER, AUTHOR, GUEST):
        mine = (False, caller.person_id, *place)
        yield Case(f"stream{_who(caller)}", changes.OF_PERSON, mine, SEARCH)
    of_one = (False, STRANGER.person_id, *place, ANNOUNCEMENT_ID)
    yield Case("stream of one", changes.OF_ANNOUNCEMENT, of_one, SEARCH)
    yield Case("streams concerned", concerned.SELECT_CHANGED, (RECENTLY - 1,), SEARCH)


def _who(caller: Caller) -> str:
    return {STRANGER: "", AUTHOR: " (busy author)", GUEST: " (busy guest)"}[caller]


async def explain(connection: PoolConnectionProxy, case: Case, kind: str) -> Plan:
    """Return the plan of a second, warm run."""
    await connection.execute(f"SET plan_cache_mode = force_{kind}_plan")
    await connection.execute(f"PREPARE page AS {case.sql}")
    values = ", ".join(_literal(argument) for argument in case.arguments)
    for _ in range(2):
        (found,) = await connection.fetchval(
            f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) EXECUTE page({values})"
        )
    await connection.execute("DEALLOCATE page")
    nodes = list(_nodes(found["Plan"]))
    return Plan(
        kind,
        found["Execution Time"],
        sum(_rows_read(node) for node in nodes if "Scan" in node["Node Type"]),
        sorted({node["Index Name"] for node in nodes if "Index Name" in node}),
        [
            node["Relation Name"]
            for node in nodes
            if node["Node Type"] == "Seq Scan" and node["Relation Name"] in SCANNED
        ],
    )


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if node["Actual Loops"]:
        yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)


def _rows_read(node: dict[str, Any]) -> int:
    removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return int((node["Actual Rows"] + removed) * node["Actual Loops"])


def _literal(argument: Any) -> str:
    match argument:
        case bool() | int() | float():
            return str(argument)
        case datetime():
            return f"'{argument.isoformat()}'"
        case list():
            return "'{" + ",".join(argument) + "}'"
        case _:
            return "'" + str(argument).replace("'", "''") + "'"


def _line(case: Case, plan: Plan) -> dict[str, Any]:
    line: dict[str, Any] = {
        "name": f"plan/{case.name}/{plan.kind}",
        "value": round(plan.milliseconds, 2),
        "unit": "ms",
        "baseline": None,
        "ratio": None,
        "n": plan.rows_read,
        "command": COMMAND,
        "indexes": plan.indexes,
    }
    return line | ({} if plan.serves(case) else {"not_served": plan.scans or case.along})


@asynccontextmanager
async def open_tables(rows: int, dsn: str | None) -> AsyncIterator[asyncpg.Pool]:
    """Yield a pool to tables with `rows` announcements, filling them if they are empty."""
    if dsn is not None:
        async with _fill_if_empty(rows, dsn) as pool:
            yield pool
        return
    with tempfile.TemporaryDirectory() as scratch:
        server = PostgresServer(Path(scratch), settings={"fsync": "off"})
        await server.start()
        try:
            async with _fill_if_empty(rows, server.dsn) as pool:
                yield pool
        finally:
            await server.stop()


@asynccontextmanager
async def _fill_if_empty(rows: int, dsn: str) -> AsyncIterator[asyncpg.Pool]:
    async with await open_pool(dsn) as pool:
        await migrate(pool)
        if not await pool.fetchval("SELECT EXISTS (SELECT FROM read_model.announcements)"):
            await fill(pool, rows)
        yield pool


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="plans of the read side's queries")
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--dsn")
    options = parser.parse_args()
    sys.exit(0 if asyncio.run(main(options.rows, options.dsn)) else 1)
