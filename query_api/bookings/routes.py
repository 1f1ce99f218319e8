"""Serves bookings: one in detail, those for an announcement, and those of the caller."""

from collections.abc import Mapping
from typing import Final, get_args

import asyncpg
from fastapi import APIRouter
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from contracts.events.folding.booking_state import BookingState
from contracts.representations import BookingResponse, DetailBookingResponse
from query_api.announcements.rows import fetch_visible
from query_api.announcements.visibility import SHOWN_TO_GUEST, sees_everything, sees_guests
from query_api.bookings import participants
from query_api.bookings.participants import BY_CREATION, add_cursor, sort_key
from query_api.bookings.rows import (
    LINE_COLUMNS,
    LINE_TABLES,
    SELECT_BY_ID,
    SELECT_BY_PAIR,
    represent_detail,
)
from query_api.edge.paging import (
    PAGE_PARAMETERS,
    Page,
    Sort,
    parse_cursor,
    parse_sort,
    sort_parameter,
)
from query_api.edge.parameters import ID, one_of, parse_id, parse_some, some_of
from query_api.edge.reads import Reads
from query_api.edge.routes import answer, document, new_router
from query_api.edge.selecting import build
from query_api.edge.where import Where
from query_api.people.apart import APART_FROM
from runtime.auth.tokens import Caller
from runtime.http.negotiation import language_of
from runtime.http.paging import parse_limit
from runtime.http.parameters import Parameter, malformed_parameter, path_id, path_person

STATES: Final[tuple[str, ...]] = get_args(BookingState)
PARAMETERS: Final = (
    Parameter("state", "in one of these", some_of(*STATES)),
    *PAGE_PARAMETERS,
)
MY_SORTS: Final = {BY_CREATION.name: BY_CREATION}
MY_PARAMETERS: Final = (
    Parameter("role", "`guest` unless stated", one_of("guest", "author")),
    Parameter("announcement_id", "of this announcement", ID),
    *PARAMETERS,
    sort_parameter(MY_SORTS, "the oldest first; `-` reverses the order"),
)


def build_router(reads: Reads) -> APIRouter:
    router = new_router()

    @router.get("/booking/{booking_id}", **document(DetailBookingResponse))
    async def get_booking(request: Request) -> Response:
        """One booking; only its two parties see it."""
        caller = await reads.authenticate(request)
        booking_id = path_id(request, "booking_id")
        return await _answer_detail(request, reads, caller, SELECT_BY_ID, booking_id)

    @router.get(
        "/announcement/{announcement_id}/booking/{user_id}", **document(DetailBookingResponse)
    )
    async def get_booking_of_pair(request: Request) -> Response:
        """The booking of a guest for an announcement; `me` is the caller."""
        caller = await reads.authenticate(request)
        pair = path_id(request, "announcement_id"), path_person(request, caller.person_id)
        return await _answer_detail(request, reads, caller, SELECT_BY_PAIR, *pair)

    @router.get(
        "/announcement/{announcement_id}/bookings",
        **document(list[BookingResponse], (*participants.PARAMETERS, *PARAMETERS)),
    )
    async def list_participants(request: Request) -> Response:
        """The author sees everyone, a confirmed guest the confirmed, others nobody. Oldest first
        unless `sort` says otherwise."""
        caller = await reads.authenticate(request)
        announcement_id = path_id(request, "announcement_id")
        followed = await reads.fetch_followed(caller)
        async with reads.open_snapshot(request) as snapshot:
            announcement = await fetch_visible(snapshot, caller, followed, announcement_id)
            where = Where()
            where.add("b.announcement_id = {}", announcement_id)
            if not sees_everything(announcement, caller):
                shown = sees_guests(announcement, caller, reads.rules)
                where.add("b.state = 'confirmed' AND {}::boolean", shown)
                where.add(f"b.guest_id <> ALL({APART_FROM})", caller.person_id)
            participants.add_filters(where, request.query_params, reads.cell_zone)
            page = build_page(where, request.query_params, participants.SORTS)
            rows = await snapshot.fetch_rows(page.sql, *page.arguments)
        return _answer_page(request, page, rows, snapshot.position)

    @router.get("/bookings", **document(list[BookingResponse], MY_PARAMETERS))
    async def list_my_bookings(request: Request) -> Response:
        """The caller's bookings, as guest or as author."""
        caller = await reads.authenticate(request)
        page = build_page(select_own(caller, request.query_params), request.query_params)
        found = await reads.select(request, page.sql, *page.arguments, order=page.order)
        return _answer_page(request, page, found.rows, found.position)

    return router


def select_own(caller: Caller, parameters: QueryParams) -> Where:
    """Return the condition of the caller's bookings in the role asked for. Raises Malformed."""
    where = Where()
    match parameters.get("role"):
        case None | "guest":
            where.add(SHOWN_TO_GUEST, caller.person_id)
        case "author":
            where.add("b.author_id = {}::uuid", caller.person_id)
        case _:
            raise malformed_parameter("role", known=["author", "guest"])
    if (text := parameters.get("announcement_id")) is not None:
        where.add("b.announcement_id = {}", parse_id(text, "announcement_id"))
    return where


def build_page(where: Where, parameters: QueryParams, sorts: Mapping[str, Sort] = MY_SORTS) -> Page:
    """Return the page that the parameters ask for, of the bookings that meet `where`. Adds its
    own conditions to `where`. Raises Malformed."""
    if (text := parameters.get("state")) is not None:
        where.add("b.state = ANY({}::text[])", parse_some(text, "state", frozenset(STATES)))
    sort, limit = parse_sort(parameters, sorts, BY_CREATION.name), parse_limit(parameters)
    if (last := parse_cursor(parameters, sort)) is not None:
        add_cursor(where, sort, last)
    sql = (
        f"SELECT {LINE_COLUMNS}, {sort_key(sort)} AS sort_key {LINE_TABLES} WHERE {where.sql} "
        f"ORDER BY {sort.order_by(sort.column, 'b.booking_id')} LIMIT {limit + 1}"
    )
    return Page(sql, where.arguments, sort, limit, "booking_id")


def _answer_page(
    request: Request, page: Page, found: list[asyncpg.Record], position: int
) -> Response:
    rows, headers = page.cut(request, found)
    lines = [build(BookingResponse, row) for row in rows]
    return answer(request, lines, position, headers=headers)


async def _answer_detail(
    request: Request, reads: Reads, caller: Caller, sql: str, *named: str
) -> Response:
    """Answer with the booking that `sql` finds for the caller. Raises NotFound."""
    async with reads.open_snapshot(request) as snapshot:
        row = await snapshot.fetch_row(sql, caller.is_super, caller.person_id, *named)
        detail = await represent_detail(snapshot, row, caller, language_of(request), reads.rules)
    return answer(request, detail, snapshot.position)
