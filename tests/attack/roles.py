"""Measures who may use which route: asks a running system for every route as everybody.

`make security` writes the result into docs/security.md. A test compares the two, and fails if a
route has no row here. Writes are dry runs, so the scene stays as it is.
"""

import asyncio
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import uuid4

import aiohttp
import msgspec
from fastapi.routing import iter_route_contexts

from launcher.openapi import start_apps
from tests.attack.target import Received, Target, own_site
from tests.cells.embedded import evening
from tests.paths import API_DOCUMENT, ROOT
from tests.waiting import WITHIN_S

PAGE: Final = ROOT / "docs" / "security.md"
BEGIN, END = "<!-- roles: begin -->\n", "<!-- roles: end -->\n"

ROLES: Final = (
    "nobody",
    "outsider",
    "stranger",
    "invited",
    "asking",
    "guest",
    "host",
    "super-user",
    "operator",
)
"""Nobody has no token. An outsider cannot see the evening, which is for followers only; all
others are asked about a public one: somebody who has nothing to do with it, one who is
invited, one who asked to come, a confirmed guest, and the host. `booking_id` is the guest's
booking, and `user_id` is the guest."""

UNDERSTOOD: Final = frozenset({200, 201, 202, 204, 302, 307, 409})
"""The caller may ask. 409: a rule said no to this request, which is not about rights."""
REFUSED: Final = frozenset({401, 403, 404})

BUSY: Final = frozenset({429, 503})
"""Asked too often, or a server behind it has yet to wake up: worth another try."""


class Ask(NamedTuple):
    """What a request for a route has beyond its path."""

    body: Any = None
    query: str = ""
    note: str = ""
    """What else than a role opens it."""


ANYBODY: Final = Ask()
SERVICES: Final = "the credential of our services"
ANALYSTS: Final = "the analysts' token"
MESSAGE: Final = {
    "key": f"roles-{uuid4().hex}",
    "user_id": str(uuid4()),
    "notification_id": str(uuid4()),
    "source_name": "practix",
    "event_type": "announce_new",
    "title": "A title",
    "text": "A text",
    "created_at": datetime.now(UTC).isoformat(),
}
WORD: Final = {"text": "Ring twice", "to": ["confirmed"], "before_start_min": 60}
NOTICE: Final = {"due_at": (datetime.now(UTC) + timedelta(hours=2)).isoformat()}

