"""Brings the tables to this version's shape, before anything works on them.

The projector and the notifier do the same when they start, for sites without this step;
there is nothing left for them to do then.
"""

import asyncio
import os

from runtime.clickhouse_migrations import migrate as migrate_clickhouse
from runtime.clickhouse_server import ServerAnalytics
from runtime.postgres import migrate as migrate_postgres
from runtime.postgres import open_pool


async def main() -> None:
    pool = await open_pool(os.environ["POSTGRES_DSN"])
    print("PostgreSQL:", *await migrate_postgres(pool) or ["nothing to do"])
    await pool.close()
    if dsn := os.environ.get("CLICKHOUSE_DSN"):
        analytics = ServerAnalytics(dsn)
        await migrate_clickhouse(analytics)
        print("ClickHouse: done")
        await analytics.close()


if __name__ == "__main__":
    asyncio.run(main())
