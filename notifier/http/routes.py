"""Routes of the notifier: a person's own notices and wishes, and an operator's hand."""

from collections.abc import Callable
from typing import Any, Final, get_args

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.errors import CommandRefused, NotFound
from contracts.values.ids import PersonId
from notifier.effects import Kind
from notifier.http.bodies import PreferencesBody, RescheduleBody
from notifier.http.edge import (
    Guard,
    answers,
    asks,
    body_of,
    caller_of,
    id_of,
    number,
    one_of,
    path_number,
    reach,
    tables,
    takes,
)
from notifier.http.representations import (
    NoticeResponse,
    OperatorNoticeResponse,
    notice_response,
    operator_notice_response,
)
from notifier.preferences import Preferences
from notifier.reader import JournalReader
from notifier.store.ledger import Filter, Ledger, Line
from runtime.auth.tokens import TokenVerifier
from runtime.http.api_route import ApiRoute
from runtime.http.json_body import json_response
from runtime.http.negotiation import language_of
from runtime.http.paging import CURSOR, LIMIT, next_page_headers, parse_limit
from runtime.http.parameters import Parameter, is_dry_run
from runtime.process.clock import Clock

BY_OPERATOR: Final = "by_operator"
STATES: Final = ("waiting", "sent", "unconfirmed", "dropped", "skipped", "cancelled", "parked")
KINDS: Final[tuple[str, ...]] = get_args(Kind)

PARAMETERS: Final = (
    Parameter("state", "in this state", {"type": "string", "enum": list(STATES)}),
    Parameter("kind", "of this kind", {"type": "string", "enum": list(KINDS)}),
    Parameter("announcement_id", "about this evening", {"type": "string", "format": "uuid"}),
    LIMIT,
    CURSOR,
)
RECIPIENT: Final = Parameter("recipient", "to this person", {"type": "string", "format": "uuid"})


def build_router(ledger: Ledger, reader: JournalReader, verifier: TokenVerifier) -> APIRouter:
    router = APIRouter(prefix="/api/v1", tags=["notifications"], route_class=ApiRoute)

    @router.get(
        "/notifications",
        response_class=Response,
        responses=answers(list[NoticeResponse]),
        openapi_extra=asks(*PARAMETERS),
    )
    async def notifications(request: Request) -> Response:
        """My notices, newest first: what each tells of, why I got it, when it was sent or why
        not."""
        caller = await caller_of(request, verifier)
        wanted = _filter(request)._replace(recipient=caller.person_id)
        return await _page(request, ledger, reader, wanted, notice_response)

    @router.get(
        "/preferences",
        response_class=Response,
        responses=answers(Preferences),
        openapi_extra=asks(),
    )
    async def get_preferences(request: Request) -> Response:
        """My language, zone, quiet hours, and what I do not want to be told."""
        caller = await caller_of(request, verifier)
        await reach(request, reader)
        async with tables():
            return json_response(await ledger.wishes(caller.person_id))

    @router.put(
        "/preferences",
        response_class=Response,
        responses=answers(Preferences),
        openapi_extra=takes(PreferencesBody),
    )
    async def put_preferences(request: Request) -> Response:
        """Replace them as a whole: what is left out goes back to its default. They hold for
        everything that is not yet sent."""
        caller = await caller_of(request, verifier)
        dry_run = is_dry_run(request)
        wishes = (await body_of(request, PreferencesBody)).wishes()
        async with tables():
            await ledger.wish(caller.person_id, wishes, dry_run=dry_run)
        return json_response(wishes)

    return router


def build_operator_router(
    ledger: Ledger, reader: JournalReader, guard: Guard, clock: Clock, wake: Callable[[], None]
) -> APIRouter:
    """`wake` is called when something may have become due."""
    router = APIRouter(prefix="/api/v1/operator/notices", tags=["operator"], route_class=ApiRoute)

    @router.get(
        "",
        response_class=Response,
        responses=answers(list[OperatorNoticeResponse]),
        openapi_extra=asks(RECIPIENT, *PARAMETERS),
    )
    async def notices(request: Request) -> Response:
        """Everybody's; with `state=waiting` what is delayed."""
        await guard(request)
        return await _page(request, ledger, reader, _filter(request), operator_notice_response)

    @router.get(
        "/{notice_id}",
        response_class=Response,
        responses=answers(OperatorNoticeResponse),
        openapi_extra=asks(),
    )
    async def get_notice(request: Request) -> Response:
        await guard(request)
        await reach(request, reader)
        async with tables():
            line = await ledger.line(path_number(request, "notice_id"))
        return _one(request, line)

    @router.put(
        "/{notice_id}",
        response_class=Response,
        responses=answers(OperatorNoticeResponse),
        openapi_extra=takes(RescheduleBody),
    )
    async def reschedule(request: Request) -> Response:
        """Send it at another time, within a year; what was missed, cancelled or parked gets a
        new chance. 409 once it was sent."""
        await guard(request)
        notice_id, dry_run = path_number(request, "notice_id"), is_dry_run(request)
        due_at = (await body_of(request, RescheduleBody)).not_before(clock())
        async with tables():
            done, line = await ledger.reschedule(notice_id, due_at, dry_run=dry_run)
        if not dry_run:
            wake()
        return _one(request, line, changed=done)

    @router.delete(
        "/{notice_id}",
        response_class=Response,
        responses=answers(OperatorNoticeResponse),
        openapi_extra=takes(),
    )
    async def cancel(request: Request) -> Response:
        """Never send it. Repeating it changes nothing; 409 once it no longer waits. Its state
        is `unconfirmed` if it was on its way, or may have arrived before."""
        await guard(request)
        notice_id, dry_run = path_number(request, "notice_id"), is_dry_run(request)
        async with tables():
            _, line = await ledger.cancel(notice_id, dry_run=dry_run)
        return _one(request, line, changed=line is not None and line["reason"] == BY_OPERATOR)

    return router


async def _page(
    request: Request,
    ledger: Ledger,
    reader: JournalReader,
    wanted: Filter,
    render: Callable[[Line, Any], Any],
) -> Response:
    limit, before = parse_limit(request.query_params), number(request, "cursor")
    position = await reach(request, reader)
    async with tables():
        lines = await ledger.lines(wanted, before, limit + 1)
    shown = lines[:limit]
    headers = {"X-Position": str(position), "Cache-Control": "private, no-cache"}
    if len(lines) > limit:
        cursor = str(shown[-1]["id"])
        headers |= next_page_headers(request, cursor)
    language = language_of(request)
    return json_response([render(one, language) for one in shown], headers=headers)


def _one(request: Request, line: Line | None, *, changed: bool = True) -> Response:
    """Raises NotFound, and CommandRefused where it is there but was not `changed`."""
    if line is None:
        raise NotFound
    if not changed:
        raise CommandRefused("notice_not_waiting", {"state": line["state"]})
    return json_response(operator_notice_response(line, language_of(request)))


def _filter(request: Request) -> Filter:
    """Raises Malformed."""
    recipient = id_of(request, RECIPIENT.name)
    return Filter(
        recipient=None if recipient is None else PersonId(recipient),
        announcement_id=id_of(request, "announcement_id"),
        state=one_of(request, "state", STATES),
        kind=one_of(request, "kind", KINDS),
    )
