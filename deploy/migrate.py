"""Migrates PostgreSQL and ClickHouse, before any service uses them.

`POSTGRES_DSN` connects as the database's owner. `POSTGRES_PASSWORDS`, a JSON object of
passwords by service, also makes the services' roles (migrations/roles.sql). Without roles the
projector and the notifier migrate when they start, with the rights of the owner.
"""

import asyncio

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from runtime.clickhouse.migrations import ANALYSTS_MIGRATIONS
from runtime.clickhouse.migrations import migrate as migrate_clickhouse
from runtime.clickhouse.server import ServerAnalytics, open_analysts_database
from runtime.postgres.migrations import migrate as migrate_postgres
from runtime.postgres.pools import open_pool
from runtime.postgres.roles import grant_roles
from runtime.service.settings import ClickHouseDsn, PostgresDsn, load_settings_or_exit


class MigrationSettings(BaseSettings):
    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    postgres_dsn: PostgresDsn = Field(validation_alias="POSTGRES_DSN")
    passwords: dict[str, SecretStr] = Field({}, validation_alias="POSTGRES_PASSWORDS")
    """Passwords of the services' roles by name; without them no role is made."""
    clickhouse_dsn: ClickHouseDsn | None = Field(None, validation_alias="CLICKHOUSE_DSN")


async def main(settings: MigrationSettings) -> None:
    pool = await open_pool(settings.postgres_dsn.get_secret_value())
    print("PostgreSQL:", *await migrate_postgres(pool) or ["nothing to do"])
    if settings.passwords:
        passwords = {name: one.get_secret_value() for name, one in settings.passwords.items()}
        await grant_roles(pool, passwords)
    await pool.close()
    if settings.clickhouse_dsn is not None:
        dsn = settings.clickhouse_dsn.get_secret_value()
        history, analysts = ServerAnalytics(dsn), open_analysts_database(dsn, None)
        await migrate_clickhouse(history)
        await migrate_clickhouse(analysts, ANALYSTS_MIGRATIONS)
        print("ClickHouse: done")
        for opened in (history, analysts):
            await opened.close()


if __name__ == "__main__":
    asyncio.run(main(load_settings_or_exit(MigrationSettings)))
