"""The process of the embedded engine: `python -m runtime.clickhouse.chdb_engine SETUP`.

It reads calls from stdin and writes replies to stdout. Before it opens the engine, it
confines itself to the engine's directory: SQL cannot reach a file, a socket or a program that
the process cannot reach. It ends when the process that started it ends.
"""

import ctypes
import os
import shutil
import signal
import sys
import sysconfig
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

from runtime.clickhouse.chdb_frames import (
    DEFAULT_DATABASE,
    LENGTH_BYTES,
    EngineCall,
    EngineGreeting,
    EngineReply,
    EngineSetup,
    Lane,
    encode_frame,
)
from runtime.confinement.confine import confine
from runtime.confinement.kernel import PR_SET_PDEATHSIG, prctl
from runtime.process.file_lock import FileLock, FileLocked

SCRATCH: Final = "scratch"
"""Folder for the files that the engine would otherwise put under /tmp."""
SYSTEM_LIBRARIES: Final = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache")
MACHINE: Final = ("/dev/urandom", "/sys/devices/system", "/sys/fs/cgroup")
FAULTS: Final = (
    signal.SIGSEGV,
    signal.SIGBUS,
    signal.SIGILL,
    signal.SIGFPE,
    signal.SIGABRT,
    signal.SIGSYS,
)
NOT_NEEDED: Final = ("numpy", "pandas", "pyarrow")
"""chdb imports these if they are installed. They would double the process's memory."""

_decode_call: Final = msgspec.msgpack.Decoder(EngineCall).decode


def main() -> None:
    """Answer calls until stdin is closed."""
    setup = msgspec.json.decode(sys.argv[1], type=EngineSetup)
    if sys.platform == "linux":
        prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))
    if os.getppid() != setup.parent_pid:
        return  # The parent ended before we could ask for the signal.
    calls, replies = _take_pipes()
    outbox = ReplyPipe(replies)
    directory = Path(setup.directory)
    lock = FileLock(directory / "engine.lock")
    try:
        lock.acquire()
    except FileLocked:
        outbox.put(EngineGreeting(in_use=True))
        return
    shutil.rmtree(directory / SCRATCH, ignore_errors=True)
    (directory / SCRATCH).mkdir()
    os.chdir(directory)
    unconfined = confine([directory], [*readable_paths()])
    outbox.put(EngineGreeting(unconfined=unconfined))
    lanes = {
        name: LaneConnections(setup.directory, setup.database, lane)
        for name, lane in setup.lanes.items()
    }
    for call in _read_calls(calls):
        lanes[call.lane].submit(call, outbox)
    for connections in lanes.values():
        connections.close()
    os._exit(0)  # Skips the engine's own exit, which looks for files out of reach.


