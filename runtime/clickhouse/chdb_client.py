"""Starts the process of the embedded engine, sends it calls, and returns its replies."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any, Final

import msgspec

from runtime.clickhouse.chdb_frames import (
    LENGTH_BYTES,
    CallKind,
    EngineCall,
    EngineGreeting,
    EngineReply,
    EngineSetup,
    Lane,
    encode_frame,
)
from runtime.clickhouse.port import AnalyticsUnavailable, refusal_of
from runtime.confinement.confine import Missing
from runtime.process.tasks import run_aside

ROOT: Final = Path(__file__).resolve().parents[2]
START_S_MAX: Final = 60.0
CLOSE_S_MAX: Final = 5.0
BUFFER_BYTES: Final = 1 << 20

_decode_greeting: Final = msgspec.msgpack.Decoder(EngineGreeting).decode
_decode_reply: Final = msgspec.msgpack.Decoder(EngineReply).decode


class EngineProcess:
    """One process of the engine, from its start to its end. It is never restarted."""

    def __init__(self, process: asyncio.subprocess.Process, unconfined: Missing | None) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.unconfined = unconfined
        """Why the process is not confined; None if it is."""
        self._process = process
        self._calls, self._replies = process.stdin, process.stdout
        self._pending: dict[int, asyncio.Future[bytes]] = {}
        self._numbers = count(1)
        self._turn = asyncio.Lock()
        self._ended = False
        self._reading = run_aside(self._read(), "chdb replies")

    @classmethod
    async def start(cls, directory: Path, database: str, lanes: dict[str, Lane]) -> "EngineProcess":
        """Start a process on `directory`. Raises AnalyticsUnavailable."""
        setup = EngineSetup(str(directory), database, os.getpid(), lanes)
        process = await asyncio.create_subprocess_exec(
            *(
                sys.executable,
                "-m",
                "runtime.clickhouse.chdb_engine",
                msgspec.json.encode(setup).decode(),
            ),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=BUFFER_BYTES,
            start_new_session=True,  # Ctrl-C must reach us only: we end the process in order.
            # Nothing of our own environment, because SQL could read it.
            env={
                "PYTHONPATH": str(ROOT),
                "TMPDIR": str(directory / "scratch"),
                "LANG": "C.UTF-8",
                "TZ": "UTC",
            },
        )
        assert process.stdout is not None
        try:
            async with asyncio.timeout(START_S_MAX):
                greeting = _decode_greeting(await _read_frame(process.stdout))
        except (TimeoutError, asyncio.IncompleteReadError) as error:
            await _end(process)
            raise AnalyticsUnavailable("the engine's process did not start") from error
        except BaseException:
            await _end(process)
            raise
        if greeting.in_use:
            await _end(process)
            raise AnalyticsUnavailable(f"{directory} is in use by another process")
        return cls(process, greeting.unconfined)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def ended(self) -> bool:
        return self._ended

    async def call(self, lane: str, kind: CallKind, sql: str, data: bytes = b"") -> bytes:
        """Make a call and return the data of its reply. Raises QueryRefused, and
        AnalyticsUnavailable if the process ends before it replies."""
        if self._ended:
            raise AnalyticsUnavailable("the engine's process has ended")
        number = next(self._numbers)
        reply: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._pending[number] = reply
        try:
            async with self._turn:
                if self._calls.is_closing():  # uvloop's pipe then refuses with a RuntimeError.
                    raise BrokenPipeError
                self._calls.write(encode_frame(EngineCall(number, lane, kind, sql, data)))
                await self._calls.drain()
            return await reply
        except (BrokenPipeError, ConnectionResetError) as error:
            raise AnalyticsUnavailable("the engine's process has ended") from error
        finally:
            del self._pending[number]

    async def close(self) -> None:
        """Let the process finish its calls for a while, and then end it."""
        self._calls.close()
        try:
            async with asyncio.timeout(CLOSE_S_MAX):
                await self._process.wait()
        except TimeoutError:
            await _end(self._process)
        await self._reading

    async def kill(self) -> None:
        """End the process at once."""
        await _end(self._process)
        await self._reading

    async def _read(self) -> None:
        """Read replies until the process ends. Then every pending call fails."""
        try:
            while True:
                reply = _decode_reply(await _read_frame(self._replies))
                self._settle(reply)
        except (asyncio.IncompleteReadError, ConnectionError, msgspec.MsgspecError):
            await _end(self._process)
        finally:
            self._ended = True
            for pending in self._pending.values():
                if not pending.done():
                    error = AnalyticsUnavailable(f"the engine's process {self._describe_end()}")
                    pending.set_exception(error)

    def _settle(self, reply: EngineReply) -> None:
        pending = self._pending.get(reply.number)
        if pending is None or pending.done():
            return  # The caller no longer waits.
        if reply.refused is None:
            pending.set_result(reply.data)
        else:
            pending.set_exception(refusal_of(reply.refused))

    def _describe_end(self) -> str:
        status = self._process.returncode
        if status is not None and status < 0:
            return f"was ended by {signal.Signals(-status).name}"
        return f"ended with status {status}"


async def _read_frame(stream: asyncio.StreamReader) -> bytes:
    length = int.from_bytes(await stream.readexactly(LENGTH_BYTES), "big")
    return await stream.readexactly(length)


async def _end(process: Any) -> None:
    if process.returncode is None:
        # Not with asyncio's own method, which would take the status from those who wait for it.
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
    await process.wait()
