"""The name of a cell (`PRACTIX_CELL`), the secrets that follow from it, and its zone.

The unnamed cell has the secrets that every system had before there were several cells.
"""

import hmac
import re
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, SecretStr

from contracts.values.zones import HOME_ZONE, demand_zone

UNNAMED: Final = ""

_NAME: Final = re.compile(r"[a-z]([a-z0-9-]{0,30}[a-z0-9])?")
"""A label of a host name, because clients find a cell by its host name."""


def demand_name(name: str) -> str:
    """Return the name. Raises ValueError if no cell can have it."""
    if name != UNNAMED and not _NAME.fullmatch(name):
        raise ValueError("the name of a cell is up to 32 of a-z, 0-9 and -, and begins with a-z")
    return name


CellName = Annotated[str, AfterValidator(demand_name)]


def _read_zone(given: object) -> ZoneInfo:
    """Return the zone of this name. Raises ValueError if there is none."""
    return ZoneInfo(demand_zone(str(given)))


ZONE_DEFAULT: Final = ZoneInfo(HOME_ZONE)
CellZone = Annotated[
    ZoneInfo,
    BeforeValidator(_read_zone),
    Field(validation_alias=AliasChoices("PRACTIX_ZONE", "QUERY_API_DAYS_OF")),
]
"""The zone of a cell, the same for all its processes: bare dates are its days, and evenings that
state no zone are told by its clock to everybody. Earlier versions read it from the second name."""


def secret_of(cell: str, secret: SecretStr) -> str:
    """Return a cell's own secret, derived from one that several cells may share.

    What one cell signs with it opens nothing in another one.
    """
    shared = secret.get_secret_value()
    if not cell:
        return shared
    return hmac.digest(shared.encode(), f"practix cell {cell}".encode(), "sha256").hex()
