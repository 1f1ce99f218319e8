"""How streams end, and what they outlive."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Final

import pytest
from yarl import URL

from contracts.errors import Unavailable
from contracts.values.ids import PersonId
from query_api.edge.reads import TableSnapshot
from query_api.streams import delivery
from query_api.streams.changes import NoticeHorizon, fetch_horizon
from query_api.streams.limits import StreamLimits
from runtime.auth.tokens import issue_token
from runtime.process.clock import system_clock
from tests.cells.read_side import SECRET, ReadSide, read_side
from tests.waiting import WITHIN_S, eventually

HASTY: Final = StreamLimits(heartbeat_s=0.1, recheck_s=0.1)


@pytest.fixture
async def reads(postgres_dsn: str) -> AsyncIterator[ReadSide]:
    """The query API over tables that the test fills, with streams in a hurry."""
    async with read_side(postgres_dsn, stream_limits=HASTY) as found:
        await found.move_position(10)
        yield found


@pytest.fixture
def connections() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


async def retitle(reads: ReadSide, evening_id: str, title: str, position: int) -> None:
    """Change an announcement as the projector does."""
    change = f"UPDATE read_model.announcements SET title = '{title}'"
    await reads.move_position(position, write=f"{change} WHERE announcement_id = '{evening_id}'")


async def test_a_stream_ends_with_its_token(reads: ReadSide, host: str) -> None:
    async with reads.stream(host, lifetime=timedelta(seconds=2)) as stream:
        assert (await stream.next())[:2] == ("end", {"reason": "token_expired"})


async def test_a_silent_stream_shows_that_it_lives(reads: ReadSide, host: str) -> None:
    async with reads.stream(host) as stream:
        ending = asyncio.create_task(stream.next())
        await eventually(lambda: stream.heartbeats >= 3)
        ending.cancel()


async def test_who_follows_no_longer_is_told_no_longer(reads: ReadSide, host: str) -> None:
    """Nothing in the tables says so."""
    fan = await reads.person("Fan")
    reads.ugc.following_of[fan] = {PersonId(host)}
    evening_id = await reads.evening(host, visibility="subscribers")
    async with reads.stream(fan, f"?announcement_id={evening_id}") as stream:
        await retitle(reads, evening_id, "Seen", 11)
        assert (await stream.next()).data["title"] == "Seen"
        reads.ugc.following_of[fan] = set()
        assert (await stream.next())[:2] == ("end", {"reason": "not_found"})


async def test_a_stream_outlives_the_connections_to_the_tables(reads: ReadSide, host: str) -> None:
    evening_id = await reads.evening(host)
    async with reads.stream(host) as stream:
        await reads.pool.execute(
            """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()"""
        )
        await retitle(reads, evening_id, "After all", 11)
        assert (await stream.next()).data["title"] == "After all"


async def test_what_could_not_be_read_to_its_end_is_told_later(
    reads: ReadSide, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL goes away between the rows and the notices of one delivery."""
    evening_id = await reads.evening(host)
    failed: list[bool] = []

    async def fail_once(snapshot: TableSnapshot) -> NoticeHorizon:
        if not failed:
            failed.append(True)
            raise Unavailable
        return await fetch_horizon(snapshot)

    async with reads.stream(host) as stream:
        monkeypatch.setattr(delivery, "fetch_horizon", fail_once)
        await retitle(reads, evening_id, "After all", 11)
        assert (await stream.next()).data["title"] == "After all"
    assert failed


async def test_nothing_is_told_while_the_tables_are_rebuilt(reads: ReadSide, host: str) -> None:
    evening_id = await reads.evening(host)
    async with reads.stream(host) as stream:
        await retitle(reads, evening_id, "Of the past", 5)
        await retitle(reads, evening_id, "News", 11)
        assert (await stream.next()).data["title"] == "News"


async def test_much_is_told_in_parts(reads: ReadSide, host: str) -> None:
    evenings = {await reads.evening(host, description="x" * 100_000) for _ in range(7)}
    async with reads.stream(host) as stream:
        await reads.move_position(11, write="UPDATE read_model.announcements SET title = 'New'")
        assert {one.data["id"] for one in await stream.take(7)} == evenings


async def test_a_reader_who_does_not_read_holds_nobody_up(
    reads: ReadSide, host: str, connections: ExitStack
) -> None:
    evening_id = await reads.evening(host, description="x" * 100_000)
    stalled = connections.enter_context(socket.socket())
    stalled.settimeout(WITHIN_S)
    stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    stalled.connect(("127.0.0.1", URL(reads.url).port))
    token = issue_token(host, key=SECRET, now=system_clock())
    request = f"GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}"
    stalled.sendall(f"{request}\r\n\r\n".encode())
    assert await asyncio.to_thread(stalled.recv, 12) == b"HTTP/1.1 200"
    async with reads.stream(host) as stream:
        for position in range(11, 61):
            await retitle(reads, evening_id, f"Title {position}", position)
            told = await stream.next()
            assert told.data["title"] == f"Title {position}"
