"""Brings the tables to this version's shape, before anything works on them.

`POSTGRES_DSN` names the database's owner. With `POSTGRES_PASSWORDS`, a JSON object from a
service to a password, it also makes the services' roles (migrations/roles.sql). Without
roles the projector and the notifier migrate when they start, with the owner's own rights.
"""

import asyncio
import json
import os

from runtime.clickhouse_migrations import migrate as migrate_clickhouse
from runtime.clickhouse_server import ServerAnalytics
from runtime.postgres import migrate as migrate_postgres
from runtime.postgres import open_pool
from runtime.postgres_roles import grant_roles


async def main() -> None:
    pool = await open_pool(os.environ["POSTGRES_DSN"])
    print("PostgreSQL:", *await migrate_postgres(pool) or ["nothing to do"])
    if passwords := os.environ.get("POSTGRES_PASSWORDS"):
        await grant_roles(pool, json.loads(passwords))
    await pool.close()
    if dsn := os.environ.get("CLICKHOUSE_DSN"):
        analytics = ServerAnalytics(dsn)
        await migrate_clickhouse(analytics)
        print("ClickHouse: done")
        await analytics.close()


if __name__ == "__main__":
    asyncio.run(main())
