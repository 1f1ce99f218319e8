"""Lists announcements: filtered and sorted, of everybody or of the caller."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from msgspec import Struct
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from contracts.events.announcement import ONGOING_STATUSES
from contracts.representations import AnnouncementResponse
from contracts.shared_rules import SharedRules
from contracts.values.ids import AnnouncementId, MovieId, PersonId
from contracts.values.languages import API_LANGUAGE
from query_api.announcements import filters
from query_api.announcements.calendar import ATTENDED_OR_PENDING, add_fits_my_schedule
from query_api.announcements.filters import add_filters, add_times, parse_statuses
from query_api.announcements.lines import (
    PAGE_COLUMNS,
    WISHES,
    read_lines,
    select_lines,
    sql_of_fields,
)
from query_api.announcements.score_columns import BY_AUTHOR_RATING
from query_api.announcements.status_order import (
    BY_STATUS,
    BY_TIME,
    STATUSES,
    Part,
    split_by_status,
)
from query_api.announcements.visibility import (
    OWN_OR_INVOLVED,
    PRIVATE_STATUSES,
    VISIBLE,
    visible,
)
from query_api.edge.paging import (
    INSTANT_KEY,
    INTEGER_KEY,
    PAGE_PARAMETERS,
    Page,
    Sort,
    parse_cursor,
    parse_sort,
    sort_parameter,
)
from query_api.edge.parameters import one_of
from query_api.edge.reads import Reads, TableSnapshot
from query_api.edge.routes import answer, document, new_router
from query_api.edge.selecting import build, columns_of
from query_api.edge.where import Where
from query_api.people.own_booking import JOIN_OWN, JOINED_CONFIRMED, JOINED_INVOLVED
from query_api.plans.fitting import fetch_wishes, list_fitting
from runtime.auth.tokens import Caller
from runtime.http.negotiation import language_of
from runtime.http.paging import parse_limit
from runtime.http.parameters import BOOLEAN, Parameter, is_true, malformed_parameter

SORTS: Final = {
    "event_time": BY_TIME,
    "created": Sort("created", "a.created", INSTANT_KEY, "timestamptz", descending=True),
    "tickets_left": Sort("tickets_left", "a.tickets_left", INTEGER_KEY, "integer", descending=True),
    "author_rating": BY_AUTHOR_RATING,
    "status": BY_STATUS,
}

SCOPES: Final = {
    "host": "a.author_id = $2::uuid",
    "guest": f"""
        a.announcement_id IN (
            SELECT announcement_id FROM bookings
            WHERE guest_id = $2::uuid AND state = ANY({ATTENDED_OR_PENDING}::text[]))
    """,
}
EVER_GUEST: Final = """
    a.announcement_id IN (
        SELECT announcement_id FROM bookings
        WHERE guest_id = $2::uuid AND NOT untold)
"""
STILL_TO_COME: Final = "a.event_time > {}"
TAKES_REQUESTS: Final = "(a.status = 'Alive' OR a.status = 'Closed' AND a.closed_reason = 'full')"
"""A full one takes them for its waitlist."""

SEARCHES: Final = frozenset(
    {"q", "location", "min_author_rating", "fits_my_schedule", "fits_my_plan"}
)
"""With one of these parameters a list needs a plan for its very arguments: the right index depends
on how rare a word is. All others are read along the index of their order."""

OF_PLANS_MAX: Final = 2_000
"""So many announcements of the films that a person has planned are looked at."""


class EveningOfPlans(Struct, frozen=True):
    """An announcement, as far as it decides whether a plan fits (`plans.fitting.SeenEvening`)."""

    id: AnnouncementId
    movie_id: MovieId
    author_id: PersonId
    event_time: datetime
    ends_at: datetime
    event_location: str | None
    location_hint: str | None


SELECT_OF_PLANS: Final = f"""
    SELECT {columns_of(EveningOfPlans, sql_of_fields(API_LANGUAGE), "a")}
    FROM announcements a {JOIN_OWN}
    WHERE {visible(JOINED_INVOLVED, JOINED_CONFIRMED)}
      AND a.movie_id = ANY($4::uuid[]) AND a.event_time > $5
      AND a.status IN ({", ".join(map(repr, ONGOING_STATUSES))})
    ORDER BY a.event_time, a.announcement_id LIMIT {OF_PLANS_MAX}
