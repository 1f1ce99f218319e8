"""Makes, lists and deletes the topics of a cell's journal.

The first log is the topic that the settings name, or that of the cell. A later one has its
number behind that name.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, UnknownTopicOrPartitionError, for_code

from runtime.journal.kafka_clients import abandon_admin, open_admin, translate_kafka_errors
from runtime.journal.port import JournalExists, JournalUnavailable

ADMIN_TIMEOUT_S: Final = 10.0
TOPIC_CHANGE_POLL_S: Final = 0.05

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


def topic_of(cell: str) -> str:
    """Return the Kafka topic of a cell's first log. No cell's topic is a later log of another,
    whose name ends with `.r` and a number."""
    return f"practix.{cell}.journal" if cell else "practix.journal"


def topic_of_generation(first: str, number: int) -> str:
    """Return the topic of a log: `practix.journal`, and for later ones `practix.journal.r120`."""
    return first if number == 1 else f"{first}{LATER_INFIX}{number}"


LATER_INFIX: Final = ".r"
"""Stands between the first topic's name and the number of a later log."""


class Topics:
    """The topics of a broker. All methods raise JournalUnavailable. Each uses a new connection."""

    def __init__(
        self,
        bootstrap_servers: str,
        timeout_s: float = ADMIN_TIMEOUT_S,
        client_options: Mapping[str, Any] | None = None,
    ) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._timeout_s = timeout_s
        self._client_options = client_options or {}

    async def list_generations(self, first: str) -> list[int]:
        """Return the numbers of the logs whose topics there are, in order."""
        async with self._connect() as admin:
            topics = await admin.list_topics()
        pattern = re.compile(rf"{re.escape(first + LATER_INFIX)}([0-9]+)")
        later = [int(found[1]) for topic in topics if (found := pattern.fullmatch(topic))]
        return sorted([*later, *([1] if first in topics else [])])

    async def count_replicas(self, topic: str | None) -> int:
        """Return how many replicas the topic has; 1 if there is no such topic."""
        async with self._connect() as admin:
            for described in await admin.describe_topics():  # Asking for one may create it.
                if described["topic"] == topic:
                    return max(len(one["replicas"]) for one in described["partitions"])
        return 1

    async def create(self, topic: str, replicas: int) -> None:
        """Create a topic for a journal. If there are two or more replicas, two of them must have an
        entry before it is acknowledged. Raises JournalExists."""
        settings = {**TOPIC_SETTINGS, "min.insync.replicas": str(min(2, replicas))}
        async with self._connect() as admin:
            created = await admin.create_topics(
                [NewTopic(topic, 1, replicas, topic_configs=settings)]
            )
            for name, code, *reason in created.topic_errors:
                if code and for_code(code) is TopicAlreadyExistsError:
                    raise JournalExists(f"{name} exists")
                if code:
                    raise JournalUnavailable(f"{name}: {for_code(code).__name__} {reason}")
            while topic not in await admin.list_topics():
                await asyncio.sleep(TOPIC_CHANGE_POLL_S)

    async def delete(self, topic: str) -> None:
        """Delete a topic. Does nothing if there is none."""
        async with self._connect() as admin:
            deleted = await admin.delete_topics([topic])
            for name, code, *_ in deleted.topic_error_codes:
                if code and for_code(code) is not UnknownTopicOrPartitionError:
                    raise JournalUnavailable(f"{name}: {for_code(code).__name__}")
            while topic in await admin.list_topics():
                await asyncio.sleep(TOPIC_CHANGE_POLL_S)

    @asynccontextmanager
    async def _connect(self) -> AsyncIterator[AIOKafkaAdminClient]:
        options = {"bootstrap_servers": self._bootstrap_servers, **self._client_options}
        admin = await open_admin(self._timeout_s, options)
        try:
            with translate_kafka_errors():
                async with asyncio.timeout(self._timeout_s):
                    yield admin
        finally:
            await abandon_admin(admin)


async def create_topic(
    bootstrap_servers: str,
    topic: str,
    *,
    replication_factor: int = 3,
    timeout_s: float = ADMIN_TIMEOUT_S,
    client_options: Mapping[str, Any] | None = None,
) -> None:
    """Create the topic of a cell's first log. Does nothing if the cell has a log, perhaps a renewed
    one. Raises JournalUnavailable."""
    topics = Topics(bootstrap_servers, timeout_s, client_options)
    if await topics.list_generations(topic):
        return
    with suppress(JournalExists):
        await topics.create(topic, replication_factor)
