"""Runs processes that are measured, and reads what they use."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, NamedTuple

from launcher.servers.process import free_port, port_answers

START_S_MAX: Final = 60.0
END_S_MAX: Final = 60.0
TICKS_A_SECOND: Final = os.sysconf("SC_CLK_TCK")


class Served(NamedTuple):
    """A server that answers on 127.0.0.1:`port`."""

    pid: int
    port: int


class Cost(NamedTuple):
    """The resources that a process has used by now."""

    cpu_s: float
    resident_mb: float


@asynccontextmanager
async def serve(
    module: str,
    *arguments: str,
    environment: dict[str, str] | None = None,
    port: int | None = None,
) -> AsyncIterator[Served]:
    """Run `python -m module PORT *arguments` until the end of the block; wait for its port, a free
    one by default."""
    port = port or free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", module, str(port), *arguments],
        env={**os.environ, **(environment or {})},
    )
    try:
        async with asyncio.timeout(START_S_MAX):
            while not await port_answers(port):
                if process.poll() is not None:
                    raise RuntimeError(f"{module} ended with status {process.returncode}")
                await asyncio.sleep(0.05)
        yield Served(process.pid, port)
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, END_S_MAX)


def read_cost(pid: int) -> Cost:
    """Return what a process has used, all its threads together, without its children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    ticks = int(fields[11]) + int(fields[12])
    return Cost(ticks / TICKS_A_SECOND, pages * os.sysconf("SC_PAGE_SIZE") / 1e6)


def read_memory(pid: int) -> float:
    """Return the memory of a process and its descendants, in megabytes."""
    return sum(read_pss(one) for one in (pid, *list_children(pid)))


def read_pss(pid: int) -> float:
    """Return the memory of a process in megabytes; its part of what it shares with others."""
    return _sum_rollup(pid, "Pss:")


def read_written_pss(pid: int) -> float:
    """Return the memory of a process in megabytes, without pages of files, such as its program's;
    its part of what it shares with others.

    Does not change when an unrelated process that runs the same programs begins or ends.
    """
    return _sum_rollup(pid, "Pss_Anon:", "Pss_Shmem:")


def _sum_rollup(pid: int, *names: str) -> float:
    """Return the sum of these lines of the process's memory map, in megabytes."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(names)) / 1000


def list_children(pid: int) -> list[int]:
    """Return the descendants of a process."""
    found = []
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, tasks.read_text().split()):
            found += [child, *list_children(child)]
    return found
