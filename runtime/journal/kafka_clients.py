"""Opens and abandons aiokafka's clients for one partition, within bounded time.

aiokafka flushes a producer before it closes it. On a frozen broker that never ends, and after
a change of leader it is wrong: an ex-leader must not send what it still holds. aiokafka has
no public way to give up, so this module uses private attributes. No other module does. It was
written against aiokafka 0.14, and the contract tests cover it on a frozen broker.
"""

import asyncio
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from runtime.journal.port import JournalError, JournalUnavailable
from runtime.process.tasks import start_for

PARTITION: Final = 0
BATCH_BYTES_MAX: Final = 1_000_000
"""Less than 1 MiB, at which a topic refuses a batch."""
BOOTSTRAP_STEPS: Final = 4
"""To connect, to agree on versions, to ask for the brokers; and one to spare."""
ABANDON_S: Final = 1.0
CANCEL_AGAIN_S: Final = 0.05


@contextmanager
def translate_kafka_errors() -> Iterator[None]:
    """Raise errors of aiokafka and the network as the port's JournalUnavailable."""
    try:
        yield
    except (KafkaError, OSError, TimeoutError) as error:
        raise JournalUnavailable(f"{type(error).__name__}: {error}") from error


async def open_producer(
    topic: str, connect_timeout_s: float, options: Mapping[str, Any]
) -> AIOKafkaProducer:
    """Return an idempotent producer that knows the topic. Raises JournalUnavailable, and
    JournalError if the topic does not have exactly one partition."""
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
    """Return a consumer without a group that never resets its offset. Raises as
    `open_producer` does."""
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


async def open_admin(timeout_s: float, options: Mapping[str, Any]) -> AIOKafkaAdminClient:
    """Return a client that lists and changes topics. Raises JournalUnavailable."""
    admin = AIOKafkaAdminClient(request_timeout_ms=round(timeout_s * 1000), **options)
    _bound_bootstrap(admin._client, timeout_s)
    try:
        with translate_kafka_errors():
            async with asyncio.timeout(timeout_s):
                await admin.start()
    except BaseException:
        await abandon_admin(admin)
        raise
    return admin


async def abandon_admin(admin: AIOKafkaAdminClient) -> None:
    """Close the client. Takes bounded time and never raises."""
    _abort_connections(admin._client)
    await _await_bounded(admin.close())


async def abandon_producer(producer: AIOKafkaProducer) -> None:
    """Close the producer and send nothing more, not even what is in a socket's buffer. Takes
    bounded time and never raises."""
    producer._closed = True  # Otherwise its finalizer would warn.
    sender = producer._sender.sender_task
    if sender is not None:
        sender.cancel()
    _abort_connections(producer.client)
    if sender is not None:
        await _end_sender(sender)
    await _await_bounded(producer.client.close())


async def abandon_consumer(consumer: AIOKafkaConsumer) -> None:
    """Close the consumer. Takes bounded time and never raises."""
    await _await_bounded(consumer.stop())
    _abort_connections(consumer._client)
    await _await_bounded(consumer._client.close())


def _bound_bootstrap(client: Any, timeout_s: float) -> None:
    """Make the steps of connecting time out by themselves, within `timeout_s` in total.

    If aiokafka is cancelled from outside, it never closes its first connection.
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
    """Cancel the sender until it ends. After the first cancellation it still waits for its
    request in flight; the next one ends that."""
    for _ in range(round(ABANDON_S / CANCEL_AGAIN_S)):
        done, _pending = await asyncio.wait([sender], timeout=CANCEL_AGAIN_S)
        if done:
            if not sender.cancelled():
                sender.exception()  # Otherwise the event loop would log it.
            return
        sender.cancel()


def _abort_connections(client: Any) -> None:
    for connection in list(client._conns.values()):
        if connection._writer is not None:
            connection._writer.transport.abort()
        connection.close()


async def _await_bounded(closing: Coroutine[Any, Any, None]) -> None:
    """Await `closing` for at most ABANDON_S, in a task of its own: aiokafka's `stop` lets
    cancellations of its own tasks escape."""
    task = start_for(closing, "closing of a Kafka client")
    await asyncio.wait([task], timeout=ABANDON_S)
    task.cancel()
    with suppress(asyncio.CancelledError, KafkaError, OSError):
        if task.done():
            task.result()


async def _require_journal_topic(client: Any, topic: str) -> None:
    """Raises JournalUnavailable if the topic does not exist, and JournalError if it does not
    have exactly one partition. Asks for all topics, because asking for one may create it."""
    partitions = (await client.fetch_all_metadata()).partitions_for_topic(topic)
    if partitions is None:
        raise JournalUnavailable(f"there is no topic {topic}")
    if partitions != {PARTITION}:
        raise JournalError(f"{topic} has {len(partitions)} partitions: order needs just one")
