"""What the route of a rebuild takes, and what it refuses before anything is made."""

from typing import Any

import aiohttp
import asyncpg
import msgspec
import pytest

from projector.read_models.postgres.versions import NEXT
from projector.service import ProjectorService
from runtime.journal.sqlite import SqliteJournal
from tests.histories.random_people import RandomPeople
from tests.integration.projector.rebuild.rebuilt import (
    REBUILD,
    app_of,
    caught_up,
    exists,
    service_of,
)
from tests.servers.http_server import served


@pytest.mark.parametrize(
    ("query", "facts"),
    [
        ({"only": "nothing"}, {"parameter": "only"}),
        ({"only": "posts", "roll_back": "true"}, {"parameter": "only", "not_with": "roll_back"}),
        ({"roll_back": "perhaps"}, {"parameter": "roll_back"}),
    ],
)
async def test_what_cannot_be_rebuilt_is_refused(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal, query: Any, facts: dict[str, Any]
) -> None:
    service = ProjectorService(sqlite_journal, tables)
    async with served(app_of(service)) as url, aiohttp.ClientSession(url) as session:
        async with session.post(REBUILD, params=query) as reply:
            problem = await reply.json()
        assert (reply.status, problem["code"]) == (422, "malformed_query")
        assert problem.items() >= facts.items()
        if query == {"only": "nothing"}:
            assert {"announcements", "bookings", "posts"} < set(problem["known"])


async def test_one_table_is_rebuilt_and_says_how_long_it_takes(
    tables: asyncpg.Pool, postgres_dsn: str, sqlite_journal: SqliteJournal
) -> None:
    chain = RandomPeople(21).live(100).chain
    await chain.write_to(sqlite_journal)
    async with service_of(sqlite_journal, tables, postgres_dsn) as service:
        await caught_up(service, chain)
        async with (
            served(app_of(service)) as url,
            aiohttp.ClientSession(url) as session,
            session.post(REBUILD, params={"only": "people"}) as reply,
        ):
            assert reply.status == 200
            *progress, result = [msgspec.json.decode(line) async for line in reply.content]
    assert all(line.keys() == {"phase", "done", "of", "left_s"} for line in progress)
    assert [line["phase"] for line in progress if line["phase"] not in ("fill", "indexes")] == [
        "journal",
        "people",
    ]
    assert progress[-1]["left_s"] == 0
    assert (result["switched"], result["tables"]) == (True, ["people"])
    assert not await exists(tables, NEXT)