ROWS: Final[Mapping[str, Ask]] = {
    "GET /a/{announcement_id}": ANYBODY,
    "GET /a/{announcement_id}/card.png": ANYBODY,
    "GET /": ANYBODY,
    "GET /film/{movie_id}": ANYBODY,
    "GET /evenings": ANYBODY,
    "GET /announce": ANYBODY,
    "GET /evening/{announcement_id}": ANYBODY,
    "GET /evening/{announcement_id}/change": ANYBODY,
    "GET /evening/{announcement_id}/history": ANYBODY,
    "GET /invited/{token}": ANYBODY,
    "GET /mine": ANYBODY,
    "GET /figures": ANYBODY,
    "GET /plan": ANYBODY,
    "GET /notices": ANYBODY,
    "GET /preferences": ANYBODY,
    "GET /person/{user_id}": ANYBODY,
    "GET /data": ANYBODY,
    "GET /report": ANYBODY,
    "GET /site/{version}/{name:path}": ANYBODY,
    "GET /analyst": ANYBODY,
    "GET /analyst/{file}": ANYBODY,
    "GET /api/openapi": ANYBODY,
    "GET /api/openapi.json": ANYBODY,
    "GET /healthz": ANYBODY,
    "GET /readyz": ANYBODY,
    "GET /metrics": ANYBODY,
    "GET /s/{code}": ANYBODY,
    "POST /internal/commands": Ask({}, note="the secret of the cell"),
    "POST /internal/commands/batch": Ask([], note="the secret of the cell"),
    "POST /internal/renewal": Ask({}, note="the secret of the cell"),
    "DELETE /api/v1/announcement/{announcement_id}": Ask(),
    "GET /api/v1/announcement/{announcement_id}": Ask(),
    "PUT /api/v1/announcement/{announcement_id}": Ask({"title": "Another title"}),
    "GET /api/v1/announcement/{announcement_id}/booking/{user_id}": Ask(),
    "PUT /api/v1/announcement/{announcement_id}/booking/{user_id}": Ask({"my_status": True}),
    "GET /api/v1/announcement/{announcement_id}/bookings": Ask(),
    "GET /api/v1/announcement/{announcement_id}/calendar.ics": Ask(),
    "GET /api/v1/announcement/{announcement_id}/broadcasts": Ask(),
    "POST /api/v1/announcement/{announcement_id}/broadcasts": Ask(WORD),
    "PUT /api/v1/announcement/{announcement_id}/broadcasts/{broadcast_id}": Ask({"text": "Soon"}),
    "DELETE /api/v1/announcement/{announcement_id}/broadcasts/{broadcast_id}": Ask(),
    "GET /api/v1/announcement/{announcement_id}/eligibility": Ask(),
    "GET /api/v1/announcement/{announcement_id}/invite-links": Ask(),
    "POST /api/v1/announcement/{announcement_id}/invite-links": Ask({}),
    "DELETE /api/v1/announcement/{announcement_id}/invite-links/{link_id}": Ask(),
    "GET /api/v1/announcement/{announcement_id}/invites": Ask(),
    "POST /api/v1/announcement/{announcement_id}/invites": Ask({"guest_ids": [str(uuid4())]}),
    "GET /api/v1/announcement/{announcement_id}/posts": Ask(),
    "POST /api/v1/announcement/{announcement_id}/posts": Ask({"text": "Hello."}),
    "PUT /api/v1/announcement/{announcement_id}/posts/read": Ask({"position": 1}),
    "GET /api/v1/announcement/{announcement_id}/rating": Ask(),
    "GET /api/v1/announcement/{announcement_id}/share": Ask(),
    "POST /api/v1/announcement/{movie_id}": Ask("evening"),
    "GET /api/v1/announcements": Ask(),
    "POST /api/v1/booking/{announcement_id}": Ask({}),
    "DELETE /api/v1/booking/{booking_id}": Ask(),
    "GET /api/v1/booking/{booking_id}": Ask(),
    "PUT /api/v1/booking/{booking_id}": Ask({"my_status": True}),
    "GET /api/v1/booking/{booking_id}/why": Ask(),
    "GET /api/v1/bookings": Ask(query="role=guest"),
    "GET /api/v1/film/{movie_id}/together": Ask(),
    "GET /api/v1/history/announcement/{announcement_id}": Ask(),
    "POST /api/v1/invite-link/{link_token}": Ask({}, note="its token, whatever the visibility"),
    "GET /api/v1/mutes": Ask(),
    "GET /api/v1/blocks": Ask(),
    "GET /api/v1/reports": Ask(),
    "POST /api/v1/report": Ask({"kind": "person", "id": str(uuid4()), "reason": "Rude."}),
    "GET /api/v1/my/data": Ask(),
    "GET /api/v1/my/figures": Ask(),
    "DELETE /api/v1/my/erasure": Ask(),
    "GET /api/v1/my/erasure": Ask(),
    "POST /api/v1/my/erasure": Ask({}),
    "GET /api/v1/notifications": Ask(),
    "GET /api/v1/operator/ask": Ask(note=ANALYSTS),
    "POST /api/v1/operator/ask": Ask({"sql": "SELECT 1"}, note=ANALYSTS),
    "PUT /api/v1/operator/ask/questions/{name}": Ask(
        {"sql": "SELECT 1", "title": "One"}, note=ANALYSTS
    ),
    "GET /api/v1/operator/ask/questions/{name}": Ask(note=ANALYSTS),
    "DELETE /api/v1/operator/ask/questions/{name}": Ask(note=ANALYSTS),
    "GET /api/v1/operator/ask/history": Ask(),
    "POST /api/v1/operator/ask/history": Ask(
        {"sql": "SELECT 1", "by": "Ada", "why": "a test"}, note="the investigators' token"
    ),
    "GET /api/v1/operator/export": Ask(query="table=events&format=csv", note=ANALYSTS),
    "GET /api/v1/operator/journal/renewal": Ask(),
    "POST /api/v1/operator/journal/renewal": Ask({}),
    "GET /api/v1/operator/notices": Ask(),
    "POST /api/v1/operator/notices": Ask({"recipient": str(uuid4()), "text": "A word"}),
    "POST /api/v1/operator/notices/bulk": Ask({"action": "cancel", "ids": [1]}),
    "GET /api/v1/operator/notices/record": Ask(),
    "PUT /api/v1/operator/notices/{notice_id}/approval": Ask({}),
    "GET /api/v1/operator/notices/fanouts": Ask(),
    "PUT /api/v1/operator/notices/fanouts/{position}/{event_index}": Ask(NOTICE),
    "DELETE /api/v1/operator/notices/fanouts/{position}/{event_index}": Ask(),
    "GET /api/v1/operator/notices/dead-letters": Ask(),
    "POST /api/v1/operator/notices/dead-letters/retry": Ask(),
    "GET /api/v1/operator/notices/dead-letters/{letter_id}": Ask(),
    "DELETE /api/v1/operator/notices/dead-letters/{letter_id}": Ask(),
    "POST /api/v1/operator/notices/dead-letters/{letter_id}/retry": Ask(),
    "GET /api/v1/operator/notices/publications": Ask(),
    "PUT /api/v1/operator/notices/publications/{announcement_id}/{target}": Ask(NOTICE),
    "DELETE /api/v1/operator/notices/{notice_id}": Ask(),
    "GET /api/v1/operator/notices/{notice_id}": Ask(),
    "PUT /api/v1/operator/notices/{notice_id}": Ask(NOTICE),
    "POST /api/v1/operator/ratings/trial": Ask({}),
    "GET /api/v1/operator/suspensions": Ask(),
    "GET /api/v1/operator/reports": Ask(),
    "PUT /api/v1/operator/reports/{report_id}/answer": Ask({"text": "Seen."}),
    "PUT /api/v1/operator/reports/{report_id}/hidden": Ask({"reason": "Rude."}),
    "PUT /api/v1/operator/user/{user_id}/suspension": Ask({"reason": "spam"}),
    "DELETE /api/v1/operator/user/{user_id}/suspension": Ask(),
    "PUT /api/v1/operator/user/{user_id}/erasure": Ask({"at_once": True}),
    "DELETE /api/v1/operator/user/{user_id}/erasure": Ask({}),
    "GET /api/v1/operator/acts": Ask(),
    "GET /api/v1/operator/dead-letters": Ask(),
    "POST /api/v1/operator/dead-letters/retry": Ask(),
    "GET /api/v1/operator/dead-letters/{letter_id}": Ask(),
    "DELETE /api/v1/operator/dead-letters/{letter_id}": Ask(),
    "POST /api/v1/operator/dead-letters/{letter_id}/retry": Ask(),
    "POST /api/v1/operator/rebuild": Ask(),
    "POST /api/v1/operator/verify": Ask(),
    "GET /api/v1/post/{post_id}": Ask(),
    "PUT /api/v1/post/{post_id}": Ask({"text": "Hello."}, note="only who wrote it"),
    "DELETE /api/v1/post/{post_id}": Ask(note="only who wrote it, and the host"),
    "GET /api/v1/preferences": Ask(),
    "PUT /api/v1/preferences": Ask({}),
    "GET /api/v1/rating/{announcement_id}/me": Ask(),
    "GET /api/v1/rating/{announcement_id}/{user_id}": Ask(),
    "POST /api/v1/rating/{announcement_id}/{user_id}": Ask({"score": 9}),
    "DELETE /api/v1/rating/{review_id}": Ask(note="who wrote the rating"),
    "PUT /api/v1/rating/{review_id}": Ask({"score": 9}, note="who wrote the rating"),
    "GET /api/v1/free-times": Ask(),
    "PUT /api/v1/free-times": Ask({"tz": "UTC", "times": []}),
    "GET /api/v1/plan": Ask(),
    "GET /api/v1/plan/{movie_id}": Ask(note="who has planned the film"),
    "DELETE /api/v1/plan/{movie_id}": Ask(),
    "PUT /api/v1/plan/{movie_id}": Ask({}),
    "POST /api/v1/plan/{movie_id}/announcement": Ask({}, note="who has planned the film"),
    "PUT /api/v1/rating/{review_id}/reply": Ask({"text": "Thanks"}, note="the host it is about"),
    "GET /api/v1/schedule": Ask(),
    "GET /api/v1/schedule/feed": Ask(),
    "GET /api/v1/schedule/feeds": Ask(),
    "POST /api/v1/schedule/feeds": Ask({}),
    "GET /api/v1/schedule/feeds/{feed_id}": Ask(note="whose feed it is"),
    "DELETE /api/v1/schedule/feeds/{feed_id}": Ask(note="whose feed it is"),
    "GET /api/v1/schedule/{feed_id}/{token}.ics": Ask(
        note="its address, which only the guest is told"
    ),
    "PUT /api/v1/user/{user_id}/mute": Ask(),
    "DELETE /api/v1/user/{user_id}/mute": Ask(),
    "GET /api/v1/stream": Ask(query="announcement_id={announcement_id}"),
    "PUT /api/v1/user/{user_id}/block": Ask(),
    "DELETE /api/v1/user/{user_id}/block": Ask(),
    "GET /api/v1/user/{user_id}/rating": Ask(),
    "GET /api/v1/user/{user_id}/reviews": Ask(),
    "GET /api/v1/user/{user_id}/rating/drift": Ask(),
    "GET /api/v1/user/{user_id}/rating/explain": Ask(),
    "GET /api/v1/why/{position}": Ask(),
    "GET /neighbours/auth/jwks.json": ANYBODY,
    "POST /neighbours/auth/token": Ask({"login": "anna"}),
    "GET /neighbours/auth/users/{user_id}": ANYBODY,
    "POST /neighbours/control/{service}": Ask({"down": False}),
    "GET /neighbours/movies": ANYBODY,
    "GET /neighbours/movies/{movie_id}": ANYBODY,
    "GET /neighbours/notification/inbox/{user_id}": Ask(
        note="a signed link that `make run` prints"
    ),
    "DELETE /neighbours/notification/inbox/{user_id}": Ask(
        query="until=2026-01-01T00:00:00Z", note=SERVICES
    ),
    "POST /neighbours/notification/retract": Ask({"notices": []}, note=SERVICES),
    "POST /neighbours/notification/send": Ask(MESSAGE, note=SERVICES),
    "GET /neighbours/shortener/clicks": Ask(query="after=0", note=SERVICES),
    "POST /neighbours/shortener/links": Ask({"target": f"/a/{uuid4()}"}, note=SERVICES),
    "GET /neighbours/ugc/followers/{author_id}": Ask(note=SERVICES),
    "DELETE /neighbours/ugc/followers/{author_id}/{follower_id}": Ask(),
    "PUT /neighbours/ugc/followers/{author_id}/{follower_id}": Ask(),
    "GET /neighbours/ugc/following/{user_id}": Ask(note=SERVICES),
}


