"""Knows all open streams of a process: wakes those that a change concerns, and ends those whose
readers have lost the right to read.

Nothing is queued for a stream. Its own task reads the tables when its reader has taken what came
before, so a slow reader costs no memory and holds nobody up.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Final, NoReturn

from prometheus_client import Counter, Gauge

from contracts.errors import CommandError, NotFound, RateLimited, Unavailable
from query_api.edge.positions import PositionWaiter
from query_api.edge.reads import Reads
from query_api.streams.concerned import Concerned, Marks, find_concerned
from query_api.streams.delivery import Deliveries
from query_api.streams.limits import StreamLimits
from query_api.streams.open_stream import GONE, OpenStream
from runtime.event_stream import HEARTBEAT, SHUTTING_DOWN, format_beginning, format_end
from runtime.process.lifecycle import current_process
from runtime.process.tasks import end, keep_running

CHECK_S: Final = 0.5
"""How often the right to read is checked, for each stream."""
PAUSE_S: Final = 0.05
"""Pause between two looks at what has changed: what a busy cell does in it costs one look."""
UNFINISHED_S: Final = 0.25
RETRY_S: Final = 1.0
"""When to try again without PostgreSQL."""
RETRY_MS: Final = (1_000, 5_000)
"""When clients come back after an end. Not all at the same moment."""
POLICY: Final = "streams-of-person"
RETRY_AFTER_S: Final = 15

OPEN: Final = Gauge("practix_streams_open", "open streams")
ENDED: Final = Counter("practix_streams_ended", "streams that have ended", ["reason"])


class StreamHub:
    """All streams of one process. `start` it, and `stop` it before the service."""

    def __init__(self, reads: Reads, positions: PositionWaiter, limits: StreamLimits) -> None:
        self._reads = reads
        self._limits = limits
        self._deliveries = Deliveries(reads, limits.at_once_max)
        self._process = current_process()
        self._of_person: dict[str, set[OpenStream]] = {}
        self._of_announcement: dict[str, set[OpenStream]] = {}
        self._open = 0
        self._news = asyncio.Event()
        self._marks: Marks | None = None
        """How far changes were looked for; None while nobody listens."""
        self._running: list[asyncio.Task[NoReturn]] = []
        positions.call_on_news(self._news.set)

    async def start(self) -> None:
        self._running = [
            keep_running(self._wake_concerned(), "changes for streams"),
            keep_running(self._check_rights(), "rights of streams"),
        ]

    async def stop(self) -> None:
        self._end_all(SHUTTING_DOWN)
        await end(*self._running)

    def demand_room(self, person_id: str) -> None:
        """Raises RateLimited if the person has as many streams as one may, and Unavailable if
        the process has, or is about to stop."""
        if len(self._of_person.get(person_id, ())) >= self._limits.of_person_max:
            raise RateLimited(RETRY_AFTER_S, POLICY)
        if self._open >= self._limits.open_max or self._process.stopping:
            raise Unavailable

    @contextmanager
    def admit(self, stream: OpenStream) -> Iterator[None]:
        """Keep the stream awake inside the `with` block. Raises as `demand_room` does."""
        self.demand_room(stream.caller.person_id)
        indexes: list[tuple[dict[str, set[OpenStream]], str]] = [
            (self._of_person, stream.caller.person_id)
        ]
        if stream.announcement_id is not None:
            indexes.append((self._of_announcement, stream.announcement_id))
        for index, key in indexes:
            index.setdefault(key, set()).add(stream)
        self._open += 1
        OPEN.inc()
        try:
            yield
        finally:
            for index, key in indexes:
                index[key].discard(stream)
                if not index[key]:
                    del index[key]
            self._open -= 1
            OPEN.dec()
            ENDED.labels(stream.reason or GONE).inc()

    async def follow(self, stream: OpenStream) -> AsyncIterator[bytes]:
        """Yield the pieces of the stream until it ends."""
        yield format_beginning(random.randint(*RETRY_MS), stream.cursor.event_id)
        told_at = checked_at = monotonic()
        while True:
            woken = await stream.wait(told_at + self._limits.heartbeat_s - monotonic())
            if stream.reason is not None:
                break
            is_due = monotonic() - checked_at >= self._limits.recheck_s
            if stream.announcement_id is not None and is_due:
                checked_at = monotonic()
                if stream.by_following:
                    stream.followed = await self._reads.fetch_followed(stream.caller)
                woken = True
            events = await self._read(stream) if woken else b""
            if not events and monotonic() - told_at >= self._limits.heartbeat_s:
                events = HEARTBEAT
            if events:
                yield events
                told_at = monotonic()
        if stream.reason != GONE:
            yield format_end(stream.reason)

    async def _read(self, stream: OpenStream) -> bytes:
        """Return the next events of a stream. Ends or wakes it, if it has to go on so."""
        if not await self._is_admitted(stream):
            return b""
        try:
            delivery = await self._deliveries.read(stream)
        except NotFound as error:
            stream.end(error.code)
            return b""
        except Unavailable:
            asyncio.get_running_loop().call_later(RETRY_S, stream.wake)
            return b""
        stream.cursor = delivery.cursor
        if not delivery.complete:
            stream.wake()
        return delivery.events

    async def _wake_concerned(self) -> NoReturn:
        """Look for changes whenever there may be some, as long as anybody listens."""
        while True:
            await self._news.wait()
            self._news.clear()
            if self._open:
                self._look_again_in(await self._look())
            else:
                self._marks = None
            await asyncio.sleep(PAUSE_S)

    async def _look(self) -> float | None:
        """Wake the streams that changes concern. Returns after how many seconds to look again
        even if nobody tells of a change."""
        try:
            async with self._reads.open_tables(0) as snapshot:
                concerned = await find_concerned(snapshot, self._marks)
        except Unavailable:
            return RETRY_S
        self._marks = concerned.marks
        self._wake(concerned)
        return UNFINISHED_S if concerned.unfinished else None

    def _look_again_in(self, seconds: float | None) -> None:
        if seconds is not None:
            asyncio.get_running_loop().call_later(seconds, self._news.set)

    def _wake(self, concerned: Concerned) -> None:
        if concerned.people is None:
            for stream in self._streams():
                stream.wake()
            return
        for index, keys in (
            (self._of_person, concerned.people),
            (self._of_announcement, concerned.announcements),
        ):
            for key in keys:
                for stream in index.get(key, ()):
                    stream.wake()

    async def _check_rights(self) -> NoReturn:
        """End every stream that a read with its token would now be refused."""
        while True:
            await asyncio.sleep(CHECK_S)
            if self._process.stopping:
                self._end_all(SHUTTING_DOWN)
            for stream in self._streams():
                await self._is_admitted(stream)

    async def _is_admitted(self, stream: OpenStream) -> bool:
        """Return whether a read with the stream's token would be answered. Ends the stream if
        not."""
        try:
            await self._reads.authenticate_again(stream.authorization)
        except CommandError as error:
            stream.end(error.code)
            return False
        return True

    def _end_all(self, reason: str) -> None:
        for stream in self._streams():
            stream.end(reason)

    def _streams(self) -> list[OpenStream]:
        return [stream for streams in self._of_person.values() for stream in streams]
