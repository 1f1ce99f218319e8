"""Three command processes on a real broker, traffic, and everything that can happen to them.

Clients with idempotency keys see latency, never a wrong answer: what was acknowledged is in
the journal once, at the acknowledged position, and no evening is over-booked.
"""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from fastapi import FastAPI

from contracts.journal.records import Commit
from launcher.servers.kafka import KafkaServer
from launcher.servers.process import ServerUnavailable
from neighbours.app import StandInState, build_router
from runtime.http.problems import install_problems
from runtime.journal.kafka import KafkaJournal
from runtime.journal.kafka_topics import create_topic
from tests.cells.stand_in import stand_in_settings
from tests.conftest import unavailable
from tests.e2e.cell import SECRET, CommandProcess, cell
from tests.e2e.recorded import find_misrecorded, read_accepted
from tests.e2e.traffic import Clients
from tests.servers.http_server import served
from tests.simulation import invariants
from tests.waiting import WITHIN_S

SEATS = 400
CLIENTS = 6


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[KafkaServer]:
    """Its own, because it is killed."""
    server = KafkaServer(tmp_path / "kafka")
    try:
        await server.start()
    except ServerUnavailable as error:
        unavailable(str(error))
    yield server
    await server.stop()


async def test_clients_with_keys_see_only_latency(tmp_path: Path, broker: KafkaServer) -> None:
    topic = f"journal-{uuid4().hex}"
    await create_topic(broker.bootstrap_servers, topic, replication_factor=1)
    async with (
        _standing_in(tmp_path) as (neighbours, movie_id),
        cell(tmp_path, broker.bootstrap_servers, topic, neighbours) as processes,
        aiohttp.ClientSession() as session,
    ):
        clients = Clients(session, processes)
        host = str(uuid4())
        announcement_id = await clients.announce(host, movie_id, SEATS)
        async with asyncio.TaskGroup() as traffic:
            for _ in range(CLIENTS):
                traffic.create_task(clients.keep_booking(host, announcement_id))
            seconds = await _go_through_everything(session, processes, broker, clients)
            clients.stopping = True
    print(json.dumps({"seconds_to_first_success": seconds, "answers": len(clients.answered)}))
    records = await read_accepted(KafkaJournal(broker.bootstrap_servers, topic))
    commits = [one.record for one in records if isinstance(one.record, Commit)]
    assert len(clients.answered) > 100
    assert clients.crashes == []
    assert list(find_misrecorded(clients.answered, commits)) == []
    invariants.check_keys(commits)
    folded = invariants.fold(commits)
    invariants.check_capacity(folded.accepted, announcement_id, folded.seq)


async def _go_through_everything(
    session: aiohttp.ClientSession,
    processes: list[CommandProcess],
    broker: KafkaServer,
    clients: Clients,
) -> dict[str, float]:
    """Each disaster, and the seconds from it to the first success afterwards."""
    seconds: dict[str, float] = {}
    await _success(clients)

    leader = await _leader(session, processes)
    seconds["leader killed"] = await _time(clients, leader.process.kill())
    await leader.start(session)

    leader = await _leader(session, processes)
    leader.process.send_signal(signal.SIGSTOP)
    seconds["leader frozen"] = await _time(clients, _others_lead(session, processes, leader))
    leader.process.send_signal(signal.SIGCONT)
    await _success(clients)

    await broker.kill()
    await broker.start()
    seconds["broker killed and restarted"] = await _time(clients, asyncio.sleep(0))

    seconds["journal renewed"] = await _time(clients, _renew(session, processes))
    leader = await _leader(session, processes)
    await _ask_renewal(session, leader, "POST")
    await asyncio.sleep(0.1)
    seconds["leader killed while it renews"] = await _time(clients, leader.process.kill())
    await leader.start(session)
    seconds["journal renewed again"] = await _time(clients, _renew(session, processes))

    leader = await _leader(session, processes)
    seconds["leader asked to stop"] = await _time(clients, leader.process.stop())
    await leader.start(session)
    return seconds


async def _time(clients: Clients, disaster: Awaitable[None]) -> float:
    loop = asyncio.get_running_loop()
    since = loop.time()
    await disaster
    await _success(clients, since)
    return round(loop.time() - since, 2)


async def _success(clients: Clients, since: float | None = None) -> None:
    """Wait for an answer to a wish that was sent after `since`."""
    since = asyncio.get_running_loop().time() if since is None else since
    async with asyncio.timeout(WITHIN_S):
        while not any(one.sent_at > since for one in clients.answered[-50:]):
            await asyncio.sleep(0.02)


async def _leader(
    session: aiohttp.ClientSession, processes: list[CommandProcess]
) -> CommandProcess:
    async with asyncio.timeout(WITHIN_S):
        while True:
            for one in processes:
                if (await one.readiness(session)).get("leading") == "yes":
                    return one
            await asyncio.sleep(0.05)


async def _renew(session: aiohttp.ClientSession, processes: list[CommandProcess]) -> None:
    """Ask a follower, which asks the leader. Returns once the new journal is in use. A renewal
    that a change of leader interrupts is begun again, as the verb does."""
    leader = await _leader(session, processes)
    follower = next(one for one in processes if one is not leader)
    before: int | None = None
    async with asyncio.timeout(WITHIN_S):
        while True:
            answer = await _ask_renewal(session, follower, "GET")
            if answer is not None:
                before = before or answer["generation"]
                if answer["generation"] != before:
                    return
                if answer["phase"] not in ("copying", "switching"):
                    await _ask_renewal(session, follower, "POST")
            await asyncio.sleep(0.05)


async def _ask_renewal(
    session: aiohttp.ClientSession, process: CommandProcess, method: str
) -> dict[str, Any] | None:
    """Return the answer; None if nobody leads."""
    url = f"{process.url}/api/v1/operator/journal/renewal"
    headers = {"Authorization": f"Bearer {SECRET}"}
    async with session.request(method, url, headers=headers) as response:
        answer: dict[str, Any] = await response.json()
        return answer if response.status < 300 else None


async def _others_lead(
    session: aiohttp.ClientSession, processes: list[CommandProcess], frozen: CommandProcess
) -> None:
    await _leader(session, [one for one in processes if one is not frozen])


@asynccontextmanager
async def _standing_in(directory: Path) -> AsyncIterator[tuple[str, str]]:
    """The stand-in's address, and the id of a film in its catalogue."""
    state = StandInState(stand_in_settings(directory / "neighbours"))
    app = FastAPI()
    install_problems(app)
    app.include_router(build_router(state))
    async with served(app) as url:
        yield url, state.films.first.id
    state.close()
