"""Starts real servers as child processes on loopback and makes sure that they end.

The kernel signals a child when its parent dies. A child's data survives a kill at any moment.
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
READY_S_MAX: Final = 180.0
"""Longer than a server takes to start on a slow and busy machine."""
POLL_S: Final = 0.05
FREEZE_DEADLINE_S: Final = 5.0
FREEZE_POLL_S: Final = 0.002
LOG_TAIL_BYTES: Final = 2_000
PR_SET_PDEATHSIG: Final = 1

_libc: Final = ctypes.CDLL(None, use_errno=True)


class ServerError(Exception):
    """A server could not be started, or does not do what it was told; the message says why."""


class ServerUnavailable(ServerError):
    """This machine lacks something that the server needs."""


class ServerFailed(ServerError):
    """The server did not start, answer or stop."""


class DirectoryInUse(ServerError):
    """Another process runs a server on this data."""


def free_port() -> int:
    """Return a TCP port on loopback that is free, and that nobody else gets for a minute.

    The kernel gives to nobody a port whose last connection has just been closed. A server may
    listen at it all the same if it sets SO_REUSEADDR, as ours do.
    """
    with socket.create_server((HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
        with socket.create_connection((HOST, port)) as client:
            accepted, _ = listener.accept()
            accepted.close()  # The side that closes first is the one that the kernel remembers.
            client.recv(1)
        return port


async def run_command(command: Sequence[str], **options: object) -> str:
    """Run a program to its end and return its output.

    Raises ServerFailed, with the last part of the output, if it cannot be run or fails.
    """
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

    `stop_signal` asks for a clean end. The kernel sends it, too, when the thread that called
    `start` ends, so call `start` from the main thread.
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

    def describe_end(self) -> str:
        """Return the exit status and the last line of the log."""
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
                start_new_session=True,  # Ctrl-C reaches only the parent, which stops us in order.
                preexec_fn=lambda: _libc.prctl(PR_SET_PDEATHSIG, death_signal),
            )

    async def wait_ready(
        self, probe: Callable[[], Awaitable[bool]], deadline_s: float = READY_S_MAX
    ) -> None:
        """Wait until `probe` returns True.

        Raises ServerFailed if the process ends or takes longer than `deadline_s` seconds.
        """
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
        """Ask the process to end, wait, then kill it."""
        if self._child is None:
            return
        self.send_signal(signal.SIGCONT)
        self.send_signal(self._stop_signal)
        if not await self._wait_ended(deadline_s):
            self.send_signal(signal.SIGKILL)
            await self._wait_ended(deadline_s)

    async def kill(self) -> None:
        """Kill the process, as a power cut would."""
        self.send_signal(signal.SIGKILL)
        await self._wait_ended(10.0)

    async def freeze(self) -> None:
        """Send SIGSTOP and wait until all threads have stopped. Raises ServerFailed if not."""
        self.send_signal(signal.SIGSTOP)
        for _ in range(round(FREEZE_DEADLINE_S / FREEZE_POLL_S)):
            if self._has_stopped():
                return
            await asyncio.sleep(FREEZE_POLL_S)
        raise ServerFailed(f"{self.name} does not stop")

    def send_signal(self, number: signal.Signals) -> None:
        """Send the signal if the process runs."""
        if self.running and self._child is not None:
            self._child.send_signal(number)

    def log_tail(self) -> str:
        """Return the last LOG_TAIL_BYTES of the log."""
        if not self.log_path.exists():
            return "no log"
        return self.log_path.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace").strip()

    def _has_stopped(self) -> bool:
        """Return whether all its threads have stopped. The kernel reports it only once."""
        if not self.running or self.pid is None:
            raise ServerFailed(f"{self.name} has ended")
        return os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WNOHANG) is not None

    async def _wait_ended(self, deadline_s: float) -> bool:
        """Poll until the child ends: another event loop, or none, may have started it."""
        for _ in range(round(deadline_s / POLL_S)):
            if not self.running:
                break
            await asyncio.sleep(POLL_S)
        return not self.running


async def port_answers(port: int) -> bool:
    """Return whether the port accepts connections."""
    try:
        _, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    writer.close()
    return True
