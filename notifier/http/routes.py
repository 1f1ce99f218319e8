"""Serves a person's notices and preferences, and notices to operators, who may change them."""

from collections.abc import Callable
from typing import Any, Final, get_args

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.errors import CommandRefused, NotFound
from contracts.notices import Kind, NoticeResponse
from contracts.values.ids import PersonId
from notifier.delivery.leases import NoticeState
from notifier.delivery.preferences import Preferences
from notifier.http.bodies import PreferencesBody, RescheduleBody
from notifier.http.edge import (
    Guard,
    document_answer,
    document_read,
    document_write,
    parse_choice,
    parse_id,
    parse_number,
    parse_path_number,
    read_body,
    unavailable_without_tables,
    wait_for_position,
)
from notifier.http.representations import (
    OperatorNoticeResponse,
    notice_response,
    operator_notice_response,
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
from runtime.process.clock import Clock

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
        wanted = _parse_filter(request, caller.person_id)
        return await _answer_page(request, store, reader, wanted, notice_response)

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


def build_operator_router(
    store: Notices, reader: NoticeReader, guard: Guard, clock: Clock, wake: Callable[[], None]
) -> APIRouter:
    """Return the routes for operators. `wake` is called if something may be due now."""
    router = APIRouter(prefix="/api/v1/operator/notices", tags=["operator"], route_class=ApiRoute)

    @router.get(
        "",
        response_class=Response,
        responses=document_answer(list[OperatorNoticeResponse]),
        openapi_extra=document_read(RECIPIENT, *PARAMETERS),
    )
    async def notices(request: Request) -> Response:
        """Everybody's notices; with `state=waiting` those that are delayed."""
        await guard(request)
        recipient = parse_id(request, RECIPIENT.name)
        wanted = _parse_filter(request, None if recipient is None else PersonId(recipient))
        return await _answer_page(request, store, reader, wanted, operator_notice_response)

    @router.get(
        "/{notice_id}",
        response_class=Response,
        responses=document_answer(OperatorNoticeResponse),
        openapi_extra=document_read(),
    )
    async def get_notice(request: Request) -> Response:
        await guard(request)
        await wait_for_position(request, reader)
        async with unavailable_without_tables():
            notice = await store.find(parse_path_number(request, "notice_id"))
        return _answer_notice(request, notice)

    @router.put(
        "/{notice_id}",
        response_class=Response,
        responses=document_answer(OperatorNoticeResponse),
        openapi_extra=document_write(RescheduleBody),
    )
    async def reschedule(request: Request) -> Response:
        """Send it at another time, within a year. A notice that was missed, cancelled or parked
        gets a new chance. 409 if it was sent."""
        await guard(request)
        notice_id, dry_run = parse_path_number(request, "notice_id"), is_dry_run(request)
        due_at = (await read_body(request, RescheduleBody)).not_before(clock())
        async with unavailable_without_tables():
            done, notice = await store.reschedule(notice_id, due_at, dry_run=dry_run)
        if not dry_run:
            wake()
        return _answer_notice(request, notice, changed=done)

    @router.delete(
        "/{notice_id}",
        response_class=Response,
        responses=document_answer(OperatorNoticeResponse),
        openapi_extra=document_write(),
    )
    async def cancel(request: Request) -> Response:
        """Never send it. Repeating this changes nothing; 409 if it no longer waits. Its state
        is `unconfirmed` if it was being sent, or may have arrived before."""
        await guard(request)
        notice_id, dry_run = parse_path_number(request, "notice_id"), is_dry_run(request)
        async with unavailable_without_tables():
            _, notice = await store.cancel(notice_id, dry_run=dry_run)
        changed = notice is not None and notice["reason"] == BY_OPERATOR
        return _answer_notice(request, notice, changed=changed)

    return router


async def _answer_page(
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


def _answer_notice(
    request: Request, notice: StoredNotice | None, *, changed: bool = True
) -> Response:
    """Answer with the notice. Raises NotFound if there is none, and CommandRefused if it was not
    `changed`."""
    if notice is None:
        raise NotFound
    if not changed:
        raise CommandRefused("notice_not_waiting", {"state": notice["state"]})
    return json_response(operator_notice_response(notice, language_of(request)))


def _parse_filter(request: Request, recipient: PersonId | None) -> NoticeFilter:
    """Return the filter that the query parameters state. Raises Malformed."""
    return NoticeFilter(
        recipient=recipient,
        announcement_id=parse_id(request, "announcement_id"),
        state=parse_choice(request, "state", STATES),
        kind=parse_choice(request, "kind", KINDS),
    )
