"""Generates load cheaply: many keep-alive clients in one process.

Each client sends a prepared request, reads the whole answer and sends the next. It
understands only what our servers send: HTTP/1.1 with a Content-Length.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple, cast

from benchmarks.harness.processes import Served, read_cost

_LENGTH = b"content-length:"


class Figures(NamedTuple):
    """The measurements of one run. `statuses` counts the answers by HTTP status."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    statuses: dict[int, int]

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


class Run(NamedTuple):
    """The figures of a load, and the processor time of its server for each request."""

    figures: Figures
    cpu_us: float


class _Client(asyncio.Protocol):
    def __init__(
        self,
        requests: Iterator[bytes],
        results: list[tuple[float, int]],
        bodies: list[bytes] | None,
    ) -> None:
        self._requests = requests
        self._results = results
        self._bodies = bodies
        self._buffer = b""
        self._sent_at = 0.0
        self._transport: asyncio.Transport | None = None
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # Uvloop's is not a subclass.

    def start(self) -> None:
        assert self._transport is not None
        request = next(self._requests, None)
        if request is None:
            self._transport.close()
            self.done.set_result(None)
            return
        self._sent_at = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, body = self._buffer.partition(b"\r\n\r\n")
        if not separator or len(body) < _content_length(head):
            return
        self._results.append((time.perf_counter() - self._sent_at, int(head[9:12])))
        if self._bodies is not None:
            self._bodies.append(body)
        self._buffer = b""
        self.start()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the server hung up"))


def _content_length(head: bytes) -> int:
    lower = head.lower()
    start = lower.index(_LENGTH) + len(_LENGTH)
    return int(lower[start:].split(b"\r\n", 1)[0])


def build_http_request(method: str, path: str, token: str, body: bytes = b"") -> bytes:
    """Return the bytes of a request with a JSON body."""
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def drive(
    port: int, requests: Iterator[bytes], clients: int, bodies: list[bytes] | None = None
) -> Figures:
    """Send all `requests` over `clients` connections to 127.0.0.1:`port`; return the figures. The
    bodies of the answers go to `bodies`, in the order in which they come."""
    loop = asyncio.get_running_loop()
    results: list[tuple[float, int]] = []
    connected = [
        (
            await loop.create_connection(
                lambda: _Client(requests, results, bodies), "127.0.0.1", port
            )
        )[1]
        for _ in range(clients)
    ]
    started = time.perf_counter()
    for client in connected:
        client.start()
    await asyncio.gather(*(client.done for client in connected))
    seconds = time.perf_counter() - started
    statuses = Counter(status for _, status in results)
    return summarize([latency for latency, _ in results], seconds, dict(statuses))


async def drive_server(
    served: Served, requests: Iterator[bytes], clients: int, bodies: list[bytes] | None = None
) -> Run:
    """Do the same to a server of ours, and measure what it costs its process."""
    before = read_cost(served.pid).cpu_s
    figures = await drive(served.port, requests, clients, bodies)
    return Run(figures, 1e6 * (read_cost(served.pid).cpu_s - before) / figures.requests)


def pick_median(runs: Sequence[Run]) -> Run:
    """Return the run whose rate is in the middle."""
    return sorted(runs, key=lambda one: one.figures.per_second)[len(runs) // 2]


def summarize(latencies: list[float], seconds: float, statuses: dict[int, int]) -> Figures:
    """Return the figures of requests that took `latencies` seconds each, and `seconds` in all."""
    latencies.sort()
    return Figures(
        len(latencies),
        seconds,
        1000 * latencies[len(latencies) // 2],
        1000 * latencies[int(len(latencies) * 0.99)],
        statuses,
    )