@dataclass
class Scene:
    """One person of each role, and what connects them."""

    target: Target
    tokens: dict[str, str] = field(default_factory=dict)
    """By role; nobody has none."""
    ids: dict[str, str] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    """What stands for a name in braces, for a public evening."""
    hidden: dict[str, str] = field(default_factory=dict)
    """The same for an evening that the outsider cannot see."""

    async def build(self) -> None:
        await self._invite_everybody()
        film = await self.target.film()
        await self.target.send("PUT", f"/api/v1/plan/{film}", self.tokens["guest"], {})
        for places, terms in ((self.places, {}), (self.hidden, {"sub_only": True})):
            places |= await self._evening(terms)
            places |= {
                "movie_id": film,
                "user_id": self.ids["guest"],
                "person_id": self.ids["guest"],
                "feed_id": self.ids["guest"],
                "author_id": self.ids["host"],
                "follower_id": self.ids["guest"],
                "review_id": str(uuid4()),
                "service": "ugc",
                "file": "main.js",
                "name": "one",
                "token": await self._feed_token(),
                "code": await self._short_code(places["announcement_id"]),
                "event_index": "0",
                "notice_id": "1",
            }

    async def _invite_everybody(self) -> None:
        self.tokens = {"operator": self.target.site.operator_token}
        for role in ROLES:
            if role not in ("nobody", "operator"):
                body = {"login": f"role-{role}-{uuid4().hex[:8]}", "is_super": role == "super-user"}
                got = await self.target.operator("POST", "/neighbours/auth/token", body)
                self.tokens[role] = got.json["access_token"]
                self.ids[role] = got.json["user_id"]
        for role in ("invited", "asking", "guest", "stranger"):
            path = f"/neighbours/ugc/followers/{self.ids['host']}/{self.ids[role]}"
            await self.target.send("PUT", path, self.tokens[role])

    async def _feed_token(self) -> str:
        path = "/api/v1/schedule/feed"
        url: str = (await self.target.send("GET", path, self.tokens["guest"])).json["url"]
        return url.removesuffix(".ics").rpartition("/")[2]

    async def _short_code(self, announcement_id: str) -> str:
        body = {"target": f"/a/{announcement_id}"}
        made = await self.target.operator("POST", "/neighbours/shortener/links", body)
        code: str = made.json["code"]
        return code

    async def _evening(self, terms: Mapping[str, Any]) -> dict[str, str]:
        send, tokens = self.target.send, self.tokens
        at = datetime.now(UTC) + timedelta(days=3 if terms else 5)
        invite = [self.ids["invited"]]
        made = await self.target.evening(
            tokens["host"], event_time=at.isoformat(), invite=invite, ticket_count=5, **terms
        )
        evening_id = made.json["id"]
        for role in ("asking", "guest"):
            asked = await send("POST", f"/api/v1/booking/{evening_id}", tokens[role])
        booking_id = asked.json["booking_id"]
        answer = {"my_status": True}
        approved = await send("PUT", f"/api/v1/booking/{booking_id}", tokens["host"], answer)
        chat = f"/api/v1/announcement/{evening_id}/posts"
        written = await send("POST", chat, tokens["guest"], {"text": "Hello."})
        links = f"/api/v1/announcement/{evening_id}/invite-links"
        link = await send("POST", links, tokens["host"], {})
        words = f"/api/v1/announcement/{evening_id}/broadcasts"
        planned = await send("POST", words, tokens["host"], WORD)
        complaint = {"kind": "evening", "id": evening_id, "reason": "Rude."}
        reported = await send("POST", "/api/v1/report", tokens["guest"], complaint)
        path = f"/api/v1/announcement/{evening_id}?min_position={planned.position}"
        assert (await send("GET", path, tokens["guest"])).status == 200
        return {
            "announcement_id": evening_id,
            "booking_id": booking_id,
            "post_id": written.json["post_id"],
            "link_id": link.json["link_id"],
            "link_token": link.json["token"],
            "broadcast_id": planned.json["broadcast_id"],
            "report_id": reported.json["report_id"],
            "position": str(approved.position),
        }


