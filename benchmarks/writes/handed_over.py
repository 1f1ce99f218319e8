"""Measures the leader alone: followers hand commands over to it in batches.

One process is the leader, over real Kafka, with its image on disk. Three followers in the
process of this benchmark hand over booking commands, as `HttpPeers` does it: what gathers goes with
one request, over HTTP with the secret of the cell. Each command is decided, appended, read back
and then answered; the limit of each person is counted. First as many commands as the followers
can have on their way, then half as many a second as that, evenly in time; their latency counts
from the time at which each was due. `cpu` is the processor time of the leader's process.
"""

import asyncio
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from hashlib import sha256
from pathlib import Path
from typing import Final
from uuid import uuid5

from aiohttp import ClientSession

from benchmarks.harness.hot_evening import NAMESPACE
from benchmarks.harness.load import Figures, Run, summarize
from benchmarks.harness.processes import read_cost
from benchmarks.harness.report import Report
from benchmarks.writes.practix import CELL_SECRET
from benchmarks.writes.subjects import HotEvening, Subject, open_evening, start_kafka
from command_api.domain.booking.commands import RequestBooking
from command_api.domain.person.commands import PersonFacts
from command_api.domain.submission import Submission
from command_api.http.peers.client import HttpPeers
from contracts.values.ids import AnnouncementId, BookingId, PersonId, new_id

QUESTION: Final = "how many commands a second can the leader take from its followers?"
FOLLOWERS: Final = 3
WAITING: Final = 96
"""Commands that each follower has on their way at the full rate."""
COMMANDS: Final = 9_000
WARM_UP: Final = 600
TICK_S: Final = 0.002
TIMEOUT_S: Final = 30.0


class BatchedLoad:
    """Hands over commands to one leader."""

    def __init__(self, session: ClientSession, url: str) -> None:
        self._url = url
        self._peers = [HttpPeers(session, CELL_SECRET, [url]) for _ in range(FOLLOWERS)]
        self._latencies: list[float] = []

    async def drive(self, commands: Sequence[Submission]) -> Figures:
        """Hand over all, as many at a time as WAITING allows."""
        self._latencies, remaining, began_at = [], iter(commands), time.perf_counter()

        async def client(number: int) -> None:
            for command in remaining:
                await self._hand_over(number, command, time.perf_counter())

        await asyncio.gather(*(client(number) for number in range(FOLLOWERS * WAITING)))
        return summarize(self._latencies, time.perf_counter() - began_at, {})

    async def pace(self, commands: Sequence[Submission], per_second: float) -> Figures:
        """Hand over so many a second, however long their answers take."""
        self._latencies, began_at = [], time.perf_counter()
        handed: list[asyncio.Task[None]] = []
        while len(handed) < len(commands):
            due = (time.perf_counter() - began_at) * per_second
            while len(handed) < min(due, len(commands)):
                number = len(handed)
                due_at = began_at + number / per_second
                handing = self._hand_over(number, commands[number], due_at)
                handed.append(asyncio.create_task(handing))
            await asyncio.sleep(TICK_S)
        await asyncio.gather(*handed)
        return summarize(self._latencies, time.perf_counter() - began_at, {})

    async def _hand_over(self, number: int, command: Submission, due_at: float) -> None:
        answer = await self._peers[number % FOLLOWERS].forward(self._url, command, TIMEOUT_S)
        if answer.outcome.refused:
            raise RuntimeError(f"refused: {answer.outcome}")
        self._latencies.append(time.perf_counter() - due_at)


async def main(report: Report) -> None:
    async with AsyncExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if (kafka := await start_kafka(stack, scratch)) is None:
            return
        count = report.scale(COMMANDS)
        subject = Subject("kafka", kafka)
        name = "handed_over/kafka"
        async with open_evening(subject) as evening, ClientSession() as session:
            run = await _measure(evening, session, count)
        report.add_run(name, run)
        async with open_evening(subject) as evening, ClientSession() as session:
            run = await _measure(evening, session, count, run.figures.per_second / 2)
        report.add_run(f"{name}/half", run)


async def _measure(
    evening: HotEvening, session: ClientSession, count: int, per_second: float = 0.0
) -> Run:
    """Return the figures of `count` commands and the leader's processor time for each. Without
    `per_second` as fast as it can."""
    followers = BatchedLoad(session, f"http://127.0.0.1:{evening.served.port}")
    commands = list(_commands(evening.announcement_id, WARM_UP + count))
    await followers.drive(commands[:WARM_UP])
    before = read_cost(evening.served.pid).cpu_s
    if per_second:
        figures = await followers.pace(commands[WARM_UP:], per_second)
    else:
        figures = await followers.drive(commands[WARM_UP:])
    return Run(figures, 1e6 * (read_cost(evening.served.pid).cpu_s - before) / count)


def _commands(announcement_id: str, count: int) -> Iterator[Submission]:
    """Yield booking requests of different guests, as a follower makes them."""
    for number in range(count):
        guest_id, command_id = PersonId(str(uuid5(NAMESPACE, str(number)))), new_id()
        yield Submission(
            id=command_id,
            actor=guest_id,
            idempotency_key=command_id,
            fingerprint=sha256(guest_id.encode()).hexdigest(),
            query_fingerprint="",
            command=RequestBooking(
                announcement_id=AnnouncementId(announcement_id), booking_id=BookingId(new_id())
            ),
            actor_facts=PersonFacts(person_id=guest_id, name=guest_id[:8]),
        )
