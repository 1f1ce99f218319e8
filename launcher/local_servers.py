"""`practix servers up|down`: runs the servers that tests use, for work by hand.

A keeper process in the background owns them. A file in its directory has their addresses.
"""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

import msgspec

from launcher.servers.clickhouse import ClickHouseServer
from launcher.servers.kafka import KafkaServer
from launcher.servers.postgres import PostgresServer
from launcher.servers.process import READY_S_MAX, ServerFailed, ServerUnavailable
from launcher.stop_signals import watch_stop_signals
from runtime.process.private_files import OTHERS, close_to_others

STATE_FILE: Final = "servers.json"
START_S_MAX: Final = 3 * READY_S_MAX  # One server after another.
STOP_S_MAX: Final = 60.0
POLL_S: Final = 0.1

State = dict[str, Any]


class AlreadyUp(Exception):
    """Servers already run in this directory."""


async def keep(directory: Path) -> None:
    """Run the servers until SIGTERM, without those that this machine cannot run."""
    stop = watch_stop_signals()
    os.umask(OTHERS)
    close_to_others(directory)
    state: State = {"pid": os.getpid(), "unavailable": {}}
    async with AsyncExitStack() as stack:
        kafka, postgres, clickhouse = (
            KafkaServer(directory / "kafka"),
            PostgresServer(directory / "postgres"),
            ClickHouseServer(directory / "clickhouse"),
        )
        for name, server in (("kafka", kafka), ("postgres", postgres), ("clickhouse", clickhouse)):
            try:
                await stack.enter_async_context(server)
            except ServerUnavailable as error:
                state["unavailable"][name] = str(error)
        running = {
            "KAFKA_BOOTSTRAP_SERVERS": ("kafka", kafka.bootstrap_servers),
            "POSTGRES_DSN": ("postgres", postgres.dsn),
            "CLICKHOUSE_DSN": ("clickhouse", clickhouse.dsn),
            "QUERY_API_CLICKHOUSE_ANALYST_DSN": ("clickhouse", clickhouse.analyst_dsn),
        }
        for variable, (name, address) in running.items():
            if name not in state["unavailable"]:
                state[variable] = address
        path = directory / STATE_FILE
        write_state(path, state)
        await stop.wait()
    path.unlink(missing_ok=True)


def write_state(path: Path, state: State) -> None:
    """Write the file whole: `up` looks for it all the time and must not find half of it."""
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.touch(mode=0o600)
    unfinished.write_bytes(msgspec.json.encode(state))
    unfinished.replace(path)


def up(directory: Path) -> State:
    """Start the servers in the background and return their addresses.

    Raises AlreadyUp, ServerFailed.
    """
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    if (state := read_state(directory)) is not None:
        raise AlreadyUp(f"servers already run in {directory} (pid {state['pid']})")
    with (directory / "keeper.log").open("ab") as log_file:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "launcher.local_servers", str(directory.absolute())],
            stdin=subprocess.DEVNULL,
            stdout=log_file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return asyncio.run(_wait_up(directory, keeper))


def down(directory: Path) -> bool:
    """Stop the keeper and its servers; return False if there was no keeper.

    Raises ServerFailed if they do not stop.
    """
    state = read_state(directory)
    if state is None:
        return False
    os.kill(state["pid"], signal.SIGTERM)
    asyncio.run(_wait_down(directory, state["pid"]))
    return True


def read_state(directory: Path) -> State | None:
    """Return the state of the running keeper, or None.

    A file that a killed keeper left behind does not count.
    """
    path = directory / STATE_FILE
    if not path.exists():
        return None
    state: State = msgspec.json.decode(path.read_bytes())
    return state if _is_keeper(state["pid"]) else None


def _is_keeper(pid: int) -> bool:
    try:
        return b"launcher.local_servers" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


async def _wait_up(directory: Path, keeper: "subprocess.Popen[bytes]") -> State:
    try:
        async with asyncio.timeout(START_S_MAX):
            while (state := read_state(directory)) is None:
                if keeper.poll() is not None:
                    raise ServerFailed(f"the servers did not start: see {directory}/keeper.log")
                await asyncio.sleep(POLL_S)
            return state
    except TimeoutError as error:
        keeper.terminate()
        raise ServerFailed(f"the servers did not start in {START_S_MAX:g} s") from error


async def _wait_down(directory: Path, pid: int) -> None:
    try:
        async with asyncio.timeout(STOP_S_MAX):
            while _is_keeper(pid) and read_state(directory) is not None:
                await asyncio.sleep(POLL_S)
    except TimeoutError as error:
        raise ServerFailed(f"the servers (pid {pid}) did not stop in {STOP_S_MAX:g} s") from error


if __name__ == "__main__":
    asyncio.run(keep(Path(sys.argv[1])))