async def measure(target: Target) -> dict[str, list[int]]:
    """Return, for every route of `ROWS`, the status that each of `ROLES` is answered."""
    scene = Scene(target)
    await scene.build()
    with_dry_run = routes_with_dry_run()
    return {
        route: [await _ask(scene, route, row, role, route in with_dry_run) for role in ROLES]
        for route, row in ROWS.items()
    }


async def _ask(scene: Scene, route: str, row: Ask, role: str, dry_run: bool) -> int:
    places = scene.hidden if role == "outsider" else scene.places
    return (await ask_as(scene, role, route, row, places, dry_run=dry_run)).status


async def ask_as(
    scene: Scene, role: str, route: str, row: Ask, places: Mapping[str, str], *, dry_run: bool
) -> Received:
    """Return the answer; waits for a place in the queue and for whatever still starts."""
    method, path = route.split(" ")
    query = "&".join(filter(None, (row.query, "dry_run=true" if dry_run else "")))
    body = evening() if row.body == "evening" else row.body
    address = f"{path}?{query}" if query else path
    for name, value in places.items():
        address = address.replace(f"{{{name}}}", value)
    async with asyncio.timeout(WITHIN_S):
        while True:
            answer = await scene.target.send(method, address, scene.tokens.get(role), body)
            if answer.status not in BUSY:
                return answer
            await asyncio.sleep(min(float(answer.headers.get("Retry-After", 1)), 5))


