"""Makes the journal's topic with the settings it needs and grants rights to it.

An existing topic stays as it is. `KAFKA_WRITERS` and `KAFKA_READERS` are comma-separated
accounts that get their rights (`runtime.journal.kafka_access`); `KAFKA__USERNAME` and
`KAFKA__PASSWORD` must then be an administrator's.
"""

import asyncio

from pydantic import PositiveInt
from pydantic_settings import BaseSettings, SettingsConfigDict

from runtime.journal.kafka_access import KafkaAccess, grant_journal
from runtime.journal.kafka_topics import create_topic, topic_of
from runtime.service.cell import UNNAMED, CellName
from runtime.service.settings import CommaSeparated, load_settings_or_exit

TIMEOUT_S = 60.0


class TopicSettings(BaseSettings):
    model_config = SettingsConfigDict(env_nested_delimiter="__", frozen=True, extra="ignore")

    kafka_bootstrap_servers: str
    kafka: KafkaAccess = KafkaAccess()
    kafka_writers: CommaSeparated = ()
    kafka_readers: CommaSeparated = ()
    practix_cell: CellName = UNNAMED
    practix_journal_topic: str | None = None
    """By default that of the cell."""
    practix_replication_factor: PositiveInt = 1


async def main(settings: TopicSettings) -> None:
    options = settings.kafka.client_options()
    topic = settings.practix_journal_topic or topic_of(settings.practix_cell)
    await create_topic(
        settings.kafka_bootstrap_servers,
        topic,
        replication_factor=settings.practix_replication_factor,
        timeout_s=TIMEOUT_S,
        client_options=options,
    )
    if settings.kafka_writers or settings.kafka_readers:
        await grant_journal(
            settings.kafka_bootstrap_servers,
            topic,
            writers=settings.kafka_writers,
            readers=settings.kafka_readers,
            timeout_s=TIMEOUT_S,
            client_options=options,
        )


if __name__ == "__main__":
    asyncio.run(main(load_settings_or_exit(TopicSettings)))
