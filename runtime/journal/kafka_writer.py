"""One session of appending to Kafka, with one batch in flight at a time.

While a batch is in flight, new entries go into the next one. So entries keep the order of the
calls, and the batch size follows the load. If a batch fails, all later entries are given up
and never sent.
"""

import asyncio
import logging
from asyncio import Future
from collections import deque
from typing import Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.producer.message_accumulator import BatchBuilder

from contracts.values.describing import describe_error
from runtime.journal.futures import fail_appends, find_excess
from runtime.journal.kafka_clients import ABANDON_S, PARTITION, abandon_producer
from runtime.journal.port import Appended, JournalError, WriterLost
from runtime.process.tasks import run_aside

log = logging.getLogger(__name__)

CLOSED: Final = "the writer was closed"


class KafkaBatch:
    """Entries that go to the broker together, and the futures that wait for them."""

    def __init__(self, builder: BatchBuilder) -> None:
        self.builder = builder
        self.appends: list[Future[Appended]] = []

    def add(self, payload: bytes, appended: Future[Appended]) -> bool:
        """Add an entry. Returns False if the batch is full."""
        if self.builder.append(timestamp=None, key=None, value=payload) is None:
            return False
        self.appends.append(appended)
        return True

    def settle(self, first_offset: int, stamp_ms: int) -> None:
        """Tell each waiting future where its entry is stored."""
        for offset, appended in enumerate(self.appends, first_offset):
            if not appended.done():
                appended.set_result(Appended(offset, stamp_ms))


class KafkaWriter:
    """Appends through `producer`, which must be started and which nobody else may use."""

    def __init__(
        self,
        producer: AIOKafkaProducer,
        topic: str,
        append_timeout_s: float,
        entry_bytes_max: int,
    ) -> None:
        self._producer = producer
        self._topic = topic
        self._append_timeout_s = append_timeout_s
        self._entry_bytes_max = entry_bytes_max
        self._create_future = asyncio.get_running_loop().create_future
        self._waiting: deque[KafkaBatch] = deque()
        self._in_flight: KafkaBatch | None = None
        self._queued = asyncio.Event()
        self._lost: str | None = None
        self._sender = run_aside(self._send_batches(), "Kafka writer")

    def append(self, payload: bytes) -> Future[Appended]:
        appended: Future[Appended] = self._create_future()
        if (excess := find_excess(payload, self._entry_bytes_max)) is not None:
            fail_appends([appended], excess)
        elif self._lost is not None:
            fail_appends([appended], WriterLost(self._lost))
        else:
            self._enqueue(payload, appended)
        return appended

    async def close(self) -> None:
        self._give_up(CLOSED)
        self._sender.cancel()
        await asyncio.wait([self._sender], timeout=ABANDON_S)
        await abandon_producer(self._producer)

    def _enqueue(self, payload: bytes, appended: Future[Appended]) -> None:
        if not self._waiting or not self._waiting[-1].add(payload, appended):
            batch = KafkaBatch(self._producer.create_batch())
            batch.add(payload, appended)  # The first entry of a batch always fits.
            self._waiting.append(batch)
        self._queued.set()

    async def _send_batches(self) -> None:
        try:
            while True:
                await self._queued.wait()
                self._queued.clear()
                while self._waiting:
                    await self._send(self._waiting.popleft())
        except Exception as error:  # Whatever it is, nobody may go on waiting.
            log.warning("journal writer lost", extra={"reason": describe_error(error)})
            self._give_up(f"append failed: {error!r}")
            await abandon_producer(self._producer)

    async def _send(self, batch: KafkaBatch) -> None:
        self._in_flight = batch
        async with asyncio.timeout(self._append_timeout_s):
            delivery = await self._producer.send_batch(
                batch.builder, self._topic, partition=PARTITION
            )
            delivered = await delivery
        if delivered.offset < 0:
            raise KafkaError("the broker took it for a duplicate, so its offset is unknown")
        self._in_flight = None
        batch.settle(delivered.offset, delivered.timestamp)

    def _give_up(self, reason: str) -> None:
        """Fail all appends. Entries in flight may have been stored; waiting ones never will be."""
        if self._lost is not None:
            return
        self._lost = reason
        if self._in_flight is not None:
            fail_appends(self._in_flight.appends, JournalError(f"{reason}: stored or not, unknown"))
        for batch in self._waiting:
            fail_appends(batch.appends, WriterLost(reason))
        self._waiting.clear()
