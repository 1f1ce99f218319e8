"""Sets up a PostgreSQL role for each service. `migrations/roles.sql` says what each may do.

The role of a service is `practix_` and its name. The database's owner creates the roles. A
service knows only the address with its own role and password.
"""

from collections.abc import Mapping
from typing import Final

import asyncpg
from yarl import URL

from runtime.migration_files import ROOT
from runtime.postgres.migrations import LOCK_OUT_MIGRATIONS

ROLES: Final = ROOT / "roles.sql"
SERVICES: Final = ("projector", "notifier", "query_api")

_SET_PASSWORD: Final = "SELECT format('ALTER ROLE %I PASSWORD %L', $1::text, $2::text)"


def role_of(service: str) -> str:
    """Return the name of the service's role."""
    return f"practix_{service}"


def dsn_of_role(dsn: str, service: str, password: str) -> str:
    """Return the address of the same database with the service's role."""
    return str(URL(dsn).with_user(role_of(service)).with_password(password))


async def grant_roles(pool: asyncpg.Pool, passwords: Mapping[str, str]) -> None:
    """Create the roles, and set their passwords and rights to those of this version.

    `pool` must connect as the database's owner, who may create roles, and the tables must
    exist. Waits for whoever makes or drops tables. `passwords` has one for each of `SERVICES`.
    Raises KeyError if one is missing.
    """
    password_of = {role_of(service): passwords[service] for service in SERVICES}
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(LOCK_OUT_MIGRATIONS)
        await connection.execute(ROLES.read_text())
        for role, password in password_of.items():
            await connection.execute(await connection.fetchval(_SET_PASSWORD, role, password))
