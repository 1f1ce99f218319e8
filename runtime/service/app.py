"""Makes the HTTP app of a process, with its API document, a page that shows it, and problems.

The page's scripts come from fastapi-offline, because the page has to work without the CDN from
which FastAPI's own page loads them.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import fastapi_offline
from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from runtime.front.controller import FrontController
from runtime.http.problems import install_problems
from runtime.limits.limiter import Limiter
from runtime.logs.lines import LINES
from runtime.openapi.documented_problems import document_problems
from runtime.openapi.page import build_page_router
from runtime.traces.spans import SPANS

PAGE: Final = "/api/openapi"
STATIC: Final = f"{PAGE}/static"
_SCRIPTS: Final = Path(fastapi_offline.__file__).parent / "static"
NO_TELEMETRY: Final[TelemetryConfig] = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "auto_configure": False,
}
"""FastAPI's own spans tell paths and addresses, which lead to people. Ours are in
`runtime.traces`."""
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


class ServiceApp(FastAPI):
    """A FastAPI app behind a front controller."""

    def __init__(
        self, limiter: Limiter, origins: Sequence[str], hosts: Iterable[str], **options: Any
    ) -> None:
        super().__init__(**options)
        self.front: Final = FrontController(
            self, super().__call__, limiter, origins=origins, hosts=hosts
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self.front(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def make_app(
    title: str,
    lifespan: Lifespan,
    limiter: Limiter,
    *,
    origins: Sequence[str] = (),
    hosts: Iterable[str] = (),
) -> ServiceApp:
    """Return an app that works while `lifespan` is open, within the limits of `limiter`.

    Pages of `origins` may use it. It answers only under the names of loopback and `hosts`.
    A path with an extra slash is not found: a redirect would lead wherever the request's Host
    says.
    """

    @asynccontextmanager
    async def run(app: FastAPI) -> AsyncIterator[None]:
        with LINES.keep_writing(), SPANS.keep_exporting():
            async with lifespan(app):
                yield

    app = ServiceApp(
        limiter,
        origins,
        hosts,
        docs_url=None,
        redoc_url=None,
        openapi_url=f"{PAGE}.json",
        title=title,
        version="1",
        lifespan=run,
        redirect_slashes=False,
        telemetry=NO_TELEMETRY,
    )
    app.mount(STATIC, StaticFiles(directory=_SCRIPTS))
    app.include_router(build_page_router(PAGE, STATIC, title))
    install_problems(app)
    document_problems(app)
    return app