def routes_with_dry_run() -> set[str]:
    """Return the routes that have `dry_run` in the API document."""
    paths = msgspec.json.decode(API_DOCUMENT.read_bytes())["paths"]
    return {
        f"{method.upper()} {path}"
        for path, operations in paths.items()
        for method, operation in operations.items()
        if method != "get" and any(p["name"] == "dry_run" for p in operation.get("parameters", ()))
    }


async def routes_without_row() -> set[str]:
    """A row does not name the type of a part of its address."""
    async with start_apps() as apps:
        served = {
            f"{method} {route.path}".replace(":uuid", "")
            for app in apps.values()
            for route in iter_route_contexts(app.routes)
            for method in getattr(route, "methods", None) or ()
            if method != "HEAD"
        }
    return served - ROWS.keys()


def table(statuses: Mapping[str, Sequence[int]]) -> str:
    """Return Markdown: a tick for each role that may use the route, else the status of the
    refusal."""
    head = ["route", *ROLES, "also opens it"]
    lines = [head, ["---"] * len(head)]
    for route, found in statuses.items():
        cells = ["✓" if status in UNDERSTOOD else str(status) for status in found]
        lines.append([f"`{route}`", *cells, ROWS[route].note])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def table_of(page: str) -> str:
    """Return what stands between the marks of the page."""
    return page.split(BEGIN)[1].split(END)[0]


def with_table(page: str, new: str) -> str:
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}{new}{END}{rest.split(END)[1]}"


async def _main() -> None:
    with tempfile.TemporaryDirectory() as scratch, own_site(Path(scratch)) as site:
        async with aiohttp.ClientSession() as session:
            found = await measure(Target(site, session, "roles"))
    PAGE.write_text(with_table(PAGE.read_text(), table(found)))
    print(f"{len(found)} routes in {PAGE.relative_to(ROOT)}", file=sys.stderr)


if __name__ == "__main__":
    asyncio.run(_main())
