"""Runs a measurement on both engines of ClickHouse: reads its options, opens the engines, cuts a
history into blocks, and prints figures.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from contracts.journal.records import Commit
from launcher.servers.clickhouse import ClickHouseServer, install_clickhouse
from runtime.clickhouse.chdb import ChdbAnalytics
from runtime.clickhouse.migrations import migrate
from runtime.clickhouse.port import Analytics
from runtime.clickhouse.server import ServerAnalytics

ENGINES: Final = ("server", "chdb")
BLOCK_COMMITS: Final = 20_000


class Engine(NamedTuple):
    """An empty history."""

    name: str
    analytics: Analytics
    dsn: str | None
    """The address of a server."""


def measure_each(
    size: str, default: int, measure: Callable[[Engine, int], Awaitable[None]]
) -> None:
    """Measure on each engine that the command line names, by default on both. The option `--SIZE`
    says how large the history is to be."""
    parser = argparse.ArgumentParser()
    parser.add_argument(f"--{size}", type=int, default=default, dest="size")
    parser.add_argument("--engine", choices=ENGINES, action="append")
    options = parser.parse_args()

    async def measure_on(name: str, directory: Path) -> None:
        async with _open_engine(name, directory) as engine:
            await migrate(engine.analytics)
            await measure(engine, options.size)

    for name in options.engine or ENGINES:
        with tempfile.TemporaryDirectory() as directory:
            asyncio.run(measure_on(name, Path(directory)))


@asynccontextmanager
async def _open_engine(name: str, directory: Path) -> AsyncIterator[Engine]:
    if name == "chdb":
        embedded = ChdbAnalytics(directory)
        yield Engine(name, embedded, None)
        await embedded.close()
        return
    await install_clickhouse()
    async with ClickHouseServer(directory) as server:
        over_network = ServerAnalytics(server.dsn)
        yield Engine(name, over_network, server.dsn)
        await over_network.close()


def cut_into_blocks(commits: Iterable[Commit]) -> Iterator[list[Commit]]:
    commits = iter(commits)
    while block := list(islice(commits, BLOCK_COMMITS)):
        yield block


def print_figure(
    module: str, name: str, value: float, unit: str, *, n: int, **more: object
) -> None:
    """Print a figure of a module of `benchmarks.reads` as one line of JSON."""
    figure = {
        "name": name,
        "value": round(value, 1),
        "unit": unit,
        **more,
        "n": n,
        "command": " ".join([f"python -m benchmarks.reads.{module}", *sys.argv[1:]]),
    }
    print(json.dumps(figure), flush=True)
