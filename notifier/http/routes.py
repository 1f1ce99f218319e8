"""Serves a person's notices and preferences, and notices to operators, who may change them."""

from collections.abc import Callable
from typing import Any, Final, get_args

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.notices import Kind, NoticeResponse
from contracts.values.ids import PersonId
from notifier.delivery.leases import NoticeState
from notifier.delivery.preferences import Preferences
from notifier.http.bodies import PreferencesBody
from notifier.http.edge import (
    document_answer,
    document_read,
    document_write,
    parse_choice,
    parse_id,
    parse_number,
    read_body,
    unavailable_without_tables,
    wait_for_position,
)
from notifier.http.representations import (
    notice_response,
)
from notifier.reader import NoticeReader
from notifier.store.notices import NoticeFilter, Notices, StoredNotice
from notifier.store.preferences import PreferenceStore
from runtime.auth.tokens import TokenVerifier
from runtime.http.api_route import ApiRoute
from runtime.http.json_body import json_response
from runtime.http.negotiation import language_of
from runtime.http.paging import CURSOR, LIMIT, next_page_headers, parse_limit
from runtime.http.parameters import Parameter, is_dry_run
from runtime.limits.callers import authenticate

BY_OPERATOR: Final = "by_operator"
STATES: Final[tuple[str, ...]] = get_args(NoticeState)
KINDS: Final[tuple[str, ...]] = get_args(Kind)

PARAMETERS: Final = (
    Parameter("state", "in this state", {"type": "string", "enum": list(STATES)}),
    Parameter("kind", "of this kind", {"type": "string", "enum": list(KINDS)}),
    Parameter("announcement_id", "about this announcement", {"type": "string", "format": "uuid"}),
    LIMIT,
    CURSOR,
)
RECIPIENT: Final = Parameter("recipient", "to this person", {"type": "string", "format": "uuid"})


def build_router(
    store: Notices, preferences: PreferenceStore, reader: NoticeReader, verifier: TokenVerifier
) -> APIRouter:
    router = APIRouter(prefix="/api/v1", tags=["notifications"], route_class=ApiRoute)

    @router.get(
        "/notifications",
        response_class=Response,
        responses=document_answer(list[NoticeResponse]),
        openapi_extra=document_read(*PARAMETERS),
    )
    async def notifications(request: Request) -> Response:
        """My notices, newest first: what caused each, why I got it, and when it was sent or why
        not."""
        caller = await authenticate(request, verifier)
        wanted = parse_filter(request, caller.person_id)
        return await answer_page(request, store, reader, wanted, notice_response)

    @router.get(
        "/preferences",
        response_class=Response,
        responses=document_answer(Preferences),
        openapi_extra=document_read(),
    )
    async def get_preferences(request: Request) -> Response:
        """My language, zone and quiet hours, and the notices that I do not want."""
        caller = await authenticate(request, verifier)
        await wait_for_position(request, reader)
        async with unavailable_without_tables():
            return json_response(await preferences.load(caller.person_id))

    @router.put(
        "/preferences",
        response_class=Response,
        responses=document_answer(Preferences),
        openapi_extra=document_write(PreferencesBody),
    )
    async def put_preferences(request: Request) -> Response:
        """Replace all of them: what is left out goes back to its default. They apply to every
        notice that is not yet sent."""
        caller = await authenticate(request, verifier)
        dry_run = is_dry_run(request)
        new = (await read_body(request, PreferencesBody)).to_preferences()
        async with unavailable_without_tables():
            await preferences.save(caller.person_id, new, dry_run=dry_run)
        return json_response(new)

    return router


async def answer_page(
    request: Request,
    store: Notices,
    reader: NoticeReader,
    wanted: NoticeFilter,
    render: Callable[[StoredNotice, Any], Any],
) -> Response:
    limit, before = parse_limit(request.query_params), parse_number(request, "cursor")
    position = await wait_for_position(request, reader)
    async with unavailable_without_tables():
        found = await store.select(wanted, before, limit + 1)
    shown = found[:limit]
    headers = {"X-Position": str(position), "Cache-Control": "private, no-cache"}
    if len(found) > limit:
        cursor = str(shown[-1]["id"])
        headers |= next_page_headers(request, cursor)
    language = language_of(request)
    return json_response([render(one, language) for one in shown], headers=headers)


def parse_filter(request: Request, recipient: PersonId | None) -> NoticeFilter:
    """Return the filter that the query parameters state. Raises Malformed."""
    return NoticeFilter(
        recipient=recipient,
        announcement_id=parse_id(request, "announcement_id"),
        state=parse_choice(request, "state", STATES),
        kind=parse_choice(request, "kind", KINDS),
    )
