"""Builds the stand-in: one router for all five services, and an app around it.

The embedded profile includes the router in its own app; `python -m neighbours` serves the app.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from fastapi import APIRouter, FastAPI

from neighbours.access import Access
from neighbours.pages import show_lost_pages_of_site
from neighbours.services.auth import People, Signer, auth_router
from neighbours.services.hand_on import HandOn
from neighbours.services.movies import Films, movies_router
from neighbours.services.notification import (
    Inboxes,
    RetractBody,
    SendBody,
    notification_router,
)
from neighbours.services.shortener import Links, shortener_router
from neighbours.services.ugc import Followers, ugc_router
from neighbours.settings import StandInSettings
from neighbours.site.routes import build_site_router
from neighbours.store import Store
from neighbours.switches import Switches, control_router
from runtime.limits.limiter import Limiter
from runtime.process.clock import Clock, shifted_clock
from runtime.service.app import make_app
from runtime.service.process_routes import build_process_router


class StandInState:
    """The state behind the routes. Open it once per data directory and close it at the end."""

    def __init__(self, settings: StandInSettings, now: Clock | None = None) -> None:
        """`now` is the system's one clock; by default the machine's, shifted by the settings."""
        now = now or shifted_clock(settings.clock_offset_s)
        self.signer = Signer(settings, now)
        self.access = Access(settings, self.signer, now)
        self.films = Films()
        self.switches = Switches()
        self._store = Store(settings.data_dir)
        self.people = People(self._store)
        self.followers = Followers(self._store)
        self.inboxes = Inboxes(self._store)
        self.hand_on = HandOn(
            {name: url.get_secret_value() for name, url in settings.hand_on.items()}
        )
        self.links = Links(self._store, settings.public_url, now, settings.link_targets)

    def deliver(self, body: SendBody) -> bool:
        """Deliver the notice to inbox and channels if it is new, and return whether it is."""
        new = self.inboxes.take(body)
        if new:
            self.hand_on.offer(
                str(body.user_id), body.title, body.text, body.short_link, key=body.key
            )
        return new

    def retract(self, body: RetractBody) -> None:
        """Replace the texts of notices in inboxes. What waits for a channel is not handed on."""
        self.hand_on.retract({one.key for one in body.notices})
        self.inboxes.retract(body.notices)

    def empty_inbox(self, user_id: str, until: datetime) -> None:
        """Forget what the person was sent until then."""
        self.hand_on.retract_all_of(user_id)
        self.inboxes.empty(user_id, until)

    def close(self) -> None:
        self.hand_on.close()
        self._store.close()


def build_router(state: StandInState) -> APIRouter:
    """Return all routes with full paths. The app around them needs `install_problems`."""
    access, switches = state.access, state.switches
    router = APIRouter()
    router.include_router(auth_router(state.people, state.signer, access.operator, switches))
    router.include_router(movies_router(state.films, switches))
    router.include_router(ugc_router(state.followers, access, switches))
    router.include_router(notification_router(state, state.inboxes, state.people, access, switches))
    router.include_router(shortener_router(state.links, access, switches))
    router.include_router(control_router(switches, access.operator))
    return router


def create_app(settings: StandInSettings, now: Clock | None = None) -> FastAPI:
    """Return the stand-in as an app of its own."""
    state = StandInState(settings, now)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        state.close()

    app = make_app(
        "PRACTIX neighbours",
        lifespan,
        Limiter(settings.rate_limits),
        origins=settings.cors_origins,
        hosts=settings.hosts,
    )
    show_lost_pages_of_site(app)
    app.include_router(build_router(state))
    app.include_router(build_site_router())
    app.include_router(build_process_router(dict))
    return app
