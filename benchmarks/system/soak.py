"""Keeps an embedded system at half of its load and says whether it stays as it is.

Question: do memory, p99 and lag stay flat? Method: `practix run` on a new data directory. First
evenings are run as fast as IN_FLIGHT at a time allow; half of that rate is then kept up, however
slow the answers are. Memory is that of all processes of a kind together, without pages of files,
such as those of a program, which any other system that runs it shares. Lag is how many records
PostgreSQL's tables and the notifier are behind the newest answer. The last fifth is compared with
the second: medians, and the lag at the end. A plot is written to docs/plots/soak.svg. Ends with
status 1 if something is not flat.

    make soak [MINUTES=30]
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

import msgspec
import uvloop

from benchmarks.harness.load import build_http_request
from benchmarks.harness.machine import describe_machine
from benchmarks.harness.page import PLOTS
from benchmarks.harness.plots import Line, Panel, draw
from benchmarks.harness.processes import list_children, read_written_pss
from benchmarks.harness.report import Report
from benchmarks.system.evenings import REQUESTS_EACH, Evenings
from benchmarks.system.start import Started, start_system
from launcher.connections import Connections

MINUTES: Final = 30.0
MEASURED_S: Final = 30.0
IN_FLIGHT: Final = 32
IN_FLIGHT_MAX: Final = 500
"""If more evenings wait for answers, the system cannot keep up, and the run fails."""
SAMPLES: Final = 60
MEMORY_GROWTH_MAX: Final = 1.15
P99_GROWTH_MAX: Final = 1.5
LAG_S_MAX: Final = 2.0
LIMITS: Final = msgspec.json.encode(
    {
        "person": dict.fromkeys(("reads", "searches", "writes"), 1_000_000),
        "address": dict.fromkeys(
            ("reads", "searches", "writes", "misses", "operator", "neighbours"), 100_000_000
        ),
    }
).decode()
"""Limits are on: high enough for one address from which all people come."""


class Sample(NamedTuple):
    """One look at the system; times are of requests since the look before it."""

    minute: float
    memory_mb: dict[str, float]
    """By the name of the program."""
    write_p99_ms: float
    read_p99_ms: float
    lag: dict[str, int]
    """Records, by who is behind."""


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=MINUTES)
    options = parser.parse_args()
    report = Report(f"make soak MINUTES={options.minutes:g}")
    print(describe_machine(), file=sys.stderr)
    with (
        tempfile.TemporaryDirectory() as scratch,
        start_system(Path(scratch) / "data", PRACTIX_RATE_LIMITS=LIMITS) as started,
    ):
        rate, samples = uvloop.run(soak(started, options.minutes))
    PLOTS.mkdir(exist_ok=True)
    (PLOTS / "soak.svg").write_text(draw(make_panels(samples, rate)))
    return 0 if report_flatness(report, samples, rate) else 1


async def soak(started: Started, minutes: float) -> tuple[float, list[Sample]]:
    """Keep a system at half of its load. Returns that rate in requests/s and the samples."""
    url, film_id = started.welcome["url"], started.welcome["film_id"]
    connections = Connections(url)
    evenings = Evenings(connections, film_id)
    await evenings.log_in()
    rate = await measure_rate(evenings) / 2
    print(f"half of what was measured: {rate:.0f} requests/s", file=sys.stderr)
    samples = await keep_up(evenings, connections, started.process.pid, rate, minutes * 60)
    connections.close()
    return rate, samples


async def measure_rate(evenings: Evenings) -> float:
    """Return how many requests/s are answered if IN_FLIGHT evenings are always on."""
    until = time.perf_counter() + MEASURED_S

    async def run_many() -> None:
        while time.perf_counter() < until:
            await evenings.run_one()

    before, began_at = evenings.requests, time.perf_counter()
    await asyncio.gather(*(run_many() for _ in range(IN_FLIGHT)))
    return (evenings.requests - before) / (time.perf_counter() - began_at)


async def keep_up(
    evenings: Evenings, connections: Connections, pid: int, rate: float, seconds: float
) -> list[Sample]:
    """Begin an evening whenever one is due, and take a sample from time to time."""
    began_at = time.perf_counter()
    samples: list[Sample] = []
    async with asyncio.TaskGroup() as group:
        in_flight: set[asyncio.Task[None]] = set()
        begun = 0
        evenings.writes.clear()
        evenings.reads.clear()
        while (passed := time.perf_counter() - began_at) < seconds:
            if passed >= seconds * (len(samples) + 1) / SAMPLES:
                samples.append(await take_sample(evenings, connections, pid, passed / 60))
            while begun < passed * rate / REQUESTS_EACH:
                begun += 1
                task = group.create_task(evenings.run_one())
                in_flight.add(task)
                task.add_done_callback(in_flight.discard)
            if len(in_flight) > IN_FLIGHT_MAX:
                raise RuntimeError(f"{len(in_flight)} evenings wait for answers")
            await asyncio.sleep(REQUESTS_EACH / rate / 4)
    return samples


async def take_sample(
    evenings: Evenings, connections: Connections, pid: int, minute: float
) -> Sample:
    """Return what there is to see, and forget the times of requests so far."""
    position = evenings.position
    metrics = await connections.ask(build_http_request("GET", "/metrics", "none"))
    writes, reads = sorted(evenings.writes), sorted(evenings.reads)
    evenings.writes.clear()
    evenings.reads.clear()
    return Sample(
        minute,
        await asyncio.to_thread(read_memory_by_program, pid),
        find_p99_ms(writes),
        find_p99_ms(reads),
        {
            who: max(0, position - read_metric(metrics.body, f"{who}_position"))
            for who in ("projector", "notifier")
        },
    )


def read_memory_by_program(pid: int) -> dict[str, float]:
    """Return the memory of a process and its descendants in megabytes, by program."""
    found: Counter[str] = Counter()
    for one in (pid, *list_children(pid)):
        try:
            name = Path(f"/proc/{one}/comm").read_text().strip()
            found[name] += read_written_pss(one)  # type: ignore[assignment]
        except OSError:
            continue  # It has ended meanwhile.
    return dict(found)


def read_metric(text: bytes, name: str) -> int:
    """Return the largest value of a metric."""
    found = [
        float(line.rsplit(b" ", 1)[1])
        for line in text.splitlines()
        if line.startswith((f"{name} ".encode(), f"{name}{{".encode()))
    ]
    return int(max(found, default=0))


def find_p99_ms(seconds: list[float]) -> float:
    return 1_000 * seconds[int(len(seconds) * 0.99)] if seconds else 0.0


def make_panels(samples: list[Sample], rate: float) -> list[Panel]:
    """Return the plots of a soak."""
    minutes = [one.minute for one in samples]

    def line(name: str, values: list[float]) -> Line:
        return Line(name, list(zip(minutes, values, strict=True)))

    programs = sorted({name for one in samples for name in one.memory_mb})
    return [
        Panel(
            f"Memory at {rate:,.0f} requests/s, half of the load",
            "minutes",
            "MB",
            [line(name, [one.memory_mb.get(name, 0) for one in samples]) for name in programs],
        ),
        Panel(
            "p99 of requests",
            "minutes",
            "ms",
            [
                line("writes", [one.write_p99_ms for one in samples]),
                line("reads", [one.read_p99_ms for one in samples]),
            ],
        ),
        Panel(
            "Records behind the newest answer",
            "minutes",
            "records",
            [
                line("tables", [one.lag["projector"] for one in samples]),
                line("notifier", [one.lag["notifier"] for one in samples]),
            ],
        ),
    ]


def report_flatness(report: Report, samples: list[Sample], rate: float) -> bool:
    """Print early and late figures and a verdict of each. Returns whether all are flat."""
    fifth = len(samples) // 5
    early, late = samples[fifth : 2 * fifth], samples[-fifth:]
    report.add("soak/rate", rate, "requests/s", len(samples))
    flat = []

    def compare(name: str, unit: str, before: float, after: float, at_most: float) -> None:
        report.add(f"soak/{name}/early", before, unit, len(early))
        report.add(f"soak/{name}/late", after, unit, len(late), f"soak/{name}/early")
        flat.append(after <= at_most)
        print(f"{name}: {'flat' if flat[-1] else 'NOT flat'}", file=sys.stderr)

    def find_medians(pick: Callable[[Sample], float]) -> tuple[float, float]:
        return median(map(pick, early)), median(map(pick, late))

    before, after = find_medians(lambda one: sum(one.memory_mb.values()))
    compare("memory", "MB", before, after, before * MEMORY_GROWTH_MAX)
    before, after = find_medians(lambda one: one.write_p99_ms)
    compare("write_p99", "ms", before, after, before * P99_GROWTH_MAX)
    before, after = find_medians(lambda one: one.read_p99_ms)
    compare("read_p99", "ms", before, after, before * P99_GROWTH_MAX)
    for who in ("projector", "notifier"):
        before, after = find_medians(lambda one, who=who: one.lag[who])  # type: ignore[misc]
        compare(f"lag_of_{who}", "records", before, after, max(2 * before, LAG_S_MAX * rate))
    return all(flat)


if __name__ == "__main__":
    sys.exit(main())
