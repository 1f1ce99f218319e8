"""Reads fields of stored events as values that columns can hold.

A value that does not fit its column counts as absent: an event may surprise the history but
never stops it. The payload still has the value.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Final

from contracts.values.times import to_ms

INT32_MAX: Final = 2**31 - 1

Fields = Mapping[str, Any]
"""The fields of a stored event, by name."""


def get_text(fields: Fields, name: str) -> str:
    """Return the field; an empty text if it is absent or not a text."""
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def get_integer(fields: Fields, name: str) -> int | None:
    """Return the field; None if it is absent, no integer, or too large for Int32."""
    value = fields.get(name)
    fits = isinstance(value, int) and not isinstance(value, bool) and abs(value) <= INT32_MAX
    return value if fits else None


def get_flag(fields: Fields, name: str) -> int | None:
    """Return 1 for true and 0 for false; None if the field is anything else."""
    value = fields.get(name)
    return int(value) if isinstance(value, bool) else None


def get_instant_ms(fields: Fields, name: str) -> int | None:
    """Return milliseconds since 1970; None if the field is no instant with an offset from UTC."""
    value = fields.get(name)
    if not isinstance(value, str):
        return None
    try:
        return to_ms(datetime.fromisoformat(value))
    except (TypeError, ValueError):
        return None


def day_of(at: datetime) -> date:
    """Return the day in UTC, or the nearest one that ClickHouse's Date can hold (1970 to
    2105)."""
    return min(max(at.astimezone(UTC).date(), date(1970, 1, 1)), date(2105, 12, 31))


@lru_cache(maxsize=1_000)
def split_type(stored_type: str) -> tuple[str, int]:
    """Split a stored type into name and version: `booking.left.v2` is (`booking.left`, 2). The
    version is 0 if there is none."""
    name, separator, version = stored_type.rpartition(".v")
    if separator and version.isdecimal() and int(version) < 2**16:
        return name, int(version)
    return stored_type, 0
