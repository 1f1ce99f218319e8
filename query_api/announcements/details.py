"""Read model `announcements`: one in detail, and one line of a list."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, NamedTuple

import asyncpg
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.representations import (
    AnnouncementResponse,
    DetailAnnouncementResponse,
    GuestEntry,
)
from contracts.values.ids import PersonId
from contracts.values.languages import Language
from query_api.announcements.score_columns import AUTHOR_SCORE, GUEST_JOIN, GUEST_SCORE, HOST_JOIN
from query_api.announcements.visibility import SHOWS_PLACE, VISIBLE, sees_everything
from query_api.edge.documented import documented
from query_api.edge.moments import AS_OF, Moment, moment_of
from query_api.edge.reads import Reads, Row, Snapshot, answer, path_id
from runtime.auth.tokens import Caller
from runtime.http.api_route import ApiRoute
from runtime.http.negotiation import language_of
from runtime.http.parameters import Parameter, malformed_parameter
from runtime.process.clock import Clock

MY_STATE: Final = """
    (SELECT b.state FROM read_model.bookings b
     WHERE b.announcement_id = a.announcement_id AND b.guest_id = $2::uuid
       AND NOT b.untold) AS my_state
"""

COLUMNS: Final = f"""
    a.announcement_id, a.author_id, a.movie_id, a.movie_title, a.movie_title_ru, a.duration_min,
    a.title, a.description, a.status, a.closed_reason, a.cancel_reason, a.visibility, a.is_free,
    a.price_amount, a.price_currency, a.ticket_count, a.tickets_left, a.event_time, a.ends_at,
    a.tz, a.event_location, a.hide_location, a.location_hint, a.version, a.created, a.modified,
    host.name AS author_name, {AUTHOR_SCORE}, {SHOWS_PLACE} AS shows_place
    FROM read_model.announcements a
    LEFT JOIN read_model.people host ON host.person_id = a.author_id
    {HOST_JOIN}
"""

SELECT_ONE: Final = f"""
    SELECT
        (SELECT count(*) FROM read_model.bookings b
         WHERE b.announcement_id = a.announcement_id AND b.state = 'confirmed') AS guest_count,
        (SELECT b.booking_id FROM read_model.bookings b
         WHERE b.announcement_id = a.announcement_id AND b.guest_id = $2::uuid
           AND NOT b.untold) AS my_booking_id,
        {MY_STATE}, {COLUMNS}
    WHERE a.announcement_id = $4 AND {VISIBLE}
"""

GUESTS_MAX: Final = 10_000

SELECT_GUESTS: Final = f"""
    SELECT b.*, guest.name AS guest_name, {GUEST_SCORE}
    FROM read_model.bookings b
    LEFT JOIN read_model.people guest ON guest.person_id = b.guest_id
    {GUEST_JOIN}
    WHERE b.announcement_id = $1 AND ($2 OR b.state = 'confirmed')
    ORDER BY b.created, b.booking_id
    LIMIT {GUESTS_MAX}