def readable_paths() -> Iterator[Path]:
    """Yield the paths that may be read besides the directory: code, and what the engine asks
    about the machine. No configuration, no home directories, nothing under /proc."""
    yield from map(Path, (*SYSTEM_LIBRARIES, *MACHINE))
    yield from (Path(sys.base_prefix) / "lib", Path(sysconfig.get_path("stdlib")))
    found = find_spec("chdb")
    if found is not None and found.origin is not None:
        package = Path(found.origin).parent
        yield from (package, package.parent / "chdb_core.libs")


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Return stdin and stdout, and replace both: the engine sometimes prints."""
    calls, replies = os.dup(0), os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    return os.fdopen(calls, "rb"), os.fdopen(replies, "wb", buffering=0)


def _read_calls(pipe: BinaryIO) -> Iterator[EngineCall]:
    """Yield the calls until the other side closes the pipe."""
    while len(length := pipe.read(LENGTH_BYTES)) == LENGTH_BYTES:
        yield _decode_call(pipe.read(int.from_bytes(length, "big")))


class ReplyPipe:
    """Writes whole messages of many threads to the pipe."""

    def __init__(self, pipe: BinaryIO) -> None:
        self._pipe = pipe
        self._turn = threading.Lock()

    def put(self, message: EngineGreeting | EngineReply) -> None:
        """Write one message. If it cannot be encoded, raises before anything is written."""
        left = memoryview(encode_frame(message))
        with self._turn:
            while left:
                left = left[self._pipe.write(left) :]


class ResultTooLarge(Exception):
    """The result is too large. The message says so."""


class LaneConnections:
    """The connections of one lane, each in a thread of its own.

    chdb is opened only in these threads. In the main thread the engine would look under /proc
    for the size of its stack.
    """

    def __init__(self, directory: str, database: str, lane: Lane) -> None:
        self._database = database
        self._may_create = "readonly" not in lane.settings
        settings = "&".join(f"{name}={value}" for name, value in lane.settings.items())
        self._target = f"{directory}?{settings}" if settings else directory
        self._answer_bytes_max = lane.answer_bytes_max
        self._threads = ThreadPoolExecutor(lane.connections, thread_name_prefix="chdb")
        self._own = threading.local()
        self._opened: list[Any] = []

    def submit(self, call: EngineCall, outbox: ReplyPipe) -> None:
        self._threads.submit(self._answer, call, outbox)

    def close(self) -> None:
        """Close the connections once all submitted calls are done."""
        self._threads.shutdown()
        for connection in self._opened:
            connection.close()

    def _answer(self, call: EngineCall, outbox: ReplyPipe) -> None:
        try:
            outbox.put(EngineReply(call.number, None, self._run(call)))
        except Exception as error:  # Whatever it is, the caller waits for a reply.
            outbox.put(EngineReply(call.number, _message(error)))
            self._drop()  # After the reply, because it may fail itself.

    def _run(self, call: EngineCall) -> bytes:
        connection = self._connection()
        match call.kind:
            case "insert":
                with connection.send_insert(call.sql, "ArrowStream") as inserter:
                    inserter.append(call.data)
                    inserter.finish()
                return b""
            case "execute":
                connection.query(call.sql)
                return b""
            case "select":
                return self._limit_size(connection.query(call.sql, "JSONCompact"))

    def _limit_size(self, answer: Any) -> bytes:
        limit = self._answer_bytes_max
        if limit is not None and len(answer) > limit:
            raise ResultTooLarge(f"Limit for result exceeded, max bytes: {limit:,}")
        found: bytes = answer.bytes()
        return found

    def _connection(self) -> Any:
        opened = getattr(self._own, "opened", None)
        if opened is None:
            opened = _connect(self._target)
            self._opened.append(opened)
            self._own.opened = opened
            self._enter_database(opened)
        return opened

    def _enter_database(self, connection: Any) -> None:
        """Use the database. A lane that only reads fails until another one has made it."""
        if self._database == DEFAULT_DATABASE:
            return
        if self._may_create:
            connection.query(f"CREATE DATABASE IF NOT EXISTS {self._database}")
        connection.query(f"USE {self._database}")

    def _drop(self) -> None:
        """Drop the connection: the rest of a failed call's result would come before the next
        one."""
        opened = getattr(self._own, "opened", None)
        if opened is not None:
            self._own.opened = None
            self._opened.remove(opened)
            opened.close()


def _message(error: Exception) -> str:
    """Return the error's text in a form that can be encoded."""
    return str(error).encode(errors="replace").decode() or type(error).__name__


_connecting: Final = threading.Lock()


def _connect(target: str) -> Any:
    with _connecting:
        if "chdb" not in sys.modules:
            for name in NOT_NEEDED:
                sys.modules[name] = None  # type: ignore[assignment]  # Import finds nothing.
        import chdb

        connection = chdb.connect(target)
        _end_by_faults()
        return connection


def _end_by_faults() -> None:
    """Restore the default handlers of faults, so that a broken process ends and another one
    is started. The engine's own handlers cannot finish in confinement."""
    libc = ctypes.CDLL(None)
    for fault in FAULTS:
        libc.signal(int(fault), 0)  # SIG_DFL; Python's own function is for main threads.


if __name__ == "__main__":
    main()
