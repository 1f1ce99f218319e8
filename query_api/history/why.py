"""Why something is as it is: who decided, by which rule, on which facts, at which position."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal

import asyncpg
from fastapi import APIRouter
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from contracts.error_codes import describe, is_error_code
from contracts.events.booking_state import BookingState, ReasonBy
from contracts.values.ids import OPERATOR, SYSTEM, BookingId
from query_api.announcements.visibility import GUESTS_BUSINESS
from query_api.edge.documented import documented
from query_api.edge.reads import Reads, answer, path_id
from query_api.history.fact_rights import DECISION_FACTS, Share, told_only
from runtime.auth.tokens import Caller
from runtime.http.api_route import ApiRoute
from runtime.http.negotiation import language_of
from runtime.http.numbers import parse_whole_number

COLUMNS: Final = """
    d.*, a.author_id AS evening_author, b.guest_id AS booking_guest,
    b.state AS booking_state, b.reason AS booking_reason,
    b.reason_by AS booking_reason_by,
    coalesce(d.announcement_id <> b.announcement_id, false) AS elsewhere
"""

SELECT_OF_BOOKING: Final = f"""
    SELECT {COLUMNS}
    FROM read_model.bookings b
    JOIN read_model.announcements a USING (announcement_id)
    JOIN read_model.decisions d ON d.seq = b.changed_seq
    WHERE b.booking_id = $1
      AND ($2::boolean OR b.author_id = $3::uuid
           OR {GUESTS_BUSINESS.format("$3")})
"""

SELECT_AT_POSITION: Final = f"""
    SELECT {COLUMNS}
    FROM read_model.decisions d
    LEFT JOIN read_model.bookings b ON b.booking_id = d.booking_id
    LEFT JOIN read_model.announcements a
        ON a.announcement_id = coalesce(d.announcement_id, b.announcement_id)
    WHERE d.seq = $1
      AND ($2::boolean OR d.actor = $3::uuid::text OR (NOT d.refused
           AND (a.author_id = $3::uuid OR {GUESTS_BUSINESS.format("$3")})))
"""


class Why(Struct, frozen=True):
    """One decision and what it rested on."""

    position: int
    decided_at: datetime
    by: Literal["author", "guest", "system", "operator"]
    command: str | None
    """None if the decision was about another evening, which is not the reader's business."""
    code: str
    """Of such a decision: the reason for which the system changed this booking."""
    refused: bool
    detail: str | None
    """In the reader's language, where the code is a rule's."""
    facts: Mapping[str, Any]
    """Those that the reader is told: `fact_rights`."""
    booking_id: BookingId | None
    state: BookingState | None
    reason: str | None
    """Of the booking's present state: `superseded`, `offer_expired`, a party's own …"""
    reason_by: ReasonBy | None


def build_router(reads: Reads) -> APIRouter:
    router = APIRouter(prefix="/api/v1", route_class=ApiRoute)

    @router.get("/booking/{booking_id}/why", **documented(Why))
    async def why_booking(request: Request) -> Response:
        """Which decision brought the booking into its present state; for its two parties."""
        caller = await reads.caller(request)
        booking_id = path_id(request, "booking_id")
        async with reads.snapshot(request) as snapshot:
            row = await snapshot.row(
                SELECT_OF_BOOKING, booking_id, caller.is_super, caller.person_id
            )
        return answer(request, _why(row, request, caller, booking_id), snapshot.position)

    @router.get("/why/{position}", **documented(Why))
    async def why_position(request: Request) -> Response:
        """The decision at a position (`X-Position` of a write): for who gave the command,
        and, where it was not refused, for the parties."""
        caller = await reads.caller(request)
        position = parse_whole_number(request.path_params["position"]) or 0
        async with reads.snapshot(request) as snapshot:
            row = await snapshot.row(
                SELECT_AT_POSITION, position, caller.is_super, caller.person_id
            )
        return answer(request, _why(row, request, caller, row["booking_id"]), snapshot.position)

    return router


def _why(row: asyncpg.Record, request: Request, caller: Caller, booking_id: str | None) -> Why:
    is_giver = caller.is_super or row["actor"] == caller.person_id
    hidden = row["elsewhere"] and not is_giver
    code = (row["booking_reason"] or "unchanged") if hidden else row["code"]
    shares: tuple[Share, ...] = ("giver",) if is_giver else ()
    return Why(
        position=row["seq"],
        decided_at=row["decided_at"],
        by=_by(row),
        command=None if hidden else row["kind"],
        code=code,
        refused=row["refused"],
        detail=describe(code, language_of(request)) if is_error_code(code) else None,
        facts=told_only(row["facts"], DECISION_FACTS, shares),
        booking_id=None if booking_id is None else BookingId(booking_id),
        state=row["booking_state"],
        reason=row["booking_reason"],
        reason_by=row["booking_reason_by"],
    )


def _by(row: asyncpg.Record) -> Literal["author", "guest", "system", "operator"]:
    actor, kind = row["actor"], row["kind"]
    if actor == SYSTEM:
        return "system"
    if actor == row["evening_author"]:
        return "author"
    if actor == OPERATOR:
        return "operator"
    if row["elsewhere"]:  # What somebody did to another evening had this effect by itself.
        return "guest" if actor == row["booking_guest"] else "system"
    if kind.startswith("announcement."):  # Only an author announces; others only call off.
        return "operator" if row["evening_author"] else "author"
    return "guest"
