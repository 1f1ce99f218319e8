"""Serves one announcement in detail, as it is or as it stood at a moment (`?as_of=`)."""

from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache
from typing import Any, Final

import asyncpg
from fastapi import APIRouter
from msgspec.json import Decoder
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from contracts.errors import NotFound
from contracts.representations import DetailAnnouncementResponse, GuestEntry
from contracts.shared_rules import SharedRules
from contracts.values.ids import PersonId
from contracts.values.languages import Language
from query_api.announcements.lines import LINE_JOINS, WISHES, sql_of_fields
from query_api.announcements.score_columns import GUEST_FIELDS, GUEST_JOINS
from query_api.announcements.visibility import (
    SEES_EVERYTHING,
    SHOWS_GUEST_COUNT,
    SHOWS_GUESTS,
    visible,
)
from query_api.edge.moments import AS_OF, Moment, parse_moment
from query_api.edge.reads import Reads
from query_api.edge.routes import answer, document, new_router
from query_api.edge.selecting import build, columns_of
from query_api.people.apart import APART_FROM
from query_api.people.own_booking import JOINED_CONFIRMED, JOINED_INVOLVED, joined_own
from query_api.plans.fitting import fits_my_plan, read_wishes
from runtime.auth.tokens import Caller
from runtime.http.negotiation import language_of
from runtime.http.parameters import Parameter, malformed_parameter, path_id

PARAMETERS: Final = (
    Parameter("guest_list", "`names`: bare names instead of entries", {"enum": ["names"]}),
    AS_OF,
)

GUESTS_MAX: Final = 10_000

SELECT_GUESTS: Final = f"""
    SELECT {columns_of(GuestEntry, GUEST_FIELDS, "b")} FROM bookings b {GUEST_JOINS}
    WHERE b.announcement_id = a.announcement_id AND ({SEES_EVERYTHING} OR (
        b.state = 'confirmed' AND b.guest_id <> ALL({APART_FROM.format("$2")})))
    ORDER BY b.created, b.booking_id
    LIMIT {GUESTS_MAX}
"""
_SQL_OF: Final = {
    "guest_list": f"""
        CASE WHEN {SHOWS_GUESTS.format("$5")}
        THEN (SELECT json_agg(guest) FROM ({SELECT_GUESTS}) guest)::text END""",
    "guest_count": f"""
        CASE WHEN {SHOWS_GUEST_COUNT} THEN (
            SELECT count(*) FROM bookings b
            WHERE b.announcement_id = a.announcement_id AND b.state = 'confirmed') END""",
    "my_booking_id": joined_own("booking_id"),
    "publish_to": f"CASE WHEN {SEES_EVERYTHING} THEN a.publish_to ELSE '[]' END",
}

_read_guests: Final = Decoder(list[GuestEntry]).decode


class DetailWithNames(DetailAnnouncementResponse, frozen=True, kw_only=True):
    """One announcement, as `?guest_list=names` asks for it."""

    guest_list: Sequence[str]  # type: ignore[assignment]  # Narrower for strict clients (A38).


FetchPast = Callable[
    [Request, Caller, str, Moment], Awaitable[tuple[DetailAnnouncementResponse, int]]
]
"""Returns the announcement with this id as it stood, and the position that this reflects. Raises
NotFound if the caller may not see it now, or could not have seen it then."""


def build_router(reads: Reads, fetch_past: FetchPast) -> APIRouter:
    router = new_router()

    @router.get(
        "/announcement/{announcement_id}",
        **document(DetailAnnouncementResponse, PARAMETERS, or_else=DetailWithNames),
    )
    async def get_announcement(request: Request) -> Response:
        """One announcement as the caller may see it. With `?as_of=`, as the caller could have
        seen it then. `?guest_list=names` gives bare names."""
        caller = await reads.authenticate(request)
        announcement_id = path_id(request, "announcement_id")
        names_only = _wants_names(request)
        moment = parse_moment(request.query_params, reads.clock())
        if moment is None:
            followed = await reads.fetch_followed(caller)
            sql = select_detail(language_of(request))
            asked = arguments_of_detail(caller, followed, announcement_id, reads.rules)
            rows, position = await reads.select(request, sql, *asked)
            detail = read_detail(rows, caller)
        else:
            detail, position = await fetch_past(request, caller, announcement_id, moment)
        content = _with_names(detail) if names_only else detail
        return answer(request, content, position, version=detail.version)

    return router


@lru_cache
def select_detail(language: Language) -> str:
    """Return SQL for an announcement in detail, if its viewer may see it. Takes
    `arguments_of_detail`; read its row with `read_detail`."""
    sql_of = {**sql_of_fields(language), **_SQL_OF}
    columns = columns_of(DetailAnnouncementResponse, sql_of, "a")
    return f"""
        SELECT {columns}, {WISHES}
        FROM announcements a {LINE_JOINS}
        WHERE a.announcement_id = $4 AND {visible(JOINED_INVOLVED, JOINED_CONFIRMED)}
    """


def arguments_of_detail(
    caller: Caller, followed: Sequence[PersonId], announcement_id: str, rules: SharedRules
) -> tuple[Any, ...]:
    """Return the arguments of `select_detail`."""
    return caller.is_super, caller.person_id, followed, announcement_id, rules.hide_guest_list


def read_detail(rows: Sequence[asyncpg.Record], caller: Caller) -> DetailAnnouncementResponse:
    """Return the announcement that `select_detail` found. Raises NotFound if it found none."""
    if not rows:
        raise NotFound
    detail = build(DetailAnnouncementResponse, rows[0])
    guests: Any = detail.guest_list  # As text.
    wishes = read_wishes(rows[0]["wishes"])
    return replace(
        detail,
        guest_list=[] if guests is None else _read_guests(guests),
        fits_my_plan=fits_my_plan(detail, wishes, caller.person_id),
    )


def _wants_names(request: Request) -> bool:
    """Return whether the guest list is to be bare names. Raises Malformed."""
    asked = request.query_params.get("guest_list")
    if asked not in (None, "names"):
        raise malformed_parameter("guest_list", known=["names"])
    return asked is not None


def _with_names(detail: DetailAnnouncementResponse) -> DetailWithNames:
    fields = {name: getattr(detail, name) for name in detail.__struct_fields__}
    names = [guest.guest_name for guest in detail.guest_list]
    return DetailWithNames(**fields | {"guest_list": names})
