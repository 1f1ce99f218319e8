"""Explains a decision: who decided, by which rule, on which facts, and when."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal

import asyncpg
from fastapi import APIRouter
from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from contracts.error_codes import describe, is_error_code
from contracts.events.folding.booking_state import BookingState, ReasonBy
from contracts.values.ids import OPERATOR, SYSTEM, BookingId
from query_api.announcements.visibility import SHOWN_TO_GUEST
from query_api.edge.reads import Reads, TableSnapshot
from query_api.edge.routes import answer, document, new_router
from query_api.history.fact_rights import DECISION_FACTS, FactRight, select_allowed
from runtime.auth.tokens import Caller
from runtime.http.negotiation import language_of
from runtime.http.numbers import parse_whole_number
from runtime.http.parameters import path_id

COLUMNS: Final = """
    d.*, a.author_id AS announcement_author, b.guest_id AS booking_guest,
    b.state AS booking_state, b.reason AS booking_reason,
    b.reason_by AS booking_reason_by,
    d.kind = 'person.block' OR coalesce(d.announcement_id <> b.announcement_id, false) AS elsewhere
"""
"""`elsewhere`: the decision was about another announcement, or was a block, and had an effect on
this booking."""

SELECT_OF_BOOKING: Final = f"""
    SELECT {COLUMNS}
    FROM bookings b
    JOIN announcements a USING (announcement_id)
    JOIN decisions d ON d.seq = b.changed_seq
    WHERE b.booking_id = $1
      AND ($2::boolean OR b.author_id = $3::uuid
           OR {SHOWN_TO_GUEST.format("$3")})
"""

SELECT_AT_POSITION: Final = f"""
    SELECT {COLUMNS}
    FROM decisions d
    LEFT JOIN bookings b ON b.booking_id = d.booking_id
    LEFT JOIN announcements a
        ON a.announcement_id = coalesce(d.announcement_id, b.announcement_id)
    WHERE d.seq = $1
      AND ($2::boolean OR d.actor = $3::uuid::text OR (NOT d.refused
           AND (a.author_id = $3::uuid OR {SHOWN_TO_GUEST.format("$3")})))
"""

SELECT_TITLES: Final = """
    SELECT announcement_id, title FROM announcements
    WHERE announcement_id = ANY($1::uuid[])
"""


class Why(Struct, frozen=True):
    """One decision and what it rested on."""

    position: int
    decided_at: datetime
    by: Literal["author", "guest", "system", "operator"]
    command: str | None
    """None if the decision was about another announcement, which the reader may not know."""
    code: str
    """Code of the outcome. For a decision about another announcement it is the reason for which
    the system changed this booking."""
    refused: bool
    detail: str | None
    """In the reader's language, if the code is that of a rule."""
    facts: Mapping[str, Any]
    """Only those that the reader may read."""
    booking_id: BookingId | None
    state: BookingState | None
    reason: str | None
    """Reason for the booking's present state: a code such as `superseded` or `offer_expired`, or
    a text that one side typed."""
    reason_by: ReasonBy | None


def build_router(reads: Reads) -> APIRouter:
    router = new_router()

    @router.get("/booking/{booking_id}/why", **document(Why))
    async def why_booking(request: Request) -> Response:
        """The decision that brought the booking into its present state. For its two parties."""
        caller = await reads.authenticate(request)
        booking_id = path_id(request, "booking_id")
        async with reads.open_snapshot(request) as snapshot:
            row = await snapshot.fetch_row(
                SELECT_OF_BOOKING, booking_id, caller.is_super, caller.person_id
            )
            why = await _add_titles(snapshot, _represent(row, request, caller, booking_id))
        return answer(request, why, snapshot.position)

    @router.get("/why/{position}", **document(Why))
    async def why_position(request: Request) -> Response:
        """The decision at a position (`X-Position` of a write). For the one who gave the command
        and, unless it was refused, for the parties."""
        caller = await reads.authenticate(request)
        # The first record has position 1: 0, like anything that is no number, is not found.
        position = parse_whole_number(request.path_params["position"]) or 0
        async with reads.open_snapshot(request) as snapshot:
            row = await snapshot.fetch_row(
                SELECT_AT_POSITION, position, caller.is_super, caller.person_id
            )
            why = await _add_titles(snapshot, _represent(row, request, caller, row["booking_id"]))
        return answer(request, why, snapshot.position)

    return router


def _represent(
    row: asyncpg.Record, request: Request, caller: Caller, booking_id: str | None
) -> Why:
    is_giver = caller.is_super or row["actor"] == caller.person_id
    hidden = row["elsewhere"] and not is_giver
    code = (row["booking_reason"] or "unchanged") if hidden else row["code"]
    rights: tuple[FactRight, ...] = ("giver",) if is_giver else ()
    return Why(
        position=row["seq"],
        decided_at=row["decided_at"],
        by=_find_decider(row),
        command=None if hidden else row["kind"],
        code=code,
        refused=row["refused"],
        detail=describe(code, language_of(request)) if is_error_code(code) else None,
        facts=select_allowed(row["facts"], DECISION_FACTS, rights),
        booking_id=None if booking_id is None else BookingId(booking_id),
        state=row["booking_state"],
        reason=row["booking_reason"],
        reason_by=row["booking_reason_by"],
    )


async def _add_titles(snapshot: TableSnapshot, why: Why) -> Why:
    """Return the answer with the present titles of the announcements that overlapped: the facts
    of a decision have no texts."""
    conflicts = why.facts.get("conflicts", ())
    ids = [one["announcement_id"] for one in conflicts if "announcement_id" in one]
    if not ids:
        return why
    rows = await snapshot.fetch_rows(SELECT_TITLES, ids)
    titles = {row["announcement_id"]: row["title"] for row in rows}
    titled = [
        one | {"title": title} if (title := titles.get(one.get("announcement_id"))) else one
        for one in conflicts
    ]
    return replace(why, facts={**why.facts, "conflicts": titled})


def _find_decider(row: asyncpg.Record) -> Literal["author", "guest", "system", "operator"]:
    actor, kind = row["actor"], row["kind"]
    if actor == SYSTEM:
        return "system"
    if actor == row["announcement_author"]:
        return "author"
    if actor == OPERATOR:
        return "operator"
    if row["elsewhere"]:  # The other announcement's author, or any other guest, is not named.
        return "guest" if actor == row["booking_guest"] else "system"
    if kind.startswith("announcement."):  # Only an author announces; an operator only cancels.
        return "operator" if row["announcement_author"] else "author"
    return "guest"
