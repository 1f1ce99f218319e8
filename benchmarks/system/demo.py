"""Measures how many requests a second the embedded system answers under `practix demo`.

Method: generate traffic of a rush before a weekend (`demo/generate.py`) and replay it as a person
would, with `practix run` and `practix demo`. Everything runs beside it: both databases, the
histories, notices and the stand-in. Verify must say yes to the result. Processor time is that of
the system's own process, of its children (PostgreSQL and both engines of ClickHouse), and of the
demo, which shares the machine.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from benchmarks.harness.processes import list_children, read_cost
from benchmarks.harness.report import Report
from benchmarks.system.start import Started, start_system

QUESTION: Final = "how many requests a second does the embedded system answer under its demo?"
LINES: Final = 20_000
ROOT: Final = Path(__file__).parents[2]


async def main(report: Report) -> None:
    await asyncio.to_thread(measure_demo, report, report.scale(LINES))


def measure_demo(report: Report, lines: int) -> None:
    """Start a system with no history and replay a file of so many lines."""
    with tempfile.TemporaryDirectory() as scratch:
        data, file = Path(scratch) / "data", Path(scratch) / "traffic.jsonl"
        generate_traffic(file, lines)
        with start_system(data) as started:
            before = read_processor_times(started)
            answer, demo_s = play(file, data, started)
            system_s, children_s = (
                after - then
                for after, then in zip(read_processor_times(started), before, strict=True)
            )
    n = answer["requests"]
    report.add("demo/embedded/rate", answer["requests_per_s"], "requests/s", n)
    for name, seconds in (("system", system_s), ("children", children_s), ("demo", demo_s)):
        report.add(f"demo/embedded/cpu/{name}", 1e6 * seconds / n, "us/request", n)


def generate_traffic(file: Path, lines: int) -> None:
    with file.open("w") as out:
        command = [sys.executable, str(ROOT / "demo" / "generate.py"), str(lines)]
        subprocess.run(command, check=True, stdout=out)


def play(file: Path, data: Path, started: Started) -> tuple[dict[str, Any], float]:
    """Replay the file. Returns what the demo printed, and its own processor time.

    Raises CalledProcessError if verify found anything.
    """
    url = started.welcome["url"]
    practix = Path(sys.executable).with_name("practix")
    children_s = _read_ended_children()
    result = subprocess.run(
        [practix, "demo", str(file), "--base-url", url, "--json"],
        env={**os.environ, "PRACTIX_DATA": str(data)},
        check=True,
        stdout=subprocess.PIPE,
    )
    return json.loads(result.stdout.splitlines()[-1]), _read_ended_children() - children_s


def read_processor_times(started: Started) -> tuple[float, float]:
    """Return the processor time of the system's process, and of its children."""
    pid = started.process.pid
    return read_cost(pid).cpu_s, sum(read_cost(one).cpu_s for one in list_children(pid))


def _read_ended_children() -> float:
    times = os.times()
    return times.children_user + times.children_system
