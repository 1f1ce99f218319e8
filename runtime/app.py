"""The HTTP app of a process, with its API document, a page that shows it, and our problems.

The page brings its scripts along (fastapi-offline): it has to work where there is no way to
the CDN that FastAPI's own page loads them from.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Final

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from runtime.problems import install_problems

PAGE: Final = "/api/openapi"
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def make_app(title: str, lifespan: Lifespan) -> FastAPI:
    """Works between what `lifespan` opens and closes."""
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
    return app
