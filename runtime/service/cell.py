"""What follows from the name of a cell (`PRACTIX_CELL`): its topic, its secrets.

The unnamed cell has the names that every system had before there were several cells.
"""

import hmac
import re
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field, SecretStr

UNNAMED: Final = ""

_NAME: Final = re.compile(r"[a-z]([a-z0-9-]{0,30}[a-z0-9])?")
"""A label of a host name, because clients find a cell by its host name."""


def demand_name(name: str) -> str:
    """Return the name. Raises ValueError if no cell can have it."""
    if name != UNNAMED and not _NAME.fullmatch(name):
        raise ValueError("the name of a cell is up to 32 of a-z, 0-9 and -, and begins with a-z")
    return name


CellName = Annotated[str, AfterValidator(demand_name)]


def topic_of(cell: str) -> str:
    """Return the Kafka topic of a cell's first log. No cell's topic is a later log of another,
    whose name ends with `.r` and a number."""
    return f"practix.{cell}.journal" if cell else "practix.journal"


def secret_of(cell: str, secret: SecretStr) -> str:
    """Return a cell's own secret, derived from one that several cells may share.

    What one cell signs with it opens nothing in another one.
    """
    shared = secret.get_secret_value()
    if not cell:
        return shared
    return hmac.digest(shared.encode(), f"practix cell {cell}".encode(), "sha256").hex()


def _topic_of_settings(read: dict[str, Any]) -> str:
    return topic_of(read.get("cell", UNNAMED))


JournalTopic = Annotated[str, Field(default_factory=_topic_of_settings)]
"""The topic in the settings of a process: that of its cell, unless another one is named."""
