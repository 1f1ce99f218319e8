"""Read model `bookings`: one in detail, the participants of an evening, mine."""

from typing import Any, Final, get_args

import asyncpg
from fastapi import APIRouter
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from contracts.events.booking_state import BookingState
from contracts.representations import BookingResponse, DetailBookingResponse
from contracts.shared_rules import SharedRules
from contracts.values.languages import Language
from query_api.announcements.calendar import overlaps
from query_api.announcements.details import select_visible, shows_guests
from query_api.announcements.score_columns import AUTHOR_SCORE, GUEST_JOIN, GUEST_SCORE, HOST_JOIN
from query_api.announcements.visibility import GUESTS_BUSINESS, sees_everything
from query_api.edge.documented import ID, documented, one_of, some_of
from query_api.edge.paging import INSTANT, PAGE_PARAMETERS, Page, Sort, cursor_of
from query_api.edge.parameters import parse_id, parse_some
from query_api.edge.reads import Reads, Snapshot, answer, path_id
from query_api.edge.where import Where
from runtime.auth.tokens import Caller
from runtime.http.api_route import ApiRoute
from runtime.http.negotiation import language_of
from runtime.http.paging import parse_limit
from runtime.http.parameters import Parameter, malformed_parameter

PLACE_IN_LINE: Final = """
    CASE WHEN b.waiting THEN (
        SELECT count(*) + 1 FROM read_model.bookings ahead
        WHERE ahead.announcement_id = b.announcement_id AND ahead.waiting
          AND ahead.queued_seq < b.queued_seq) END AS waitlist_position
"""

COLUMNS: Final = f"""
    b.*, {PLACE_IN_LINE}, a.title, a.status AS announcement_status, a.movie_title, a.movie_title_ru,
    a.event_time, a.ends_at, host.name AS author_name, guest.name AS guest_name,
    {AUTHOR_SCORE}, {GUEST_SCORE}
    FROM read_model.bookings b
    JOIN read_model.announcements a USING (announcement_id)
    LEFT JOIN read_model.people host ON host.person_id = b.author_id
    LEFT JOIN read_model.people guest ON guest.person_id = b.guest_id
    {HOST_JOIN}
    {GUEST_JOIN}
"""

OF_PARTY: Final = f"($1::boolean OR b.author_id = $2::uuid OR {GUESTS_BUSINESS.format('$2')})"

SELECT_BY_ID: Final = f"SELECT {COLUMNS} WHERE b.booking_id = $3 AND {OF_PARTY}"

SELECT_BY_PAIR: Final = f"""
    SELECT {COLUMNS} WHERE b.announcement_id = $3 AND b.guest_id = $4 AND {OF_PARTY}
"""

BY_CREATION: Final = Sort("created", "b.created", INSTANT, "timestamptz")
STATES: Final[tuple[str, ...]] = get_args(BookingState)
PARAMETERS: Final = (
    Parameter("state", "in one of these", some_of(*STATES)),
    *PAGE_PARAMETERS,
)


def build_router(reads: Reads) -> APIRouter:
    router = APIRouter(prefix="/api/v1", route_class=ApiRoute)

    @router.get("/booking/{booking_id}", **documented(DetailBookingResponse))
    async def get_booking(request: Request) -> Response:
        """One booking; only its two parties see it."""
        caller = await reads.caller(request)
        booking_id = path_id(request, "booking_id")
        async with reads.snapshot(request) as snapshot:
            row = await snapshot.row(SELECT_BY_ID, caller.is_super, caller.person_id, booking_id)
            detail = await _detail(snapshot, row, caller, language_of(request), reads.rules)
        return answer(request, detail, snapshot.position)

    @router.get(
        "/announcement/{announcement_id}/booking/{user_id}", **documented(DetailBookingResponse)
    )
    async def get_booking_of_pair(request: Request) -> Response:
        """The booking of an evening and a guest; `me` is the caller."""
        caller = await reads.caller(request)
        announcement_id = path_id(request, "announcement_id")
        guest_id: str = caller.person_id
        if request.path_params["user_id"] != "me":
            guest_id = path_id(request, "user_id")
        async with reads.snapshot(request) as snapshot:
            row = await snapshot.row(
                SELECT_BY_PAIR, caller.is_super, caller.person_id, announcement_id, guest_id
            )
            detail = await _detail(snapshot, row, caller, language_of(request), reads.rules)
        return answer(request, detail, snapshot.position)

    @router.get(
        "/announcement/{announcement_id}/bookings",
        **documented(list[BookingResponse], PARAMETERS),
    )
    async def list_participants(request: Request) -> Response:
        """The author sees everyone, a confirmed guest the confirmed, others nobody."""
        caller = await reads.caller(request)
        announcement_id = path_id(request, "announcement_id")
        followed = await reads.followed_by(caller)
        async with reads.snapshot(request) as snapshot:
            evening = await select_visible(snapshot, caller, followed, announcement_id)
            where = Where()
            where.add("b.announcement_id = {}", announcement_id)
            if not sees_everything(evening, caller):
                shown = shows_guests(evening, caller, reads)
                where.add("b.state = 'confirmed' AND {}::boolean", shown)
            return await _answer_page(request, snapshot, where)

    @router.get(
        "/bookings",
        **documented(
            list[BookingResponse],
            (
                Parameter("role", "`guest` unless stated", one_of("guest", "author")),
                Parameter("announcement_id", "of this evening", ID),
                *PARAMETERS,
            ),
        ),
    )
    async def list_my_bookings(request: Request) -> Response:
        """The caller's bookings, as guest or as author."""
        caller = await reads.caller(request)
        where = bookings_of(caller, request.query_params)
        async with reads.snapshot(request) as snapshot:
            return await _answer_page(request, snapshot, where)

    return router


