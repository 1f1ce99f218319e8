"""Makes the HTTP app of a process, with its API document, a page that shows it, and problems.

fastapi-offline brings the page's scripts along, because the page has to work without the CDN
from which FastAPI's own page loads them.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from runtime.http.page_headers import PageHeaders
from runtime.http.problems import install_problems
from runtime.limits.limiter import Limiter, RateLimitMiddleware
from runtime.openapi.documented_problems import document_problems
from runtime.openapi.page import build_page_router
from runtime.service.cors import allow_origins
from runtime.service.disconnects import QuietDisconnects
from runtime.service.hosts import KnownHosts

PAGE: Final = "/api/openapi"
STATIC: Final = f"{PAGE}/static"
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def make_app(
    title: str,
    lifespan: Lifespan,
    limiter: Limiter,
    *,
    origins: Sequence[str] = (),
    hosts: Iterable[str] = (),
) -> FastAPI:
    """Return an app that works while `lifespan` is open, within the limits of `limiter`.

    Pages of `origins` may use it. It answers only under the names of loopback and `hosts`.
    A path with an extra slash is not found: a redirect would lead wherever the request's Host
    says.
    """
    app: FastAPI = FastAPIOffline(
        docs_url=None,
        redoc_url=None,
        openapi_url=f"{PAGE}.json",
        static_url=STATIC,
        title=title,
        version="1",
        lifespan=lifespan,
        redirect_slashes=False,
    )
    app.include_router(build_page_router(PAGE, STATIC, title))
    install_problems(app)
    document_problems(app)
    app.add_middleware(RateLimitMiddleware, limiter=limiter)
    if trusted := [str(network) for network in limiter.limits.trusted_proxies]:
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=trusted)
    app.add_middleware(PageHeaders)
    app.add_middleware(KnownHosts, further=tuple(hosts))
    app.add_middleware(QuietDisconnects)
    allow_origins(app, origins)
    return app
