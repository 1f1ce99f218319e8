"""The name of a cell (`PRACTIX_CELL`), and the secrets that follow from it.

The unnamed cell has those that every system had before there were several cells.
"""

import hmac
import re
from typing import Annotated, Final

from pydantic import AfterValidator, SecretStr

UNNAMED: Final = ""

_NAME: Final = re.compile(r"[a-z]([a-z0-9-]{0,30}[a-z0-9])?")
"""A label of a host name, because clients find a cell by its host name."""


def demand_name(name: str) -> str:
    """Return the name. Raises ValueError if no cell can have it."""
    if name != UNNAMED and not _NAME.fullmatch(name):
        raise ValueError("the name of a cell is up to 32 of a-z, 0-9 and -, and begins with a-z")
    return name


CellName = Annotated[str, AfterValidator(demand_name)]


def secret_of(cell: str, secret: SecretStr) -> str:
    """Return a cell's own secret, derived from one that several cells may share.

    What one cell signs with it opens nothing in another one.
    """
    shared = secret.get_secret_value()
    if not cell:
        return shared
    return hmac.digest(shared.encode(), f"practix cell {cell}".encode(), "sha256").hex()
