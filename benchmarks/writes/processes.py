"""Measures three command processes of a cell against one, over real Kafka.

Bookings and checks (whether a request for a seat would be accepted) of one hot evening come over
96 connections: all to one process, or a third of them to each of three. Of the three one leads;
the others do all but deciding, and hand over what they cannot decide. `cpu` is the processor time
of a process for each booking of the whole cell. All processes, broker and load share one machine,
so three can be faster than one only where one processor core was the limit.
"""

import asyncio
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from benchmarks.harness.hot_evening import booking_requests, check_requests
from benchmarks.harness.load import Figures, drive
from benchmarks.harness.processes import Served, read_cost, serve
from benchmarks.harness.report import Report
from benchmarks.writes.subjects import SERVER, Subject, announce, make_room, start_kafka
from launcher.servers.process import free_port

QUESTION: Final = "are three command processes faster than one, and what does the leader do?"
CLIENTS: Final = 96
REQUESTS: Final = 8_400
WARM_UP: Final = 600


async def main(report: Report) -> None:
    async with AsyncExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if (kafka := await start_kafka(stack, scratch)) is None:
            return
        subject = Subject("kafka", kafka)
        await _measure(report, subject, "one", 1)
        await _measure(report, subject, "three", 3)


async def _measure(report: Report, subject: Subject, name: str, count: int) -> None:
    requests = report.scale(REQUESTS)
    async with AsyncExitStack() as stack:
        cell = await _start_cell(stack, subject, count)
        evening = await announce(cell[0].port)
        await asyncio.sleep(1.0)  # Until the followers know the evening as well.
        await _book(cell, evening, 0, WARM_UP)
        before = [read_cost(one.pid).cpu_s for one in cell]
        figures = await _book(cell, evening, WARM_UP, requests)
        spent = [
            1e6 * (read_cost(one.pid).cpu_s - cpu_s) / requests
            for one, cpu_s in zip(cell, before, strict=True)
        ]
        checks = await _check(cell, evening, requests)
    _demand(figures, 201, requests)
    _demand(checks, 200, requests)
    report.add_load(f"processes/{name}", figures, "processes/one")
    report.add(f"processes/{name}/leader/cpu", spent[0], "us", requests, "processes/one/leader/cpu")
    if count > 1:
        each = sum(spent[1:]) / (count - 1)
        report.add(f"processes/{name}/follower/cpu", each, "us", requests)
    report.add_load(f"processes/{name}/checks", checks, "processes/one/checks")


async def _start_cell(stack: AsyncExitStack, subject: Subject, count: int) -> list[Served]:
    """Start so many command processes of one cell. The first one leads."""
    where = await make_room(subject)
    ports = [free_port() for _ in range(count)]
    cell = []
    for port in ports:
        others = [f"http://127.0.0.1:{one}" for one in ports if one != port]
        addresses = [f"http://127.0.0.1:{port}", *others]
        server = serve(SERVER, subject.name, where, *addresses, port=port)
        cell.append(await stack.enter_async_context(server))
    return cell


async def _book(cell: Sequence[Served], evening: str, first: int, count: int) -> Figures:
    each = count // len(cell)
    return _join(
        await asyncio.gather(
            *(
                drive(
                    one.port,
                    booking_requests(evening, first + number * each, each),
                    CLIENTS // len(cell),
                )
                for number, one in enumerate(cell)
            )
        )
    )


async def _check(cell: Sequence[Served], evening: str, count: int) -> Figures:
    each = count // len(cell)
    return _join(
        await asyncio.gather(
            *(
                drive(one.port, check_requests(evening, number * each, each), CLIENTS // len(cell))
                for number, one in enumerate(cell)
            )
        )
    )


def _join(parts: Sequence[Figures]) -> Figures:
    """Return the figures of loads that ran at the same time; of the latencies, the worst."""
    statuses = {
        status: sum(part.statuses.get(status, 0) for part in parts)
        for status in {status for part in parts for status in part.statuses}
    }
    return Figures(
        sum(part.requests for part in parts),
        max(part.seconds for part in parts),
        max(part.p50_ms for part in parts),
        max(part.p99_ms for part in parts),
        statuses,
    )


def _demand(figures: Figures, status: int, count: int) -> None:
    if figures.statuses != {status: count}:
        raise RuntimeError(f"answered {figures.statuses}")
