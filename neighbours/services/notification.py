"""Notification: accepts each notice once and shows a person's inbox."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Protocol
from uuid import UUID

import msgspec
from fastapi import APIRouter, Depends, Header, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from contracts.errors import Malformed
from neighbours.access import Access
from neighbours.bodies import BoundedRoute
from neighbours.pages import language_of_visitor
from neighbours.services.auth import People
from neighbours.services.inbox_page import render_inbox
from neighbours.store import Store
from neighbours.switches import Switches
from runtime.http.instants import StatedInstant
from runtime.http.json_body import json_response
from runtime.http.negotiation import accepts_html

INBOX_ROWS_MAX: Final = 10_000
RETRACTED_MAX: Final = 1_000

Key = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Title = Annotated[str, StringConstraints(max_length=1_000)]
NoticeText = Annotated[str, StringConstraints(max_length=20_000)]


class SendBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    key: Key
    user_id: UUID
    notification_id: UUID
    source_name: Name
    event_type: Name
    title: Title
    text: NoticeText
    short_link: Annotated[str, StringConstraints(max_length=2_000)] | None = None
    context: dict[str, Any] = {}
    created_at: AwareDatetime


class Replacement(BaseModel):
    """What is shown in place of the notice with this key."""

    model_config = ConfigDict(extra="forbid")

    key: Key
    title: Title
    text: NoticeText


class RetractBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    notices: Annotated[tuple[Replacement, ...], Field(max_length=RETRACTED_MAX)]


class Inboxes:
    """The notices of all people."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def take(self, body: SendBody) -> bool:
        """Store the notice unless its key was seen before; return whether it is new. One that was
        retracted before it came is stored as it is to be shown."""
        retracted = self._store.row("SELECT title, text FROM retracted WHERE key = ?", body.key)
        if retracted is not None:
            body = body.model_copy(update={**retracted, "context": {}})
        written = self._store.write(
            """
            INSERT INTO notice (key, user_id, notification_id, source_name, event_type,
                                title, text, short_link, context, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING
            """,
            body.key,
            str(body.user_id),
            str(body.notification_id),
            body.source_name,
            body.event_type,
            body.title,
            body.text,
            body.short_link,
            msgspec.json.encode(body.context).decode(),
            # One form for all, so that texts sort as times do.
            _utc_text(body.created_at),
        )
        return written == 1

    def retract(self, replacements: Iterable[Replacement]) -> None:
        """Show these texts from now on, also for notices that have not come yet."""
        with self._store.transaction():
            for one in replacements:
                known = self._store.write(
                    "UPDATE notice SET title = ?2, text = ?3, context = '{}' WHERE key = ?1",
                    one.key,
                    one.title,
                    one.text,
                )
                if not known:
                    self._store.write(
                        """
                        INSERT INTO retracted (key, title, text) VALUES (?1, ?2, ?3)
                        ON CONFLICT (key) DO UPDATE SET title = ?2, text = ?3
                        """,
                        one.key,
                        one.title,
                        one.text,
                    )
        self._store.remove_traces()

    def empty(self, user_id: str, until: datetime) -> None:
        """Forget the person's notices that were made until then, but not their keys."""
        self._store.write(
            """
            UPDATE notice SET user_id = '', title = '', text = '', short_link = NULL, context = '{}'
            WHERE user_id = ? AND created_at <= ?
            """,
            user_id,
            _utc_text(until),
        )
        self._store.remove_traces()

    def inbox(self, user_id: str, limit: int) -> list[dict[str, Any]]:
        """Return the person's notices, newest first."""
        return self._store.rows(
            """
            SELECT key, event_type, title, text, short_link, created_at, source_name,
                   context ->> '$.title' AS evening
            FROM notice WHERE user_id = ? ORDER BY created_at DESC, id DESC LIMIT ?
            """,
            user_id,
            limit,
        )


class PostOffice(Protocol):
    """Delivers notices to inboxes and channels, and takes them back."""

    def deliver(self, body: SendBody) -> bool:
        """Return whether the notice is new."""
        ...

    def retract(self, body: RetractBody) -> None: ...

    def empty_inbox(self, user_id: str, until: datetime) -> None: ...


def notification_router(
    post: PostOffice, inboxes: Inboxes, people: People, access: Access, switches: Switches
) -> APIRouter:
    router = APIRouter(
        route_class=BoundedRoute,
        prefix="/neighbours/notification",
        tags=["neighbours: Notification"],
        dependencies=[Depends(switches.guard("notification"))],
    )

    @router.post("/send", dependencies=[Depends(access.require_service)])
    async def send(
        body: SendBody, idempotency_key: Annotated[str | None, Header()] = None
    ) -> Response:
        """Deliver a notice once per key. Sending it again gives the same answer. For our own
        services, which present their credential."""
        if idempotency_key is not None and idempotency_key != body.key:
            raise Malformed("malformed_header", {"header": "Idempotency-Key"})
        new = post.deliver(body)
        return json_response({"status": "accepted", "key": body.key, "repeated": not new})

    @router.post("/retract", dependencies=[Depends(access.require_service)])
    async def retract(body: RetractBody) -> Response:
        """Show other texts in place of notices, known by their keys. A notice that has not come
        yet is shown so when it comes. For our own services."""
        post.retract(body)
        return json_response({"status": "retracted"})

    @router.delete("/inbox/{user_id}", dependencies=[Depends(access.require_service)])
    async def empty_inbox(user_id: UUID, until: StatedInstant) -> Response:
        """Forget what the person was sent until then. Their keys stay known. For our own
        services."""
        post.empty_inbox(str(user_id), until)
        return json_response({"status": "emptied"})

    @router.get("/inbox/{user_id}")
    async def get_inbox(
        request: Request,
        user_id: UUID,
        until: str = "",
        signature: str = "",
        limit: Annotated[int, Query(ge=1, le=INBOX_ROWS_MAX)] = INBOX_ROWS_MAX,
    ) -> Response:
        """List what the person was sent, newest first; a browser gets a page. Needs the
        person's token, the operator's, or a signed link."""
        await access.require_inbox_reader(request, str(user_id), until, signature)
        notices = inboxes.inbox(str(user_id), limit)
        if accepts_html(request):
            person = people.find(str(user_id)) or {"name": str(user_id), "tz": None}
            return render_inbox(person, notices, language_of_visitor(request))
        return json_response(notices, headers={"Vary": "Accept", "Cache-Control": "no-store"})

    return router


def _utc_text(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
