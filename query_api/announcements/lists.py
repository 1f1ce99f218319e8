"""Lists of announcements: by condition, mine as host, mine as guest, a film's current ones."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from contracts.representations import AnnouncementResponse
from contracts.shared_rules import SharedRules
from contracts.values.ids import PersonId
from query_api.announcements import filters
from query_api.announcements.calendar import ATTENDED_OR_PENDING, add_fits_my_schedule
from query_api.announcements.details import COLUMNS, MY_STATE, list_line
from query_api.announcements.filters import add_filters, add_times, statuses_of
from query_api.announcements.score_columns import BY_AUTHOR_RATING
from query_api.announcements.visibility import OWN_OR_INVOLVED, STATUSES_OF_PARTIES, VISIBLE
from query_api.edge.documented import documented, one_of
from query_api.edge.paging import INSTANT, INTEGER, PAGE_PARAMETERS, Page, Sort, cursor_of, sort_of
from query_api.edge.reads import Reads, answer
from query_api.edge.where import Where
from runtime.auth.tokens import Caller
from runtime.http.api_route import ApiRoute
from runtime.http.negotiation import language_of
from runtime.http.paging import parse_limit
from runtime.http.parameters import BOOLEAN, Parameter, is_true, malformed_parameter
from runtime.process.clock import Clock

SORTS: Final = {
    "event_time": Sort("event_time", "a.event_time", INSTANT, "timestamptz"),
    "created": Sort("created", "a.created", INSTANT, "timestamptz", descending=True),
    "tickets_left": Sort("tickets_left", "a.tickets_left", INTEGER, "integer", descending=True),
    "author_rating": BY_AUTHOR_RATING,
}

SCOPES: Final = {
    "host": "a.author_id = $2::uuid",
    "guest": f"""
        a.announcement_id IN (
            SELECT announcement_id FROM read_model.bookings
            WHERE guest_id = $2::uuid AND state = ANY({ATTENDED_OR_PENDING}::text[]))
    """,
}
EVER_GUEST: Final = """
    a.announcement_id IN (
        SELECT announcement_id FROM read_model.bookings
        WHERE guest_id = $2::uuid AND NOT untold)
"""
TAKES_PLACE: Final = ("Alive", "Closed")
STILL_TO_COME: Final = "a.event_time > {}"

PARAMETERS: Final = (
    *filters.PARAMETERS,
    Parameter(
        "mine",
        "announced by the caller, or that the caller attends, asked for or is invited to",
        one_of(*SCOPES),
    ),
    Parameter("all", "true, with `mine=guest`: also what is over, called off or left", BOOLEAN),
    Parameter(
        "sort",
        "`created`, `author_rating`, `tickets_left`: the highest first; `-` turns it round",
        one_of(*SORTS, *(f"-{name}" for name in SORTS)),
    ),
    *PAGE_PARAMETERS,
)


def build_router(reads: Reads, clock: Clock) -> APIRouter:
    router = APIRouter(prefix="/api/v1", route_class=ApiRoute)

    @router.get("/announcements", **documented(list[AnnouncementResponse], PARAMETERS))
    async def list_announcements(request: Request) -> Response:
        """Evenings that the caller may see: by default those open to requests and still to
        come, soonest first."""
        caller = await reads.caller(request)
        parameters = request.query_params
        followed = await reads.followed_by(caller) if may_list_others(parameters) else []
        page = list_page(parameters, caller, followed, clock(), reads.rules, reads.days_of)
        async with reads.snapshot(request) as snapshot:
            rows = await snapshot.search(page.sql, *page.arguments)
        language = language_of(request)
        rows, headers = page.cut(request, rows)
        lines = [list_line(row, language) for row in rows]
        return answer(request, lines, snapshot.position, headers=headers)

    return router


def may_list_others(parameters: QueryParams) -> bool:
    """Whether the list may hold evenings that the caller sees only as a follower. Rests on the
    request alone, never on what there is. Raises Malformed."""
    statuses = statuses_of(parameters)
    return parameters.get("mine") is None and not (
        statuses and STATUSES_OF_PARTIES.issuperset(statuses)
    )


def list_page(
    parameters: QueryParams,
    caller: Caller,
    followed: Sequence[PersonId],
    now: datetime,
    rules: SharedRules,
    days_of: ZoneInfo,
) -> Page:
    """Of one's own evenings as host all, as guest those that take place, unless one asks for
    `all`; of others' the current ones. A status that is asked for replaces these. Raises
    Malformed."""
    where = Where(caller.is_super, caller.person_id, followed)
    where.add(VISIBLE)
    statuses = statuses_of(parameters)
    scope, ever = parameters.get("mine"), is_true(parameters, "all")
    if scope is not None:
        where.add(EVER_GUEST if scope == "guest" and ever else _known_scope(scope))
        if scope == "guest" and not ever:
            statuses = statuses or list(TAKES_PLACE)
    elif not statuses:
        statuses = ["Alive"]
        where.add(STILL_TO_COME, now)
    if statuses and not caller.is_super and STATUSES_OF_PARTIES.issuperset(statuses):
        where.add(OWN_OR_INVOLVED)
    add_times(where, parameters, days_of)
    add_filters(where, parameters)
    if is_true(parameters, "fits_my_schedule"):
        add_fits_my_schedule(where, rules)
    sort, limit = sort_of(parameters, SORTS, "event_time"), parse_limit(parameters)
    if (last := cursor_of(parameters, sort)) is not None:
        where.add(sort.behind("a.announcement_id"), *last)
    sql = _sql(where, statuses, sort, limit + 1)
    return Page(sql, where.arguments, sort, limit, "announcement_id")


def _sql(where: Where, statuses: Sequence[str], sort: Sort, lines: int) -> str:
    """Each status is read along its own index; then the few lines are merged."""
    conditions = [f"a.status = {where.bind(status)}" for status in statuses] or ["true"]
    order = sort.order("sort_key", "announcement_id")
    parts = (
        f"(SELECT {sort.column} AS sort_key, {COLUMNS} WHERE {where.sql} AND {condition} "
        f"ORDER BY {order} LIMIT {lines})"
        for condition in conditions
    )
    page = f"({' UNION ALL '.join(parts)})"
    return f"SELECT a.*, {MY_STATE} FROM {page} a ORDER BY {order} LIMIT {lines}"


def _known_scope(name: str) -> str:
    if name not in SCOPES:
        raise malformed_parameter("mine", known=sorted(SCOPES))
    return SCOPES[name]
