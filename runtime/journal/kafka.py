"""The journal as a Kafka topic with one partition, for deployments.

Each renewed journal is a topic of its own (`runtime.journal.kafka_topics`).

Several processes may write at the same time; the readers decide which records count. An
append is acknowledged once all in-sync replicas have it.
"""

import asyncio
from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from contracts.journal.records import CARRIED_BYTES_MAX, RECORD_BYTES_MAX
from runtime.journal.kafka_access import KafkaSettings
from runtime.journal.kafka_clients import (
    PARTITION,
    abandon_consumer,
    open_consumer,
    open_producer,
    translate_kafka_errors,
)
from runtime.journal.kafka_topics import Topics, topic_of, topic_of_generation
from runtime.journal.kafka_writer import KafkaWriter
from runtime.journal.port import (
    JournalEntry,
    JournalExists,
    JournalTruncated,
    JournalUnavailable,
)

CONNECT_TIMEOUT_S: Final = 10.0
APPEND_TIMEOUT_S: Final = 30.0
FETCH_TIMEOUT_S: Final = 10.0
"""The broker answers a fetch within half a second, with at most a megabyte. If it is silent for
so long, the connection is dead, and the cursor opens a new one."""
END_RETRY_BACKOFF_MS: Final = 10
"""aiokafka's pause before it asks again. The first question of a new client fails if the client
does not know the partition's leader yet, and `end` uses a new client each time."""


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
        self._first_topic = self._topic = topic
        self.generation = 1
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
        self._topics = Topics(bootstrap_servers, connect_timeout_s, client_options)

    def at_generation(self, number: int) -> "KafkaJournal":
        journal = copy(self)
        journal.generation = number
        journal._topic = topic_of_generation(self._first_topic, number)
        if number > 1:
            journal._entry_bytes_max = max(self._entry_bytes_max, CARRIED_BYTES_MAX)
        return journal

    async def list_generations(self) -> Sequence[int]:
        return await self._topics.list_generations(self._first_topic)

    async def create(self) -> None:
        """Make the topic, with as many replicas as the one before it has."""
        generations = await self.list_generations()
        if self.generation in generations:
            raise JournalExists(f"{self._topic} exists")
        before = topic_of_generation(self._first_topic, generations[0]) if generations else None
        await self._topics.create(self._topic, await self._topics.count_replicas(before))

    async def drop(self) -> None:
        await self._topics.delete(self._topic)

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


def name_topic(settings: KafkaSettings) -> str:
    """Return the topic of the first log: the one that the settings name, or that of the cell."""
    return settings.journal_topic or topic_of(settings.cell)


def open_kafka_journal(settings: KafkaSettings) -> KafkaJournal:
    """Return the journal that the settings of a process name."""
    return KafkaJournal(
        settings.kafka_bootstrap_servers,
        name_topic(settings),
        client_options=settings.kafka.client_options(),
    )
