"""Url_shortner: makes one unguessable short link per target.

Links lead to our own pages only: an open redirect would lend our name to any address.
"""

import secrets
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints
from starlette.responses import RedirectResponse, Response

from contracts.errors import Malformed, NotFound
from neighbours.access import Access
from neighbours.bodies import BoundedRoute
from neighbours.store import Store
from neighbours.switches import Switches
from runtime.http.api_route import ApiRoute
from runtime.http.json_body import json_response
from runtime.process.clock import Clock

CODE_BITS: Final = 60
_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
"""Five bits a letter. No letter looks like another."""

CLICKS_A_PAGE_MAX: Final = 1_000
ID_MAX: Final = 2**63 - 1
PUBLIC_PAGES: Final = "/a/"
"""Path of an announcement's public page, under the address that clients use."""


class LinkBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    target: Annotated[
        str,
        # Visible ASCII, as an address is written: nothing that could split a header.
        StringConstraints(max_length=2_000, pattern=r"^[!-~]+$"),
    ]
    expires_at: AwareDatetime | None = None
    """Absent: the link never expires."""


def new_code() -> str:
    """Return a random code of twelve letters."""
    bits = secrets.randbits(CODE_BITS)
    return "".join(_ALPHABET[bits >> shift & 31] for shift in range(0, CODE_BITS, 5))


NOT_OURS: Final = {
    "field": "target",
    "code": "not_ours",
    "reason": "links lead to pages of this system only",
}


class Links:
    def __init__(
        self,
        store: Store,
        public_url: str,
        now: Clock,
        further_targets: Iterable[str] = (),
        make_code: Callable[[], str] = new_code,
    ) -> None:
        self._store = store
        self._public_url = public_url.rstrip("/")
        self._own = (PUBLIC_PAGES, self._public_url + PUBLIC_PAGES, *further_targets)
        self._now = now
        self._make_code = make_code

    def shorten(self, target: str, expires_at: datetime | None) -> dict[str, Any]:
        """Return the link to `target`, making one if needed, which expires at `expires_at`.

        An earlier expiry of the link is replaced. Raises Malformed if the target is not one of
        our pages.
        """
        if not target.startswith(self._own):
            raise Malformed(facts={"errors": [NOT_OURS]})
        expires_s = None if expires_at is None else int(expires_at.timestamp())
        while not self._try_write(target, expires_s):
            pass  # The code, one of 2^60, was taken: draw again.
        link = self._store.row("SELECT target, code, clicks FROM link WHERE target = ?", target)
        assert link is not None  # Just written.
        return link | {"short_link": f"{self._public_url}/s/{link['code']}"}

    def follow(self, code: str) -> str:
        """Note a click and return the target.

        Raises NotFound if the code is unknown, has expired, or was made when links could lead
        anywhere.
        """
        now = self._now()
        link = self._store.row(
            "SELECT target FROM link WHERE code = ? AND (expires_at IS NULL OR expires_at > ?)",
            code,
            int(now.timestamp()),
        )
        if link is None or not link["target"].startswith(self._own):
            raise NotFound
        target = str(link["target"])
        with self._store.transaction():
            self._store.write("UPDATE link SET clicks = clicks + 1 WHERE code = ?", code)
            self._store.write(
                "INSERT INTO click (target, clicked_at) VALUES (?, ?)", target, now.isoformat()
            )
        return target

    def clicks(self, after: int, limit: int) -> list[dict[str, Any]]:
        """Return the first `limit` clicks whose ids follow `after`."""
        return self._store.rows(
            "SELECT id, target, clicked_at FROM click WHERE id > ? ORDER BY id LIMIT ?",
            after,
            limit,
        )

    def _try_write(self, target: str, expires_s: int | None) -> bool:
        """Draw a code and write the link; return False if the code has another target."""
        code = self._make_code()
        taken = self._store.row("SELECT 1 FROM link WHERE code = ? AND target <> ?", code, target)
        if taken is not None:
            return False
        self._store.write(
            """
            INSERT INTO link (target, code, expires_at, clicks) VALUES (?1, ?2, ?3, 0)
            ON CONFLICT (target) DO UPDATE SET expires_at = ?3
            """,
            target,
            code,
            expires_s,
        )
        return True


def shortener_router(links: Links, access: Access, switches: Switches) -> APIRouter:
    guard = [Depends(switches.guard("shortener"))]
    router = APIRouter(tags=["neighbours: Url_shortner"], dependencies=guard)
    strict = APIRouter(route_class=BoundedRoute)
    reading = APIRouter(route_class=ApiRoute)

    @strict.post("/neighbours/shortener/links", dependencies=[Depends(access.require_service)])
    async def shorten(body: LinkBody) -> Response:
        """Return the short link to the target, always the same, and its number of clicks.
        For our own services, which present their credential."""
        return json_response(links.shorten(body.target, body.expires_at))

    @reading.get("/neighbours/shortener/clicks", dependencies=[Depends(access.require_service)])
    async def list_clicks(
        after: Annotated[int, Query(ge=0, le=ID_MAX)] = 0,
        limit: Annotated[int, Query(ge=1, le=CLICKS_A_PAGE_MAX)] = CLICKS_A_PAGE_MAX,
    ) -> Response:
        """List the clicks after that with the id `after`, oldest first: which target was opened
        and when, and nothing of whoever did. For our own services."""
        return json_response({"clicks": links.clicks(after, limit)})

    # Not strict: programs that share links add their own parameters.
    @router.get("/s/{code}", status_code=307, response_class=RedirectResponse)
    async def follow(code: str) -> Response:
        """Redirect to the target of the link."""
        return RedirectResponse(links.follow(code), headers={"Cache-Control": "no-store"})

    router.include_router(strict)
    router.include_router(reading)
    return router
