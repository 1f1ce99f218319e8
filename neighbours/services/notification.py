"""Notification: accepts each notice once and shows a person's inbox."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from fastapi import APIRouter, Depends, Header, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints
from starlette.responses import Response

from contracts.errors import Malformed
from neighbours.access import Access
from neighbours.bodies import BoundedRoute
from neighbours.services.inbox_page import render_inbox
from neighbours.store import Store
from neighbours.switches import Switches
from runtime.http.json_body import json_response
from runtime.http.negotiation import accepts_html

INBOX_ROWS_MAX: Final = 10_000

Key = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class SendBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    key: Key
    user_id: UUID
    notification_id: UUID
    source_name: Name
    event_type: Name
    title: Annotated[str, StringConstraints(max_length=1_000)]
    text: Annotated[str, StringConstraints(max_length=20_000)]
    short_link: Annotated[str, StringConstraints(max_length=2_000)] | None = None
    context: dict[str, Any] = {}
    created_at: AwareDatetime


class Inboxes:
    """The notices of all people."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def take(self, body: SendBody) -> bool:
        """Store the notice unless its key was seen before; return whether it is new."""
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

    def inbox(self, user_id: str, limit: int) -> list[dict[str, Any]]:
        """Return the person's notices, newest first."""
        return self._store.rows(
            """
            SELECT key, event_type, title, text, short_link, created_at, source_name
            FROM notice WHERE user_id = ? ORDER BY created_at DESC, id DESC LIMIT ?
            """,
            user_id,
            limit,
        )


def notification_router(
    deliver: Callable[[SendBody], bool], inboxes: Inboxes, access: Access, switches: Switches
) -> APIRouter:
    """`deliver` returns whether the notice is new."""
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
        new = deliver(body)
        return json_response({"status": "accepted", "key": body.key, "repeated": not new})

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
            return render_inbox(str(user_id), notices)
        return json_response(notices, headers={"Vary": "Accept", "Cache-Control": "no-store"})

    return router


def _utc_text(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