"""
"""Takes the viewer as `visibility` does, the films, and the time of asking."""

PARAMETERS: Final = (
    *filters.PARAMETERS,
    Parameter(
        "mine",
        "announced by the caller, or that the caller attends, asked for or is invited to",
        one_of(*SCOPES),
    ),
    Parameter("all", "true, with `mine=guest`: also what is over, cancelled or left", BOOLEAN),
    sort_parameter(
        SORTS,
        "`created`, `author_rating`, `tickets_left`: the highest first; `status`: drafts first,"
        " cancelled last, and by time within a status; `-` reverses the order",
    ),
    *PAGE_PARAMETERS,
)


def build_router(reads: Reads) -> APIRouter:
    router = new_router()

    @router.get("/announcements", **document(list[AnnouncementResponse], PARAMETERS))
    async def list_announcements(request: Request) -> Response:
        """Announcements that the caller may see. By default those that take requests and are
        still to come, soonest first."""
        caller = await reads.authenticate(request)
        parameters = request.query_params
        followed = await reads.fetch_followed(caller) if may_list_others(parameters) else []
        now = reads.clock()
        fitting: list[AnnouncementId] | None = [] if is_true(parameters, "fits_my_plan") else None
        page = build_page(parameters, caller, followed, now, reads.rules, reads.cell_zone, fitting)
        sql = select_lines(page.sql, language_of(request), WISHES)
        if SEARCHES.isdisjoint(parameters):
            rows, position = await reads.select(request, sql, *page.arguments, order=page.order)
        else:
            async with reads.open_snapshot(request) as snapshot:
                if fitting is not None:  # The page is bound to this list.
                    fitting += await _find_fitting(snapshot, caller, followed, now)
                rows = await snapshot.search_rows(f"{sql} ORDER BY {page.order}", *page.arguments)
            position = snapshot.position
        rows, headers = page.cut(request, rows)
        return answer(request, read_lines(rows, caller.person_id), position, headers=headers)

    return router


async def _find_fitting(
    snapshot: TableSnapshot, caller: Caller, followed: Sequence[PersonId], now: datetime
) -> list[AnnouncementId]:
    """Return the announcements that fit the caller's plans, of the soonest that they may see."""
    wishes = await fetch_wishes(snapshot, caller.person_id)
    if not wishes:
        return []
    viewer = (caller.is_super, caller.person_id, followed)
    rows = await snapshot.search_rows(SELECT_OF_PLANS, *viewer, list(wishes), now)
    evenings = [build(EveningOfPlans, row) for row in rows]
    return list_fitting(evenings, wishes, caller.person_id, now)


def may_list_others(parameters: QueryParams) -> bool:
    """Return whether the list may hold announcements that the caller sees only as a follower.

    Depends on the request alone: whether UGC is asked does not tell what exists. Raises
    Malformed.
    """
    statuses = parse_statuses(parameters)
    return parameters.get("mine") is None and not (
        statuses and PRIVATE_STATUSES.issuperset(statuses)
    )


def build_page(
    parameters: QueryParams,
    caller: Caller,
    followed: Sequence[PersonId],
    now: datetime,
    rules: SharedRules,
    days_of: ZoneInfo,
    only: Sequence[str] | None = None,
) -> Page:
    """Return the page that the parameters ask for, of announcements with the ids in `only`, if it
    is not None. Raises Malformed.

    Without `status` the list holds what is Alive and still to come, and with `has_seats=false`
    or `takes_requests=true` also what is Closed. With `mine=host` it then holds all statuses, with
    `mine=guest` the ongoing ones, and with `all=true` as well everything that the caller ever had
    a booking for.
    """
    where = Where(caller.is_super, caller.person_id, followed)
    where.add(VISIBLE)
    statuses = parse_statuses(parameters)
    scope, ever = parameters.get("mine"), is_true(parameters, "all")
    takes_requests = to_come = is_true(parameters, "takes_requests")
    if scope is not None:
        where.add(EVER_GUEST if scope == "guest" and ever else _select_scope(scope))
        if scope == "guest" and not ever:
            statuses = statuses or list(ONGOING_STATUSES)
    elif not statuses:
        may_be_full = takes_requests or parameters.get("has_seats") == "false"
        statuses = list(ONGOING_STATUSES) if may_be_full else ["Alive"]
        to_come = True
    if statuses and not caller.is_super and PRIVATE_STATUSES.issuperset(statuses):
        where.add(OWN_OR_INVOLVED)
    add_times(where, parameters, days_of)
    add_filters(where, parameters)
    if takes_requests:
        where.add(TAKES_REQUESTS)
    if to_come:
        where.add(STILL_TO_COME, now)
    if is_true(parameters, "fits_my_schedule"):
        add_fits_my_schedule(where, rules)
    if only is not None:
        where.add("a.announcement_id = ANY({}::uuid[])", only)
    sort, limit = parse_sort(parameters, SORTS, "event_time"), parse_limit(parameters)
    last = parse_cursor(parameters, sort)
    sql = _build_sql(where, statuses, sort, last, limit + 1)
    return Page(sql, where.arguments, sort, limit, "id")


def _build_sql(
    where: Where, statuses: Sequence[str], sort: Sort, last: tuple[Any, str] | None, lines: int
) -> str:
    """Return SQL that reads `lines` lines of each status along an index, and merges them.

    Statuses are words of ours, so they stand in the SQL: PostgreSQL knows how common each is.
    """
    order = sort.order_by("sort_key", "announcement_id")
    if sort.column == BY_STATUS.column:
        parts = list(split_by_status(where, statuses or STATUSES, sort, last))
    else:
        if last is not None:
            where.add(sort.comes_after("a.announcement_id"), *last)
        parts = [Part(f"a.status = '{status}'", order) for status in statuses]
    selects = [
        f"(SELECT {sort.column} AS sort_key, {PAGE_COLUMNS} WHERE {where.sql} AND {part.condition} "
        f"ORDER BY {part.order} LIMIT {lines})"
        for part in parts or [Part("true", order)]
    ]
    if len(selects) == 1:
        return selects[0]
    return f"{' UNION ALL '.join(selects)} ORDER BY {order} LIMIT {lines}"


def _select_scope(name: str) -> str:
    """Return the condition for `mine`. Raises Malformed."""
    if name not in SCOPES:
        raise malformed_parameter("mine", known=sorted(SCOPES))
    return SCOPES[name]