"""

PARAMETERS: Final = (
    Parameter("guest_list", "`names`: bare names instead of entries", {"enum": ["names"]}),
    AS_OF,
)


class DetailWithNames(DetailAnnouncementResponse, frozen=True, kw_only=True):
    """One announcement, as `?guest_list=names` asks for it."""

    guest_list: Sequence[str]  # type: ignore[assignment]  # Narrower for strict clients (A38).


class Told(NamedTuple):
    """What an answer is made of, from the tables or from the history."""

    evening: Row
    guests: Sequence[Row]
    position: int


Past = Callable[[Request, Caller, str, Moment], Awaitable[Told]]
"""The evening with this id as it stood. Raises NotFound where the caller may not see it now,
or could not have seen it then."""


def build_router(reads: Reads, clock: Clock, past: Past) -> APIRouter:
    router = APIRouter(prefix="/api/v1", route_class=ApiRoute)

    @router.get(
        "/announcement/{announcement_id}",
        **documented(DetailAnnouncementResponse, PARAMETERS, or_else=DetailWithNames),
    )
    async def get_announcement(request: Request) -> Response:
        """One evening as the caller may see it; with `?as_of=` as the caller could have seen
        it then. `?guest_list=names` gives bare names."""
        caller = await reads.caller(request)
        announcement_id = path_id(request, "announcement_id")
        names_only = _names_only(request)
        moment = moment_of(request.query_params, clock())
        if moment is None:
            told = await _present(request, reads, caller, announcement_id)
        else:
            told = await past(request, caller, announcement_id, moment)
        detail = _detail(told, language_of(request))
        content = _with_names(detail) if names_only else detail
        return answer(request, content, told.position, version=detail.version)

    return router


async def _present(request: Request, reads: Reads, caller: Caller, announcement_id: str) -> Told:
    followed = await reads.followed_by(caller)
    async with reads.snapshot(request) as snapshot:
        found = await select_visible(snapshot, caller, followed, announcement_id)
        guests: Sequence[Row] = ()
        if shows_guests(found, caller, reads):
            everyone = sees_everything(found, caller)
            guests = await snapshot.rows(SELECT_GUESTS, announcement_id, everyone)
    return Told(found, guests, snapshot.position)


def shows_guests(evening: Row, caller: Caller, reads: Reads) -> bool:
    """The author sees everyone, a confirmed guest the confirmed, others nobody."""
    if sees_everything(evening, caller):
        return True
    return evening["my_state"] == "confirmed" and not reads.rules.hide_guest_list


def _names_only(request: Request) -> bool:
    """Raises Malformed."""
    asked = request.query_params.get("guest_list")
    if asked not in (None, "names"):
        raise malformed_parameter("guest_list", known=["names"])
    return asked is not None


async def select_visible(
    snapshot: Snapshot, caller: Caller, followed: list[PersonId], announcement_id: str
) -> asyncpg.Record:
    """The announcement's row. Raises NotFound where it is absent or hidden."""
    return await snapshot.row(
        SELECT_ONE, caller.is_super, caller.person_id, followed, announcement_id
    )


def list_line(row: Row, language: Language) -> AnnouncementResponse:
    return AnnouncementResponse(**_line_fields(row, language))


def _detail(told: Told, language: Language) -> DetailAnnouncementResponse:
    row = told.evening
    return DetailAnnouncementResponse(
        **_line_fields(row, language),
        description=row["description"],
        modified=row["modified"],
        version=row["version"],
        guest_list=[_guest_entry(guest) for guest in told.guests],
        guest_count=row["guest_count"],
        hide_location=row["hide_location"],
        cancel_reason=row["cancel_reason"],
        my_booking_id=row["my_booking_id"],
    )


def _line_fields(row: Row, language: Language) -> dict[str, Any]:
    return {
        "id": row["announcement_id"],
        "status": row["status"],
        "title": row["title"],
        "author_id": row["author_id"],
        "sub_only": row["visibility"] == "subscribers",
        "is_free": row["is_free"],
        "ticket_count": row["ticket_count"],
        "event_time": row["event_time"],
        "event_location": row["event_location"] if row["shows_place"] else None,
        "closed_reason": row["closed_reason"],
        "visibility": row["visibility"],
        "movie_id": row["movie_id"],
        "movie_title": row["movie_title_ru" if language == "ru" else "movie_title"],
        "author_name": row["author_name"] or "",
        "author_rating": row["author_rating"],
        "author_rating_count": row["author_rating_count"],
        "tickets_left": row["tickets_left"],
        "duration_min": row["duration_min"],
        "ends_at": row["ends_at"],
        "tz": row["tz"],
        "location_hint": row["location_hint"],
        "price_amount": row["price_amount"],
        "price_currency": row["price_currency"],
        "created": row["created"],
        "my_state": row["my_state"],
    }


def _guest_entry(row: Row) -> GuestEntry:
    return GuestEntry(
        booking_id=row["booking_id"],
        guest_id=row["guest_id"],
        guest_name=row["guest_name"] or "",
        author_status=row["author_status"],
        guest_status=row["guest_status"],
        guest_rating=row["guest_rating"],
        guest_rating_count=row["guest_rating_count"],
        state=row["state"],
    )


def _with_names(detail: DetailAnnouncementResponse) -> DetailWithNames:
    fields = {name: getattr(detail, name) for name in detail.__struct_fields__}
    names = [guest.guest_name for guest in detail.guest_list]
    return DetailWithNames(**fields | {"guest_list": names})