def bookings_of(caller: Caller, parameters: QueryParams) -> Where:
    """The caller's bookings, in the role asked for. Raises Malformed."""
    where = Where()
    match parameters.get("role"):
        case None | "guest":
            where.add(GUESTS_BUSINESS, caller.person_id)
        case "author":
            where.add("b.author_id = {}::uuid", caller.person_id)
        case _:
            raise malformed_parameter("role", known=["author", "guest"])
    if (text := parameters.get("announcement_id")) is not None:
        where.add("b.announcement_id = {}", parse_id(text, "announcement_id"))
    return where


def bookings_page(where: Where, parameters: QueryParams) -> Page:
    """Those of `where` that the parameters ask for. Raises Malformed."""
    if (text := parameters.get("state")) is not None:
        where.add("b.state = ANY({}::text[])", parse_some(text, "state", frozenset(STATES)))
    limit = parse_limit(parameters)
    if (last := cursor_of(parameters, BY_CREATION)) is not None:
        where.add(BY_CREATION.behind("b.booking_id"), *last)
    sql = (
        f"SELECT {BY_CREATION.column} AS sort_key, {COLUMNS} WHERE {where.sql} "
        f"ORDER BY {BY_CREATION.order('sort_key', 'b.booking_id')} LIMIT {limit + 1}"
    )
    return Page(sql, where.arguments, BY_CREATION, limit, "booking_id")


async def _answer_page(request: Request, snapshot: Snapshot, where: Where) -> Response:
    page = bookings_page(where, request.query_params)
    rows, headers = page.cut(request, await snapshot.rows(page.sql, *page.arguments))
    lines = [BookingResponse(**_line_fields(row)) for row in rows]
    return answer(request, lines, snapshot.position, headers=headers)


async def _detail(
    snapshot: Snapshot, row: asyncpg.Record, caller: Caller, language: Language, rules: SharedRules
) -> DetailBookingResponse:
    return DetailBookingResponse(
        **_line_fields(row),
        movie_title=row["movie_title_ru" if language == "ru" else "movie_title"],
        author_name=row["author_name"] or "",
        author_rating=row["author_rating"],
        author_rating_count=row["author_rating_count"],
        announcement_title=row["title"],
        announcement_status=row["announcement_status"],
        hold_until=row["hold_until"],
        reason=row["reason"],
        reason_by=row["reason_by"],
        message=row["message"] if _is_party(row, caller) else None,
        overlaps=await overlaps(snapshot, row, caller, rules),
    )


def _is_party(row: asyncpg.Record, caller: Caller) -> bool:
    """Messages are between the two: super-users see the rest (decision 0007)."""
    return caller.person_id in (row["author_id"], row["guest_id"])


def _line_fields(row: asyncpg.Record) -> dict[str, Any]:
    return {
        "waitlist_position": row["waitlist_position"],
        "preapproved": row["preapproved"],
        "booking_id": row["booking_id"],
        "guest_name": row["guest_name"] or "",
        "author_status": row["author_status"],
        "guest_status": row["guest_status"],
        "guest_rating": row["guest_rating"],
        "announcement_id": row["announcement_id"],
        "guest_id": row["guest_id"],
        "author_id": row["author_id"],
        "guest_rating_count": row["guest_rating_count"],
        "state": row["state"],
        "event_time": row["event_time"],
        "created": row["created"],
        "modified": row["modified"],
    }
