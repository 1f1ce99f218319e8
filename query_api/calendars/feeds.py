"""Serves a person's schedule as iCalendar feeds, and single announcements as `.ics` files.

Calendar programs cannot send a bearer token, so the address of a feed contains a token of its
own: a keyed hash of the feed's id. It opens this feed only, and is valid until the secret
changes, the feed is revoked, or the person is erased. Everybody has a feed from the start, whose
id is the person's: revoking it gives it another address. The others are made one by one.
"""

from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from hmac import compare_digest
from typing import Final

from fastapi import APIRouter
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from contracts.errors import NotFound
from contracts.values.ids import FeedId, PersonId
from query_api.announcements.rows import COLUMNS, MY_STATE, fetch_visible
from query_api.announcements.schedule import SCHEDULE
from query_api.calendars.ical import ICAL, build_calendar
from query_api.edge.reads import AnyRow, Reads, TableSnapshot
from query_api.edge.routes import answer, answer_bytes, document, document_file, new_router
from query_api.people.erasures import fetch_erased_seq
from query_api.people.readers import fetch_language_and_zone
from query_api.sharing.public_url import find_public_url
from runtime.http.negotiation import language_of
from runtime.http.parameters import path_id

ENTRIES_MAX: Final = 500
_TOKEN_BYTES: Final = 16

MADE: Final = "made"
"""Stands for the position in the token of a feed that a person made. It keeps that token apart
from one of a first feed: the row of a made feed goes with its person, and its id could then be
that of a person."""

SELECT_SCHEDULE: Final = f"""
    SELECT {MY_STATE}, {COLUMNS} WHERE {SCHEDULE}
    ORDER BY a.event_time DESC, a.announcement_id LIMIT {ENTRIES_MAX}
"""

SELECT_FEED: Final = "SELECT person_id, revoked_seq FROM feeds WHERE feed_id = $1"
SELECT_FEEDS: Final = """
    SELECT feed_id, name, created FROM feeds
    WHERE person_id = $1 AND feed_id <> person_id AND revoked_seq IS NULL
    ORDER BY created, feed_id
"""


class FeedAddress(Struct, frozen=True):
    """Address of the caller's first feed. Whoever has it can read the feed."""

    url: str


class Feed(Struct, frozen=True):
    """A feed of the caller's schedule. Whoever has its address can read it."""

    feed_id: FeedId
    name: str | None
    url: str
    created: datetime | None
    """None for the feed that everybody has from the start."""


def build_router(reads: Reads, feed_secret: str, public_url: str) -> APIRouter:
    """Return the routes. `public_url` is the address of this system for others; if it is empty,
    the one that the request names."""
    router = new_router()

    @router.get("/schedule/feed", **document(FeedAddress))
    async def get_feed_address(request: Request) -> Response:
        """The secret address of the caller's first feed."""
        caller = await reads.authenticate(request)
        async with reads.open_snapshot(request) as snapshot:
            feed = await fetch_first_feed(snapshot, feed_secret, caller.person_id)
        return answer(request, FeedAddress(feed.url), snapshot.position)

    @router.get("/schedule/feeds", **document(list[Feed]))
    async def list_feeds(request: Request) -> Response:
        """All feeds of the caller with their addresses: the first one, then the others in the
        order in which they were made."""
        caller = await reads.authenticate(request)
        async with reads.open_snapshot(request) as snapshot:
            feeds = await fetch_feeds(snapshot, feed_secret, caller.person_id)
        return answer(request, feeds, snapshot.position)

    @router.get("/schedule/feeds/{feed_id}", **document(Feed))
    async def get_feed_of_caller(request: Request) -> Response:
        """One feed of the caller with its address."""
        caller = await reads.authenticate(request)
        feed_id = path_id(request, "feed_id")
        async with reads.open_snapshot(request) as snapshot:
            feeds = await fetch_feeds(snapshot, feed_secret, caller.person_id)
        found = next((one for one in feeds if one.feed_id == feed_id), None)
        if found is None:
            raise NotFound
        return answer(request, found, snapshot.position)

    @router.get(
        "/schedule/{feed_id}/{token}.ics",
        response_class=Response,
        **document_file(without_token=True),
    )
    async def get_feed(request: Request) -> Response:
        """The feed: what the person hosts, attends or has pending, the newest 500, in the
        person's language. What was cancelled stays, as STATUS:CANCELLED."""
        feed_id = FeedId(path_id(request, "feed_id"))
        async with reads.open_snapshot(request) as snapshot:
            person_id, token = await _open_feed(snapshot, feed_secret, feed_id)
            # As bytes, because compare_digest raises TypeError for text that is not ASCII.
            if not compare_digest(request.path_params["token"].encode(), token.encode()):
                raise NotFound
            reads.demand_not_suspended(person_id)
            rows = await snapshot.fetch_rows(SELECT_SCHEDULE, False, person_id)
            language, _ = await fetch_language_and_zone(snapshot, person_id)
        own_url = find_public_url(request, public_url)
        content = build_calendar(rows, person_id, language, own_url)
        headers = {"Cache-Control": "private, no-cache"}
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
        own_url = find_public_url(request, public_url)
        content = build_calendar([row], caller.person_id, language_of(request), own_url)
        headers = {
            "Cache-Control": "private, no-cache",
            "Vary": "Authorization, Accept-Language",
            "Content-Disposition": f'attachment; filename="practix-{announcement_id}.ics"',
        }
        return answer_bytes(request, content, ICAL, snapshot.position, headers)

    return router


