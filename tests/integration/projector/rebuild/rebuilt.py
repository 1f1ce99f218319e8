"""Runs a projector, its rebuilds and its retries, for their tests."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg
from fastapi import FastAPI
from starlette.requests import Request

from contracts.journal.places import EventPlace
from projector.http import build_router
from projector.read_models.project import TABLES
from projector.read_models.read_model import TableShape
from projector.service import ProjectorService
from runtime.http.problems import install_problems
from runtime.journal.port import Journal
from runtime.progress.reporting import ReportLine
from tests.cells.projector_cell import SMALL
from tests.histories.chain import Chain
from tests.waiting import eventually

REBUILD = "/api/v1/operator/rebuild"
SCHEMAS = "SELECT to_regnamespace($1) IS NOT NULL"


@asynccontextmanager
async def service_of(
    journal: Journal, tables: asyncpg.Pool, dsn: str
) -> AsyncIterator[ProjectorService]:
    service = ProjectorService(journal, tables, limits=SMALL, dsn=dsn)
    await service.start()
    try:
        yield service
    finally:
        await service.stop()


async def rebuilt(
    service: ProjectorService, only: Sequence[TableShape] = TABLES, *, rolls_back: bool = False
) -> ReportLine:
    return [line async for line in service.rebuild(only, rolls_back=rolls_back)][-1]


async def retried(
    service: ProjectorService, place: EventPlace | None = None, *, dry_run: bool = False
) -> ReportLine:
    return [line async for line in service.retry(place, dry_run=dry_run)][-1]


async def caught_up(service: ProjectorService, chain: Chain) -> None:
    await eventually(lambda: service.position == chain.seq)


async def exists(tables: asyncpg.Pool, schema: str) -> bool:
    """Return whether there is such a schema."""
    found: bool = await tables.fetchval(SCHEMAS, schema)
    return found


def app_of(service: ProjectorService) -> FastAPI:
    """Return the projector's routes, which take everybody for an operator."""
    app = FastAPI()
    install_problems(app)
    app.include_router(build_router(service, _let_in))
    return app


async def _let_in(_: Request) -> None:
    pass
