"""Serves one announcement in detail, as it is or as it stood at a moment (`?as_of=`)."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple

import asyncpg
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.representations import DetailAnnouncementResponse
from contracts.shared_rules import SharedRules
from query_api.announcements.rows import SELECT_GUESTS, fetch_visible, represent_detail
from query_api.announcements.visibility import sees_everything
from query_api.edge.moments import AS_OF, Moment, parse_moment
from query_api.edge.reads import AnyRow, Reads, TableSnapshot
from query_api.edge.routes import answer, document, new_router
from query_api.plans.fitting import fetch_wishes, fits_my_plan
from runtime.auth.tokens import Caller
from runtime.http.negotiation import language_of
from runtime.http.parameters import Parameter, malformed_parameter, path_id

PARAMETERS: Final = (
    Parameter("guest_list", "`names`: bare names instead of entries", {"enum": ["names"]}),
    AS_OF,
)


class DetailWithNames(DetailAnnouncementResponse, frozen=True, kw_only=True):
    """One announcement, as `?guest_list=names` asks for it."""

    guest_list: Sequence[str]  # type: ignore[assignment]  # Narrower for strict clients (A38).


class DetailRows(NamedTuple):
    """Rows that an answer is made of, from the tables or from the history."""

    announcement: AnyRow
    guests: Sequence[AnyRow]
    """Those that the caller sees."""
    position: int
    """The position that the answer reflects."""
    fits_my_plan: bool | None = None
    """Whether it fits the caller's plan for its film; None if they have none, or of the past."""


FetchPast = Callable[[Request, Caller, str, Moment], Awaitable[DetailRows]]
"""Fetches the announcement with this id as it stood. Raises NotFound if the caller may not see
it now, or could not have seen it then."""


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
            found = await _fetch_present(request, reads, caller, announcement_id)
        else:
            found = await fetch_past(request, caller, announcement_id, moment)
        detail = represent_detail(
            found.announcement,
            found.guests,
            language_of(request),
            caller,
            fits_my_plan=found.fits_my_plan,
        )
        content = _with_names(detail) if names_only else detail
        return answer(request, content, found.position, version=detail.version)

    return router


async def _fetch_present(
    request: Request, reads: Reads, caller: Caller, announcement_id: str
) -> DetailRows:
    followed = await reads.fetch_followed(caller)
    async with reads.open_snapshot(request) as snapshot:
        found = await fetch_visible(snapshot, caller, followed, announcement_id)
        return await complete_detail(snapshot, caller, found, reads.rules)


async def complete_detail(
    snapshot: TableSnapshot, caller: Caller, announcement: asyncpg.Record, rules: SharedRules
) -> DetailRows:
    """Return the announcement with what else the caller sees. Its row is from `fetch_visible` in
    the same snapshot."""
    guests: Sequence[AnyRow] = ()
    if sees_guests(announcement, caller, rules):
        everyone = sees_everything(announcement, caller)
        guests = await snapshot.fetch_rows(
            SELECT_GUESTS, announcement["announcement_id"], everyone, caller.person_id
        )
    wishes = await fetch_wishes(snapshot, caller.person_id)
    fits = fits_my_plan(announcement, wishes, caller.person_id)
    return DetailRows(announcement, guests, snapshot.position, fits)


def sees_guests(announcement: AnyRow, caller: Caller, rules: SharedRules) -> bool:
    """Return whether the caller sees guests at all. The author sees everybody with a booking. A
    confirmed guest sees the confirmed, unless the author or the cell hides guest lists."""
    if sees_everything(announcement, caller):
        return True
    hidden = rules.hide_guest_list or announcement["hide_guests"]
    return announcement["my_state"] == "confirmed" and not hidden


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
