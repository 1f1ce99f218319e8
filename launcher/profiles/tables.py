"""Prepares the tables of a system that the launcher starts: migrations, a role per service."""

from secrets import token_urlsafe

from runtime.postgres.migrations import migrate
from runtime.postgres.pools import open_pool
from runtime.postgres.roles import SERVICES, dsn_of_role, grant_roles


async def prepare_tables(owner_dsn: str) -> dict[str, str]:
    """Migrate the tables and return each service's own DSN.

    The roles get new passwords every time, so no password has to be stored.
    """
    pool = await open_pool(owner_dsn, size_max=1)
    try:
        await migrate(pool)
        passwords = {service: token_urlsafe(32) for service in SERVICES}
        await grant_roles(pool, passwords)
    finally:
        pool.terminate()
    return {service: dsn_of_role(owner_dsn, service, passwords[service]) for service in SERVICES}
