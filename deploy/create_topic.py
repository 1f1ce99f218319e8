"""Makes the journal's topic with the settings it needs; one that exists is left alone."""

import asyncio
import os

from runtime.journals.kafka import create_topic

if __name__ == "__main__":
    asyncio.run(
        create_topic(
            os.environ["KAFKA_BOOTSTRAP_SERVERS"],
            os.environ.get("PRACTIX_JOURNAL_TOPIC", "practix.journal"),
            replication_factor=int(os.environ.get("PRACTIX_REPLICATION_FACTOR", "1")),
            timeout_s=60,
        )
    )
