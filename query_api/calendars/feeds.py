"""Serves a person's schedule as an iCalendar feed, and single announcements as `.ics` files.

Calendar programs cannot send a bearer token, so the address of a feed contains a token of its
own: a keyed hash of the person's id. It opens this feed only, and is valid until the secret
changes or the person is erased.
"""

from hashlib import blake2b
from hmac import compare_digest
from typing import Final

from fastapi import APIRouter
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from contracts.errors import NotFound
from contracts.values.ids import PersonId
from query_api.announcements.rows import COLUMNS, MY_STATE, fetch_visible
from query_api.announcements.schedule import SCHEDULE
from query_api.calendars.ical import ICAL, build_calendar
from query_api.edge.reads import Reads
from query_api.edge.routes import answer, answer_bytes, document, document_file, new_router
from query_api.people.erasures import fetch_erased_seq
from runtime.http.negotiation import language_of
from runtime.http.parameters import path_id

ENTRIES_MAX: Final = 500
_TOKEN_BYTES: Final = 16

SELECT_SCHEDULE: Final = f"""
    SELECT {MY_STATE}, {COLUMNS} WHERE {SCHEDULE}
    ORDER BY a.event_time DESC, a.announcement_id LIMIT {ENTRIES_MAX}
"""


class FeedAddress(Struct, frozen=True):
    """Address of the caller's feed. Whoever has it can read the feed."""

    url: str


def build_router(reads: Reads, feed_secret: str) -> APIRouter:
    router = new_router()

    @router.get("/schedule/feed", **document(FeedAddress))
    async def get_feed_address(request: Request) -> Response:
        """The secret address of the caller's own feed."""
        caller = await reads.authenticate(request)
        async with reads.open_snapshot(request) as snapshot:
            erased_seq = await fetch_erased_seq(snapshot, caller.person_id)
        path = feed_path(feed_secret, caller.person_id, erased_seq)
        return answer(request, FeedAddress(path), snapshot.position)

    @router.get(
        "/schedule/{person_id}/{token}.ics",
        response_class=Response,
        **document_file(without_token=True),
    )
    async def get_feed(request: Request) -> Response:
        """The feed: what the person hosts, attends or has pending, the newest 500. What was
        cancelled stays, as STATUS:CANCELLED."""
        person_id = path_id(request, "person_id")
        async with reads.open_snapshot(request) as snapshot:
            token = _feed_token(feed_secret, person_id, await fetch_erased_seq(snapshot, person_id))
            # As bytes, because compare_digest raises TypeError for text that is not ASCII.
            if not compare_digest(request.path_params["token"].encode(), token.encode()):
                raise NotFound
            reads.demand_not_suspended(PersonId(person_id))
            rows = await snapshot.fetch_rows(SELECT_SCHEDULE, False, person_id)
        content = build_calendar(rows, person_id, language_of(request))
        headers = {"Cache-Control": "private, no-cache", "Vary": "Accept-Language"}
        return answer_bytes(request, content, ICAL, snapshot.position, headers)

    @router.get(
        "/announcement/{announcement_id}/calendar.ics",
        response_class=Response,
        **document_file(),
    )
    async def get_calendar_file(request: Request) -> Response:
        """One announcement as an iCalendar file, as the caller may see it."""
        caller = await reads.authenticate(request)
        announcement_id = path_id(request, "announcement_id")
        followed = await reads.fetch_followed(caller)
        async with reads.open_snapshot(request) as snapshot:
            row = await fetch_visible(snapshot, caller, followed, announcement_id)
        content = build_calendar([row], caller.person_id, language_of(request))
        headers = {
            "Cache-Control": "private, no-cache",
            "Vary": "Authorization, Accept-Language",
            "Content-Disposition": f'attachment; filename="practix-{announcement_id}.ics"',
        }
        return answer_bytes(request, content, ICAL, snapshot.position, headers)

    return router


def feed_path(secret: str, person_id: PersonId, erased_seq: int | None) -> str:
    """Return the secret address of a person's feed, on this host. `erased_seq` is the position
    of their last erasure."""
    return f"/api/v1/schedule/{person_id}/{_feed_token(secret, person_id, erased_seq)}.ics"


def _feed_token(secret: str, person_id: str, erased_seq: int | None) -> str:
    """Return the token of the person's feed. Each erasure changes it, which revokes the old one."""
    key = blake2b(secret.encode(), digest_size=32).digest()
    opened = person_id if erased_seq is None else f"{person_id}/{erased_seq}"
    return blake2b(opened.encode(), key=key, digest_size=_TOKEN_BYTES).hexdigest()
