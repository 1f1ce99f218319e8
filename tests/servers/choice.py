"""Chooses where the servers of tests run, and names what tests may rely on."""

import os
from typing import Final, Literal, Protocol, cast, get_args

CHOICE: Final = "PRACTIX_TEST_SERVERS"

Kind = Literal["own", "docker"]
"""Child processes of the tests, or containers of the images that compose would run."""


class Broker(Protocol):
    """A Kafka that answers and makes no topic by itself."""

    @property
    def bootstrap_servers(self) -> str: ...


class Database(Protocol):
    """A PostgreSQL or ClickHouse that answers; its account may make databases."""

    @property
    def dsn(self) -> str: ...

    def dsn_of(self, database: str) -> str: ...


class HistoryDatabase(Database, Protocol):
    """A ClickHouse with the shipped analysts' account."""

    @property
    def analyst_dsn(self) -> str: ...


def choose_servers() -> Kind:
    """Return the choice. Raises ValueError if there is no such choice."""
    asked = os.environ.get(CHOICE) or "own"
    if asked not in get_args(Kind):
        raise ValueError(f"{CHOICE} is {asked!r}; it may be {' or '.join(get_args(Kind))}")
    return cast(Kind, asked)
