"""Tells a restored outbox that the journal is newer: `python -m notifier.restored`.

Run it after the schema `notifier` was restored from a backup and before a notifier starts. It
takes the notifier's settings, and may be repeated.
"""

import asyncio
import sys

from contracts.journal.acceptance import JournalBroken
from notifier.restored.noting import note_restored
from notifier.settings import Settings
from runtime.journal.kafka import open_kafka_journal
from runtime.journal.port import JournalError
from runtime.postgres.pools import open_pool
from runtime.postgres.tables import TablesUnavailable
from runtime.service.settings import load_settings_or_exit


async def note(settings: Settings) -> None:
    journal = open_kafka_journal(settings)
    pool = await open_pool(settings.postgres_dsn.get_secret_value(), size_max=1)
    try:
        found = await note_restored(journal, pool)
    finally:
        pool.terminate()
        await journal.close()
    print(f"the outbox is at {found.position}; it sends nothing until it is at {found.end}")


def main() -> None:
    settings = load_settings_or_exit(Settings)
    try:
        asyncio.run(note(settings))
    except (JournalError, JournalBroken, TablesUnavailable) as error:
        sys.exit(f"not noted: {error}")


if __name__ == "__main__":
    main()
