"""aiokafka's clients as the journal needs them: one partition, and an end within bounds.

The library closes a producer by flushing it first, which on a frozen broker never ends and
after a change of leader is not wanted: what an ex-leader still holds must not be sent.
There is no public way to give up, hence the private attributes, all of them here, written
against aiokafka 0.14 and covered by the contract tests on a broker that is frozen.
"""

import asyncio
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError

from runtime.journal.port import JournalError, JournalUnavailable
from runtime.process.tasks import start_for

PARTITION: Final = 0
BATCH_BYTES_MAX: Final = 1_000_000
"""Below the 1 MiB at which a topic refuses a batch."""
BOOTSTRAP_STEPS: Final = 4
"""Connect, agree on versions, ask for the brokers; and one to spare."""
ABANDON_S: Final = 1.0
CANCEL_AGAIN_S: Final = 0.05


@contextmanager
def translate_kafka_errors() -> Iterator[None]:
    """What aiokafka and the network raise, as the port's JournalUnavailable."""
    try:
        yield
    except (KafkaError, OSError, TimeoutError) as error:
        raise JournalUnavailable(f"{type(error).__name__}: {error}") from error


async def open_producer(
    topic: str, connect_timeout_s: float, options: Mapping[str, Any]
) -> AIOKafkaProducer:
    """An idempotent producer that knows the topic. Raises JournalUnavailable."""
    producer = AIOKafkaProducer(
        acks="all", enable_idempotence=True, max_batch_size=BATCH_BYTES_MAX, **options
    )
    _bound_bootstrap(producer.client, connect_timeout_s)
    try:
        with translate_kafka_errors():
            async with asyncio.timeout(connect_timeout_s):
                await producer.start()
                await _require_journal_topic(producer.client, topic)
                await producer.partitions_for(topic)
    except BaseException:
        await abandon_producer(producer)
        raise
    return producer


async def open_consumer(
    topic: str, connect_timeout_s: float, options: Mapping[str, Any]
) -> AIOKafkaConsumer:
    """A consumer without a group that never resets its offset. Raises JournalUnavailable."""
    consumer = AIOKafkaConsumer(
        group_id=None, enable_auto_commit=False, auto_offset_reset="none", **options
    )
    _bound_bootstrap(consumer._client, connect_timeout_s)
    try:
        with translate_kafka_errors():
            async with asyncio.timeout(connect_timeout_s):
                await consumer.start()
                await _require_journal_topic(consumer._client, topic)
    except BaseException:
        await abandon_consumer(consumer)
        raise
    return consumer


async def abandon_producer(producer: AIOKafkaProducer) -> None:
    """Send nothing more, not even what is in a socket's buffer. Bounded, never raises."""
    producer._closed = True  # For its finalizer, which would warn.
    sender = producer._sender.sender_task
    if sender is not None:
        sender.cancel()
    _abort_connections(producer.client)
    if sender is not None:
        await _end_sender(sender)
    await _bounded(producer.client.close())


async def abandon_consumer(consumer: AIOKafkaConsumer) -> None:
    """Bounded, never raises."""
    await _bounded(consumer.stop())
    _abort_connections(consumer._client)
    await _bounded(consumer._client.close())


def _bound_bootstrap(client: Any, timeout_s: float) -> None:
    """Let the steps of connecting time out by themselves, within `timeout_s` together.

    Cancelled from outside, aiokafka loses sight of its first connection without closing it.
    """
    bootstrap, request_timeout_ms = client.bootstrap, client._request_timeout_ms

    async def bounded() -> None:
        client._request_timeout_ms = timeout_s * 1000 / BOOTSTRAP_STEPS
        try:
            await bootstrap()
        finally:
            client._request_timeout_ms = request_timeout_ms

    client.bootstrap = bounded


async def _end_sender(sender: asyncio.Task[None]) -> None:
    """The first cancellation makes it wait for its request in flight, the next ends that."""
    for _ in range(round(ABANDON_S / CANCEL_AGAIN_S)):
        done, _pending = await asyncio.wait([sender], timeout=CANCEL_AGAIN_S)
        if done:
            if not sender.cancelled():
                sender.exception()  # Looked at, or the loop would log it.
            return
        sender.cancel()


def _abort_connections(client: Any) -> None:
    for connection in list(client._conns.values()):
        if connection._writer is not None:
            connection._writer.transport.abort()
        connection.close()


async def _bounded(closing: Coroutine[Any, Any, None]) -> None:
    """In a task of its own: aiokafka lets cancellations of its own tasks out of `stop`."""
    task = start_for(closing, "closing of a Kafka client")
    await asyncio.wait([task], timeout=ABANDON_S)
    task.cancel()
    with suppress(asyncio.CancelledError, KafkaError, OSError):
        if task.done():
            task.result()


async def _require_journal_topic(client: Any, topic: str) -> None:
    """Asks for all topics: asking for one by name may create it."""
    partitions = (await client.fetch_all_metadata()).partitions_for_topic(topic)
    if partitions is None:
        raise JournalUnavailable(f"there is no topic {topic}")
    if partitions != {PARTITION}:
        raise JournalError(f"{topic} has {len(partitions)} partitions: order needs just one")
