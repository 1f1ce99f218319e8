"""Draws a flame graph of the leader's process under load: `make flamegraph [JOURNAL=sqlite]`.

py-spy looks into the process of `benchmarks.writes.serve` while 32 clients book, and draws in
which functions it holds the interpreter lock, which is what limits a Python process. The result
is one SVG that a browser opens. It names files of the project and of libraries, but no folder of
this machine.
"""

import argparse
import asyncio
import re
import signal
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

import uvloop

from benchmarks.harness.hot_evening import GUESTS, booking_requests
from benchmarks.harness.load import drive
from benchmarks.harness.page import PLOTS
from benchmarks.writes.subjects import Subject, open_evening, start_kafka

CLIENTS: Final = 32
WARM_UP: Final = 300
SAMPLES_A_SECOND: Final = 500
SECONDS: Final = 60
"""More than the load lasts."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--journal", choices=("sqlite", "kafka"), default="sqlite")
    parser.add_argument("--out", type=Path, default=PLOTS / "leader.svg")
    options = parser.parse_args()
    drawing = uvloop.run(draw_leader(options.journal))
    options.out.parent.mkdir(exist_ok=True)
    options.out.write_text(drawing)


async def draw_leader(journal: str) -> str:
    """Book as fast as 32 clients can, and return the flame graph of the server."""
    async with AsyncExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        where = str(scratch) if journal == "sqlite" else await start_kafka(stack, scratch)
        if where is None:
            raise SystemExit(1)
        async with open_evening(Subject(journal, where)) as (served, announcement_id):
            await drive(served.port, booking_requests(announcement_id, 0, WARM_UP), CLIENTS)
            load = booking_requests(announcement_id, WARM_UP, GUESTS - WARM_UP)
            drawn = scratch / "flamegraph.svg"
            recording = await start_recording(served.pid, drawn)
            await drive(served.port, load, CLIENTS)
            recording.send_signal(signal.SIGINT)
            await recording.wait()
        title = (
            f"Interpreter time of the leader's process: {CLIENTS} clients book, {journal} journal"
        )
        return await asyncio.to_thread(read_drawing, drawn, title)


def read_drawing(drawn: Path, title: str) -> str:
    """Return the drawing with our title. Py-spy's own is its command with the paths in it."""
    if not drawn.exists():
        raise SystemExit("py-spy has drawn nothing; it needs the right to trace a process")
    return re.sub(r"py-spy record [^<]*", title, drawn.read_text(), count=1)


async def start_recording(pid: int, out: Path) -> asyncio.subprocess.Process:
    """Start py-spy on a process. Returns once it takes samples."""
    recording = await asyncio.create_subprocess_exec(
        "py-spy",
        *("record", "--pid", str(pid), "--output", str(out), "--rate", str(SAMPLES_A_SECOND)),
        *("--duration", str(SECONDS), "--function", "--gil"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert recording.stdout is not None
    async for line in recording.stdout:
        if b"Sampling process" in line:
            break
    return recording


if __name__ == "__main__":
    main()
