"""Serves notices to operators, who read what they say, write, approve, change and cancel them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Final, NamedTuple
from uuid import uuid4

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.errors import CommandRefused, NotFound
from contracts.values.ids import AnnouncementId, PersonId
from contracts.values.languages import Language
from notifier.http.bodies import (
    ActBody,
    BulkBody,
    CreateNoticeBody,
    ParkedActBody,
    RescheduleBody,
    demand_near,
)
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
from notifier.http.notice_pages import (
    PARAMETERS,
    answer_page,
    cut_rows,
    parse_filter,
    parse_page,
)
from notifier.http.outbox_rows import refuse_change
from notifier.http.preview import NoticePreview
from notifier.http.representations import (
    BulkResponse,
    BulkResult,
    ModerationRecord,
    OperatorNoticeResponse,
    operator_notice_response,
)
from notifier.planning.notice_plan import PlannedNotice
from notifier.policies.effects import TOLD_WITHIN
from notifier.reader import NoticeReader
from notifier.store.moderation import Moderated, Moderation
from notifier.store.notices import Notices, StoredNotice
from notifier.store.operators.acts import BY_OPERATOR, Signature
from runtime.http.api_route import ApiRoute
from runtime.http.json_body import json_response
from runtime.http.negotiation import language_of
from runtime.http.paging import CURSOR, LIMIT
from runtime.http.parameters import Parameter, idempotency_key_of, is_dry_run
from runtime.process.clock import Clock

RECIPIENT: Final = Parameter("recipient", "to this person", {"type": "string", "format": "uuid"})
NEEDS_APPROVAL: Final = Parameter(
    "needs_approval",
    "whether it waits for an operator",
    {"type": "string", "enum": ["true", "false"]},
)
NOTICE_ID: Final = Parameter("notice_id", "about this notice", {"type": "integer"})


class ModerationParts(NamedTuple):
    """The parts that the routes are made of."""

    notices: Notices
    moderation: Moderation
    preview: NoticePreview
    reader: NoticeReader
    guard: Guard
    clock: Clock
    wake: Callable[[], None]
    """Called if something may be due now."""


def build_moderation_router(parts: ModerationParts) -> APIRouter:
    """Return the routes for operators. Include those of fan-outs before them: `fanouts` would be
    taken for an id."""
    router = APIRouter(prefix="/api/v1/operator/notices", tags=["operator"], route_class=ApiRoute)
    moderation, clock = parts.moderation, parts.clock

    async def finish(
        request: Request,
        changed: Moderated,
        notice_id: int,
        *,
        demand: bool,
        only: str | None = None,
    ) -> Response:
        """Answer with the changed notice. Raises NotFound, and CommandRefused if it was too late
        or it is not parked and `only`, and `demand`."""
        notice = changed.notices.get(notice_id)
        if notice is None:
            raise NotFound
        if demand and notice_id not in changed.done:
            raise refuse_change(notice["state"], only)
        if not is_dry_run(request):
            parts.wake()
        return await _answer_notice(request, parts, notice)

    @router.get(
        "",
        response_class=Response,
        responses=document_answer(list[OperatorNoticeResponse]),
        openapi_extra=document_read(RECIPIENT, NEEDS_APPROVAL, *PARAMETERS),
    )
    async def notices(request: Request) -> Response:
        """Everybody's notices, as their recipients would read them; with `state=waiting` those
        that are delayed, with `needs_approval=true` those that wait for an operator."""
        await parts.guard(request)
        flag = parse_choice(request, NEEDS_APPROVAL.name, ("true", "false"))
        recipient = parse_id(request, RECIPIENT.name)
        wanted = parse_filter(request, None if recipient is None else PersonId(recipient))
        if flag is not None:
            wanted = wanted._replace(needs_approval=flag == "true")
        represent = partial(_represent, parts)
        return await answer_page(request, parts.notices, parts.reader, wanted, represent)

    @router.post(
        "",
        response_class=Response,
        responses=document_answer(OperatorNoticeResponse),
        openapi_extra=document_write(CreateNoticeBody, keyed=True),
    )
    async def create_notice(request: Request) -> Response:
        """Write to a person: at once, or at a time within a year. The same Idempotency-Key adds
        nothing; 422 if it was used for another notice. 404 if `announcement_id` is unknown."""
        operator = await parts.guard(request)
        dry_run, now = is_dry_run(request), clock()
        body = await read_body(request, CreateNoticeBody)
        notice = _plan_notice(body, idempotency_key_of(request), now)
        async with unavailable_without_tables():
            if not await parts.preview.knows(notice.recipient):
                raise CommandRefused("unknown_person")
            if not await parts.preview.knows_announcement(notice.announcement_id):
                raise NotFound
            created = await moderation.create(notice, body.sign(operator, now), dry_run=dry_run)
            told = await parts.preview.render_planned(notice)
        if not dry_run:
            parts.wake()
        shown = operator_notice_response(created, language_of(request), told)
        return json_response(shown, 201)

    @router.post(
        "/bulk",
        response_class=Response,
        responses=document_answer(BulkResponse),
        openapi_extra=document_write(BulkBody),
    )
    async def change_many(request: Request) -> Response:
        """Reschedule, cancel or approve many notices at once: those named, or the newest that a
        filter chooses, 1,000 at most; with `only` the parked ones of them."""
        operator = await parts.guard(request)
        dry_run, now = is_dry_run(request), clock()
        body = await read_body(request, BulkBody)
        async with unavailable_without_tables():
            if body.filter is not None:
                ids = await moderation.select_ids(body.filter.to_filter())
            else:
                ids = list(dict.fromkeys(body.ids or ()))
            changed = await _act(moderation, body, ids, body.sign(operator, now), dry_run=dry_run)
        if not dry_run:
            parts.wake()
        return json_response(_describe_bulk(body.action, ids, changed))

    @router.get(
        "/record",
        response_class=Response,
        responses=document_answer(list[ModerationRecord]),
        openapi_extra=document_read(NOTICE_ID, LIMIT, CURSOR),
    )
    async def moderation_record(request: Request) -> Response:
        """What operators did to notices, newest first: who, what, when, and what stood before."""
        await parts.guard(request)
        limit, before = parse_page(request)
        notice_id = parse_number(request, NOTICE_ID.name)
        await wait_for_position(request, parts.reader)
        async with unavailable_without_tables():
            found = await moderation.select_records(notice_id, before, limit + 1)
        page, headers = cut_rows(request, found, limit)
        return json_response([ModerationRecord(**one) for one in page], headers=headers)

    @router.get(
        "/{notice_id}",
        response_class=Response,
        responses=document_answer(OperatorNoticeResponse),
        openapi_extra=document_read(),
    )
    async def get_notice(request: Request) -> Response:
        """One notice, with the title and the text that its recipient would read now."""
        await parts.guard(request)
        await wait_for_position(request, parts.reader)
        async with unavailable_without_tables():
            notice = await parts.notices.find(parse_path_number(request, "notice_id"))
        if notice is None:
            raise NotFound
        return await _answer_notice(request, parts, notice)

    @router.put(
        "/{notice_id}",
        response_class=Response,
        responses=document_answer(OperatorNoticeResponse),
        openapi_extra=document_write(RescheduleBody),
    )
    async def reschedule(request: Request) -> Response:
        """Send it at another time, within a year. A notice that was missed, cancelled or parked
        gets a new chance. 409 if it was sent; `not_parked` if `only` is `parked` and it
        is not."""
        operator = await parts.guard(request)
        notice_id, dry_run = parse_path_number(request, "notice_id"), is_dry_run(request)
        body, now = await read_body(request, RescheduleBody), clock()
        async with unavailable_without_tables():
            changed = await moderation.reschedule(
                [notice_id],
                body.not_before(now),
                body.sign(operator, now),
                only=body.only,
                dry_run=dry_run,
            )
        return await finish(request, changed, notice_id, demand=True, only=body.only)

    @router.put(
        "/{notice_id}/approval",
        response_class=Response,
        responses=document_answer(OperatorNoticeResponse),
        openapi_extra=document_write(ActBody),
    )
    async def approve(request: Request) -> Response:
        """Let it go. Repeating this changes nothing; 409 if it no longer waits. Kinds that need
        it are a setting (`NOTIFIER_APPROVAL_KINDS`)."""
        operator = await parts.guard(request)
        notice_id, dry_run = parse_path_number(request, "notice_id"), is_dry_run(request)
        signature = (await read_body(request, ActBody)).sign(operator, clock())
        async with unavailable_without_tables():
            changed = await moderation.approve([notice_id], signature, dry_run=dry_run)
        return await finish(request, changed, notice_id, demand=True)

    @router.delete(
        "/{notice_id}",
        response_class=Response,
        responses=document_answer(OperatorNoticeResponse),
        openapi_extra=document_write(ParkedActBody),
    )
    async def cancel(request: Request) -> Response:
        """Never send it. Repeating this changes nothing; 409 if it no longer waits; `not_parked`
        if `only` is `parked` and it is not. Its state is `unconfirmed` if it was being sent, or
        may have arrived before."""
        operator = await parts.guard(request)
        notice_id, dry_run = parse_path_number(request, "notice_id"), is_dry_run(request)
        body = await read_body(request, ParkedActBody)
        signature, only = body.sign(operator, clock()), body.only
        async with unavailable_without_tables():
            changed = await moderation.cancel([notice_id], signature, only=only, dry_run=dry_run)
        notice = changed.notices.get(notice_id)
        demand = only is not None or notice is None or notice["reason"] != BY_OPERATOR
        return await finish(request, changed, notice_id, demand=demand, only=only)

    return router


async def _act(
    moderation: Moderation,
    body: BulkBody,
    ids: Sequence[int],
    signature: Signature,
    *,
    dry_run: bool,
) -> Moderated:
    match body.action:
        case "cancel":
            return await moderation.cancel(ids, signature, only=body.only, dry_run=dry_run)
        case "approve":
            return await moderation.approve(ids, signature, dry_run=dry_run)
        case "reschedule":
            assert body.due_at is not None
            due_at = demand_near(body.due_at, signature.at)
            return await moderation.reschedule(
                ids, due_at, signature, only=body.only, dry_run=dry_run
            )


def _plan_notice(body: CreateNoticeBody, key: str | None, now: datetime) -> PlannedNotice:
    """Return the notice that an operator writes. Notices with one idempotency key are one."""
    named = uuid4().hex if key is None else sha256(key.encode()).hexdigest()
    due_at = now if body.due_at is None else demand_near(body.due_at, now)
    announcement_id = None if body.announcement_id is None else str(body.announcement_id)
    return PlannedNotice(
        key=f"operator:{named}",
        recipient=PersonId(str(body.recipient)),
        kind="operator_message",
        announcement_id=None if announcement_id is None else AnnouncementId(announcement_id),
        facts=body.facts(),
        happened_at=now,
        due_at=due_at,
        expires_at=due_at + TOLD_WITHIN,
    )


def _describe_bulk(action: str, ids: Sequence[int], changed: Moderated) -> BulkResponse:
    results = [
        BulkResult(one, one in changed.done, changed.notices.get(one, {}).get("state"))
        for one in ids
    ]
    return BulkResponse(action, len(changed.done), results)


async def _represent(
    parts: ModerationParts, notices: Sequence[StoredNotice], language: Language
) -> list[OperatorNoticeResponse]:
    texts = await parts.preview.render([one["id"] for one in notices])
    return [operator_notice_response(one, language, texts.get(one["id"])) for one in notices]


async def _answer_notice(
    request: Request, parts: ModerationParts, notice: StoredNotice
) -> Response:
    async with unavailable_without_tables():
        (shown,) = await _represent(parts, [notice], language_of(request))
    return json_response(shown)
