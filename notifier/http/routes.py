"""Serves a person's notices and preferences."""

from collections.abc import Sequence

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.notices import NoticeResponse
from contracts.values.languages import Language
from notifier.delivery.preferences import Preferences
from notifier.http.bodies import PreferencesBody
from notifier.http.edge import (
    document_answer,
    document_read,
    document_write,
    read_body,
    unavailable_without_tables,
    wait_for_position,
)
from notifier.http.notice_pages import PARAMETERS, answer_page, parse_filter
from notifier.http.representations import notice_response
from notifier.reader import NoticeReader
from notifier.store.notices import Notices, StoredNotice
from notifier.store.preferences import PreferenceStore
from runtime.auth.tokens import TokenVerifier
from runtime.http.api_route import ApiRoute
from runtime.http.json_body import json_response
from runtime.http.parameters import is_dry_run
from runtime.limits.callers import authenticate


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
        return await answer_page(request, store, reader, wanted, _represent)

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


async def _represent(found: Sequence[StoredNotice], language: Language) -> list[NoticeResponse]:
    return [notice_response(one, language) for one in found]
