"""Makes the app of a process that runs one service."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI

from runtime.limits.limiter import Limiter
from runtime.openapi.document import complete_document
from runtime.service.app import make_app
from runtime.service.settings import ServiceSettings

StartProcess = Callable[[FastAPI, Limiter, AsyncExitStack], Awaitable[None]]
"""Starts everything, includes the routes, and gives the stack what stops and closes it."""


def build_process_app(
    title: str, settings: ServiceSettings, start: StartProcess, own_names: Iterable[str] = ()
) -> FastAPI:
    """Return the app of a whole process. The service runs between its start-up and shut-down.

    At shut-down, and if `start` fails, the stack stops and closes everything in reverse order.
    `own_names` are host names under which it answers, besides those of the settings.
    """
    limiter = Limiter(settings.rate_limits)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await start(app, limiter, stack)
            yield

    app = make_app(
        title,
        lifespan,
        limiter,
        origins=settings.cors_origins,
        hosts=(*settings.hosts, *own_names),
    )
    complete_document(app)
    return app
