"""The base class of servers: one owner at a time, one process, a clean end."""

import secrets
import signal
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from launcher.servers.process import DirectoryInUse, ServerProcess
from runtime.process.file_lock import FileLock, FileLocked

OWNER_LOCK: Final = "owner.lock"
"""A file in a data directory; the first one that a start makes."""


class Server(ABC):
    """A server with its data under `data_dir`, which belongs to one process at a time.

    `start` returns when the server answers. It raises ServerUnavailable if the machine lacks
    something, DirectoryInUse, or ServerFailed if the server does not answer. Call it from the
    main thread. `start`, `stop` and `kill` may be called in different event loops. However
    the server ended, `start` brings it back with the same data at the same port.
    """

    def __init__(
        self, name: str, data_dir: Path, *, stop_signal: signal.Signals = signal.SIGTERM
    ) -> None:
        self._data_dir = data_dir.absolute()
        self._lock = FileLock(self._data_dir / OWNER_LOCK)
        self._process = ServerProcess(name, self._data_dir / f"{name}.log", stop_signal)

    @property
    def name(self) -> str:
        return self._process.name

    @property
    def pid(self) -> int | None:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.running

    def describe_end(self) -> str:
        return self._process.describe_end()

    async def start(self) -> None:
        self._data_dir.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire()
        except FileLocked as error:
            raise DirectoryInUse(f"{self._data_dir} is in use by another process") from error
        try:
            await self._launch()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Ask the server to end, wait, then kill it."""
        await self._process.stop()
        self._lock.release()

    async def kill(self) -> None:
        """Send SIGKILL: the data is left as after a crash."""
        await self._process.kill()

    async def freeze(self) -> None:
        """Make the server stop answering without closing a connection, like a paused machine."""
        await self._process.freeze()

    def thaw(self) -> None:
        """End what `freeze` began."""
        self._process.send_signal(signal.SIGCONT)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    @abstractmethod
    async def _launch(self) -> None:
        """Start the process and wait until it answers."""


def read_or_make_secret(path: Path) -> str:
    """Return the password in the file, which only its owner can read, making it if needed."""
    path.touch(mode=0o600)
    if not path.read_text():
        path.write_text(secrets.token_urlsafe(24))
    return path.read_text()