async def fetch_feeds(snapshot: TableSnapshot, secret: str, person_id: PersonId) -> list[Feed]:
    """Return the person's feeds, the first one first."""
    first = await fetch_first_feed(snapshot, secret, person_id)
    rows = await snapshot.fetch_rows(SELECT_FEEDS, person_id)
    return [first, *(_build_feed(secret, **dict(row), since=MADE) for row in rows)]


async def fetch_first_feed(snapshot: TableSnapshot, secret: str, person_id: PersonId) -> Feed:
    """Return the feed that the person has from the start."""
    feed_id = FeedId(person_id)
    rows = await snapshot.fetch_rows(SELECT_FEED, feed_id)
    since = await _find_change(snapshot, person_id, rows)
    return _build_feed(secret, feed_id, name=None, created=None, since=since)


async def _open_feed(snapshot: TableSnapshot, secret: str, feed_id: FeedId) -> tuple[PersonId, str]:
    """Return whose feed it is, and the token that opens it. Raises NotFound if it was revoked.
    Any id may be that of a person, so the token alone says whether there is such a feed."""
    rows = await snapshot.fetch_rows(SELECT_FEED, feed_id)
    if not rows or rows[0]["person_id"] == feed_id:
        person_id = PersonId(feed_id)
        return person_id, _sign_feed(secret, feed_id, await _find_change(snapshot, person_id, rows))
    if rows[0]["revoked_seq"] is not None:
        raise NotFound
    return rows[0]["person_id"], _sign_feed(secret, feed_id, MADE)


async def _find_change(
    snapshot: TableSnapshot, person_id: PersonId, rows: Sequence[AnyRow]
) -> int | None:
    """Return the position from which on a person's first feed has its present address; None if
    it was neither revoked nor the person erased. `rows` are those of SELECT_FEED."""
    revoked_seq = rows[0]["revoked_seq"] if rows else None
    erased_seq = await fetch_erased_seq(snapshot, person_id)
    return max((one for one in (revoked_seq, erased_seq) if one is not None), default=None)


def _build_feed(
    secret: str,
    feed_id: FeedId,
    name: str | None,
    created: datetime | None,
    since: int | str | None,
) -> Feed:
    url = f"/api/v1/schedule/{feed_id}/{_sign_feed(secret, feed_id, since)}.ics"
    return Feed(feed_id, name, url, created)


def _sign_feed(secret: str, feed_id: FeedId, since: int | str | None) -> str:
    """Return the token of a feed. Another position `since` makes another token, which revokes the
    old one."""
    key = blake2b(secret.encode(), digest_size=32).digest()
    opened = feed_id if since is None else f"{feed_id}/{since}"
    return blake2b(opened.encode(), key=key, digest_size=_TOKEN_BYTES).hexdigest()
