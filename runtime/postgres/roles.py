"""Roles of the services in PostgreSQL: what each may do is said in `migrations/roles.sql`.

The role of a service is `practix_` and its name. Whoever owns the database makes the roles;
a service only ever knows the address with its own role and password.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import asyncpg
from yarl import URL

ROLES: Final = Path(__file__).resolve().parents[2] / "migrations" / "roles.sql"
SERVICES: Final = ("projector", "notifier", "query_api")

_SET_PASSWORD: Final = "SELECT format('ALTER ROLE %I PASSWORD %L', $1::text, $2::text)"


def role_of(service: str) -> str:
    return f"practix_{service}"


def dsn_of_role(dsn: str, service: str, password: str) -> str:
    """The same database, seen by the service's role."""
    return str(URL(dsn).with_user(role_of(service)).with_password(password))


async def grant_roles(pool: asyncpg.Pool, passwords: Mapping[str, str]) -> None:
    """Make the roles, their passwords and their rights what this version says.

    `pool` belongs to the database's owner, who may create roles; the tables are there.
    `passwords` has one for each of `SERVICES`. Raises KeyError if one is missing.
    """
    wanted = {role_of(service): passwords[service] for service in SERVICES}
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(ROLES.read_text())
        for role, password in wanted.items():
            await connection.execute(await connection.fetchval(_SET_PASSWORD, role, password))
