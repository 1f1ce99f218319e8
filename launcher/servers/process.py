"""Starting real servers as child processes on loopback, and ending them for certain.

A child is told by the kernel when its parent dies, and keeps its data such that a kill at
any moment is survived.
"""

import asyncio
import ctypes
import os
import signal
import socket
import subprocess
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

HOST: Final = "127.0.0.1"
POLL_S: Final = 0.05
FREEZE_DEADLINE_S: Final = 5.0
FREEZE_POLL_S: Final = 0.002
LOG_TAIL_BYTES: Final = 2_000
PR_SET_PDEATHSIG: Final = 1

_libc: Final = ctypes.CDLL(None, use_errno=True)


class ServerError(Exception):
    """The message says why there is no server."""


class ServerUnavailable(ServerError):
    """This machine lacks something that the server needs."""


class ServerFailed(ServerError):
    """All is there, and still it did not work."""


class DirectoryInUse(ServerError):
    """Another process runs a server on this data."""


def free_port() -> int:
    """A TCP port on loopback that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        port: int = listener.getsockname()[1]
        return port


async def run_to_end(command: Sequence[str], **options: object) -> str:
    """Run a short command. Its output, or ServerFailed with the end of it."""
    try:
        child = await asyncio.create_subprocess_exec(
            *command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            **options,  # type: ignore[arg-type]  # Passed through as given.
        )
    except OSError as error:
        raise ServerFailed(f"{command[0]}: {error}") from error
    output, _ = await child.communicate()
    text = output.decode(errors="replace")
    if child.returncode:
        raise ServerFailed(f"{command[0]} failed: {text[-LOG_TAIL_BYTES:]}")
    return text


class ServerProcess:
    """One server process and its log file.

    `stop_signal` asks for a clean end, and is also what the kernel sends when the thread
    that called `start` ends: call it from the main thread.
    """

    def __init__(
        self, name: str, log_path: Path, stop_signal: signal.Signals = signal.SIGTERM
    ) -> None:
        self.name = name
        self.log_path = log_path
        self._stop_signal = stop_signal
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child is not None else None

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def why_ended(self) -> str:
        """Status and last line of the log."""
        status = None if self._child is None else self._child.poll()
        lines = self.log_tail().splitlines()
        return f"status {status}" + (f", {lines[-1]}" if lines else "")

    def start(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str] | None = None,
    ) -> None:
        death_signal = int(self._stop_signal)
        with self.log_path.open("ab") as log_file:
            self._child = subprocess.Popen(
                command,
                cwd=cwd,
                env=None if env is None else {**os.environ, **env},
                stdin=subprocess.DEVNULL,
                stdout=log_file,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for the parent, which stops us in order.
                preexec_fn=lambda: _libc.prctl(PR_SET_PDEATHSIG, death_signal),
            )

    async def wait_ready(self, probe: Callable[[], Awaitable[bool]], deadline_s: float) -> None:
        """Until `probe` says yes. Raises ServerFailed at the end of its life or time."""
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + deadline_s
        while not await probe():
            if not self.running:
                raise ServerFailed(f"{self.name} ended at once: {self.log_tail()}")
            if loop.time() > give_up_at:
                await self.stop(deadline_s=5.0)
                raise ServerFailed(
                    f"{self.name} did not answer in {deadline_s} s: {self.log_tail()}"
                )
            await asyncio.sleep(POLL_S)

    async def stop(self, deadline_s: float = 20.0) -> None:
        """Ask, wait, then kill."""
        if self._child is None:
            return
        self.send_signal(signal.SIGCONT)
        self.send_signal(self._stop_signal)
        if not await self._wait_ended(deadline_s):
            self.send_signal(signal.SIGKILL)
            await self._wait_ended(deadline_s)

    async def kill(self) -> None:
        """End it as a power cut would end the process."""
        self.send_signal(signal.SIGKILL)
        await self._wait_ended(10.0)

    async def freeze(self) -> None:
        """SIGSTOP, and wait: it reaches one thread after the other."""
        self.send_signal(signal.SIGSTOP)
        for _ in range(round(FREEZE_DEADLINE_S / FREEZE_POLL_S)):
            if self._has_stopped():
                return
            await asyncio.sleep(FREEZE_POLL_S)
        raise ServerFailed(f"{self.name} does not stand still")

    def send_signal(self, number: signal.Signals) -> None:
        if self.running and self._child is not None:
            self._child.send_signal(number)

    def log_tail(self) -> str:
        if not self.log_path.exists():
            return "no log"
        return self.log_path.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace").strip()

    def _has_stopped(self) -> bool:
        """Whether the kernel reports, once, that all its threads stand."""
        if not self.running or self.pid is None:
            raise ServerFailed(f"{self.name} has ended")
        return os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WNOHANG) is not None

    async def _wait_ended(self, deadline_s: float) -> bool:
        """Polled: the child may have been started in another event loop, or in none."""
        for _ in range(round(deadline_s / POLL_S)):
            if not self.running:
                break
            await asyncio.sleep(POLL_S)
        return not self.running


async def port_answers(port: int) -> bool:
    """Whether somebody accepts connections there."""
    try:
        _, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    writer.close()
    return True
