"""An operator who goes away in the middle, as by Ctrl-C, leaves nothing behind."""

import aiohttp
import asyncpg
import msgspec
import pytest

from projector.read_models.postgres.versions import NEXT
from runtime.journal.sqlite import SqliteJournal
from tests.histories.random_people import RandomPeople
from tests.integration.projector.held_journal import HeldJournal
from tests.integration.projector.rebuild.rebuilt import app_of, caught_up, exists, service_of
from tests.servers.http_server import served
from tests.waiting import eventually


@pytest.mark.parametrize("route", ["rebuild", "rebuild?only=people", "verify"])
async def test_what_was_begun_is_cleared_away(
    tables: asyncpg.Pool, postgres_dsn: str, sqlite_journal: SqliteJournal, route: str
) -> None:
    chain = RandomPeople(3).live(40).chain
    await chain.write_to(sqlite_journal)
    journal = HeldJournal(sqlite_journal)
    async with service_of(journal, tables, postgres_dsn) as service:
        await caught_up(service, chain)
        journal.hold()
        async with (
            served(app_of(service)) as url,
            aiohttp.ClientSession(f"{url}/api/v1/operator/") as session,
        ):
            async with session.post(route) as reply:
                if route != "verify":  # Its first line comes with the first record.
                    assert msgspec.json.decode(await reply.content.readline())["phase"] == "fill"
                    assert await exists(tables, NEXT)
                assert service.running == f"{route.partition('?')[0]}_running"
                reply.close()
            await eventually(lambda: service.running is None)
            assert not await exists(tables, NEXT)
            journal.let_go()
            async with session.post("rebuild") as reply:
                *_, result = [msgspec.json.decode(line) async for line in reply.content]
    assert result["switched"], result
