"""The HTTP app of a process, with its API document, a page that shows it, and our problems.

The page brings its scripts along (fastapi-offline): it has to work where there is no way to
the CDN that FastAPI's own page loads them from.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Final

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from runtime.limits.limiter import Limited, Limiter
from runtime.problems import install_problems

PAGE: Final = "/api/openapi"
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def make_app(title: str, lifespan: Lifespan, limiter: Limiter) -> FastAPI:
    """Works between what `lifespan` opens and closes, within the limits of `limiter`."""
    app: FastAPI = FastAPIOffline(
        docs_url=PAGE,
        redoc_url=None,
        openapi_url=f"{PAGE}.json",
        static_url=f"{PAGE}/static",
        title=title,
        version="1",
        lifespan=lifespan,
    )
    install_problems(app)
    app.add_middleware(Limited, limiter=limiter)
    if trusted := [str(network) for network in limiter.limits.trusted_proxies]:
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=trusted)
    return app
