"""The process of the embedded engine: `python -m runtime.clickhouse.chdb_engine SETUP`.

Before it opens the engine it confines itself to the engine's directory: SQL of whoever
cannot reach a file, a socket or a program that the process cannot. It ends with the process
that started it.
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
"""Folder for what the engine would put under /tmp."""
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
"""chdb takes these along if they are installed; they would double the process."""

_decode_call: Final = msgspec.msgpack.Decoder(EngineCall).decode


def main() -> None:
    setup = msgspec.json.decode(sys.argv[1], type=EngineSetup)
    if sys.platform == "linux":
        prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))
    if os.getppid() != setup.parent_pid:
        return  # It ended before we could ask to be told.
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
    unconfined = confine([directory], [*libraries()])
    outbox.put(EngineGreeting(unconfined=unconfined))
    lanes = {name: LaneConnections(setup.directory, lane) for name, lane in setup.lanes.items()}
    for call in _calls(calls):
        lanes[call.lane].submit(call, outbox)
    for connections in lanes.values():
        connections.close()
    os._exit(0)  # Without the engine's own way out, which looks for files that are barred.


def libraries() -> Iterator[Path]:
    """What may be read besides the directory: code, and what the engine asks about the
    machine. No configuration, no homes, nothing under /proc."""
    yield from map(Path, (*SYSTEM_LIBRARIES, *MACHINE))
    yield from (Path(sys.base_prefix) / "lib", Path(sysconfig.get_path("stdlib")))
    found = find_spec("chdb")
    if found is not None and found.origin is not None:
        package = Path(found.origin).parent
        yield from (package, package.parent / "chdb_core.libs")


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """stdin and stdout, which are then nobody else's: the engine prints at times."""
    calls, replies = os.dup(0), os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    return os.fdopen(calls, "rb"), os.fdopen(replies, "wb", buffering=0)


def _calls(pipe: BinaryIO) -> Iterator[EngineCall]:
    """Until the other side closes it."""
    while len(length := pipe.read(LENGTH_BYTES)) == LENGTH_BYTES:
        yield _decode_call(pipe.read(int.from_bytes(length, "big")))


class ReplyPipe:
    """The way back, for whole messages of many threads."""

    def __init__(self, pipe: BinaryIO) -> None:
        self._pipe = pipe
        self._turn = threading.Lock()

    def put(self, message: EngineGreeting | EngineReply) -> None:
        """Raises before it has written anything if the message cannot be encoded."""
        left = memoryview(encode_frame(message))
        with self._turn:
            while left:
                left = left[self._pipe.write(left) :]


class EngineRefused(Exception):
    """The engine answered no, or the answer is too large; the message says why."""


class LaneConnections:
    """One lane's. chdb is opened in these threads only: in the main one the engine would
    look under /proc for the size of its stack."""

    def __init__(self, directory: str, lane: Lane) -> None:
        settings = "&".join(f"{name}={value}" for name, value in lane.settings.items())
        self._target = f"{directory}?{settings}" if settings else directory
        self._answer_bytes_max = lane.answer_bytes_max
        self._threads = ThreadPoolExecutor(lane.connections, thread_name_prefix="chdb")
        self._own = threading.local()
        self._opened: list[Any] = []

    def submit(self, call: EngineCall, outbox: ReplyPipe) -> None:
        self._threads.submit(self._answer, call, outbox)

    def close(self) -> None:
        """After what was submitted is done."""
        self._threads.shutdown()
        for connection in self._opened:
            connection.close()

    def _answer(self, call: EngineCall, outbox: ReplyPipe) -> None:
        try:
            outbox.put(EngineReply(call.number, None, self._run(call)))
        except Exception as error:  # Whatever it is: the caller waits to be told.
            outbox.put(EngineReply(call.number, _message(error)))
            self._drop()  # After the reply: it may fail itself.

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
                return self._sized(connection.query(call.sql, "JSONCompact"))

    def _sized(self, answer: Any) -> bytes:
        limit = self._answer_bytes_max
        if limit is not None and len(answer) > limit:
            raise EngineRefused(f"Limit for result exceeded, max bytes: {limit:,}")
        found: bytes = answer.bytes()
        return found

    def _connection(self) -> Any:
        opened = getattr(self._own, "opened", None)
        if opened is None:
            opened = self._own.opened = _connect(self._target)
            self._opened.append(opened)
        return opened

    def _drop(self) -> None:
        """What a failed call had answered until then would come before the next answer."""
        opened = getattr(self._own, "opened", None)
        if opened is not None:
            self._own.opened = None
            self._opened.remove(opened)
            opened.close()


def _message(error: Exception) -> str:
    """Why, as text that can be encoded."""
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
    """Take back the engine's own handlers of faults, which cannot finish in confinement: a
    process that is broken has to end, so that another one is started."""
    libc = ctypes.CDLL(None)
    for fault in FAULTS:
        libc.signal(int(fault), 0)  # SIG_DFL; Python's own function is for main threads.


if __name__ == "__main__":
    main()
