"""The journal as a Kafka topic with one partition, for deployments.

Several processes may write at the same time; the readers decide which records count. An
append is acknowledged once all in-sync replicas have it.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, OffsetOutOfRangeError, TopicAlreadyExistsError, for_code

from contracts.journal.records import RECORD_BYTES_MAX
from runtime.journal.kafka_access import KafkaSettings
from runtime.journal.kafka_clients import (
    PARTITION,
    abandon_consumer,
    open_consumer,
    open_producer,
    translate_kafka_errors,
)
from runtime.journal.kafka_writer import KafkaWriter
from runtime.journal.port import JournalEntry, JournalTruncated, JournalUnavailable

CONNECT_TIMEOUT_S: Final = 10.0
APPEND_TIMEOUT_S: Final = 30.0
FETCH_TIMEOUT_S: Final = 10.0
"""The broker answers a fetch within half a second, with at most a megabyte. If it is silent for
so long, the connection is dead, and the cursor opens a new one."""
END_RETRY_BACKOFF_MS: Final = 10
"""aiokafka's pause before it asks again. The first question of a new client fails if the client
does not know the partition's leader yet, and `end` uses a new client each time."""
TOPIC_VISIBLE_POLL_S: Final = 0.05

TOPIC_SETTINGS: Final = {
    "cleanup.policy": "delete",
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "message.timestamp.type": "LogAppendTime",
    "unclean.leader.election.enable": "false",
    "max.message.bytes": "1048588",
}
"""The topic keeps every record and stamps it with the broker's clock. The size is Kafka's default,
so that a broker with a lower limit of its own takes our records too."""


class KafkaJournal:
    """The journal in `topic`, which must exist and have one partition.

    `connect_timeout_s` limits `open_writer`, `open_cursor` and `end`. If an append is not
    acknowledged within `append_timeout_s` after it was sent, its writer is lost. If a fetch is
    not answered within `fetch_timeout_s`, the cursor connects anew. Every aiokafka client gets
    `client_options` unchanged (security protocol, SASL, TLS context).
    """

    def __init__(
        self,
        bootstrap_servers: str,
        topic: str,
        *,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
        append_timeout_s: float = APPEND_TIMEOUT_S,
        fetch_timeout_s: float = FETCH_TIMEOUT_S,
        entry_bytes_max: int = RECORD_BYTES_MAX,
        client_options: Mapping[str, Any] | None = None,
    ) -> None:
        self._topic = topic
        self._connect_timeout_s = connect_timeout_s
        self._append_timeout_s = append_timeout_s
        self._entry_bytes_max = entry_bytes_max
        self._fetch_timeout_ms = round(fetch_timeout_s * 1000)
        self._options: dict[str, Any] = {
            "bootstrap_servers": bootstrap_servers,
            # At least the limit of an append, so that a request is never sent again after it.
            "request_timeout_ms": round(append_timeout_s * 1000),
            **(client_options or {}),
        }

    async def open_writer(self) -> KafkaWriter:
        producer = await open_producer(self._topic, self._connect_timeout_s, self._options)
        return KafkaWriter(producer, self._topic, self._append_timeout_s, self._entry_bytes_max)

    async def open_cursor(self, offset: int) -> "KafkaCursor":
        options = {**self._options, "request_timeout_ms": self._fetch_timeout_ms}
        consumer = await open_consumer(self._topic, self._connect_timeout_s, options)
        partition = TopicPartition(self._topic, PARTITION)
        consumer.assign([partition])
        consumer.seek(partition, offset)
        return KafkaCursor(consumer, partition)

    async def end(self) -> int:
        """Ask over a new connection, so that a stale one cannot answer."""
        options = {**self._options, "retry_backoff_ms": END_RETRY_BACKOFF_MS}
        consumer = await open_consumer(self._topic, self._connect_timeout_s, options)
        partition = TopicPartition(self._topic, PARTITION)
        try:
            with translate_kafka_errors():
                async with asyncio.timeout(self._connect_timeout_s):
                    end: int = (await consumer.end_offsets([partition]))[partition]
        finally:
            await abandon_consumer(consumer)
        return end

    async def close(self) -> None:
        """Do nothing: writers and cursors have their own connections."""


class KafkaCursor:
    """Reads one partition from an offset on, without a consumer group.

    aiokafka hides that a broker cannot be reached: `fetch` then returns nothing. The reader
    notices it by its own periodic check.
    """

    def __init__(self, consumer: AIOKafkaConsumer, partition: TopicPartition) -> None:
        self._consumer = consumer
        self._partition = partition

    async def fetch(self, wait_s: float) -> Sequence[JournalEntry]:
        try:
            batches = await self._consumer.getmany(self._partition, timeout_ms=round(wait_s * 1000))
        except OffsetOutOfRangeError as error:
            raise JournalTruncated(f"{self._partition.topic}: no offset {error}") from error
        except KafkaError as error:
            raise JournalUnavailable(f"{type(error).__name__}: {error}") from error
        return [
            JournalEntry(record.offset, record.timestamp, record.value or b"")
            for record in batches.get(self._partition, ())
        ]

    async def seek(self, offset: int) -> None:
        self._consumer.seek(self._partition, offset)

    async def close(self) -> None:
        await abandon_consumer(self._consumer)


async def create_topic(
    bootstrap_servers: str,
    topic: str,
    *,
    replication_factor: int = 3,
    timeout_s: float = CONNECT_TIMEOUT_S,
    client_options: Mapping[str, Any] | None = None,
) -> None:
    """Create the journal's topic. A topic that exists stays as it is.

    If there are two or more replicas, two of them must have an entry before it is
    acknowledged. Raises JournalUnavailable.
    """
    settings = {**TOPIC_SETTINGS, "min.insync.replicas": str(min(2, replication_factor))}
    admin = AIOKafkaAdminClient(
        bootstrap_servers=bootstrap_servers,
        request_timeout_ms=round(timeout_s * 1000),
        **(client_options or {}),
    )
    try:
        with translate_kafka_errors():
            async with asyncio.timeout(timeout_s):
                await admin.start()
                await _create(admin, NewTopic(topic, 1, replication_factor, topic_configs=settings))
                await _wait_until_visible(admin, topic)
    finally:
        await admin.close()


async def _create(admin: AIOKafkaAdminClient, topic: NewTopic) -> None:
    for name, code, *reason in (await admin.create_topics([topic])).topic_errors:
        if code and for_code(code) is not TopicAlreadyExistsError:
            raise JournalUnavailable(f"{name}: {for_code(code).__name__} {reason}")


async def _wait_until_visible(admin: AIOKafkaAdminClient, topic: str) -> None:
    while True:
        if topic in await admin.list_topics():
            return
        await asyncio.sleep(TOPIC_VISIBLE_POLL_S)


def open_kafka_journal(settings: KafkaSettings) -> KafkaJournal:
    """Return the journal that the settings of a process name."""
    return KafkaJournal(
        settings.kafka_bootstrap_servers,
        settings.journal_topic,
        client_options=settings.kafka.client_options(),
    )
