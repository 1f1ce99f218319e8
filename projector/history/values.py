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
    return as_text(fields.get(name))


def get_integer(fields: Fields, name: str) -> int | None:
    """Return the field; None if it is absent, no integer, or too large for Int32."""
    return as_integer(fields.get(name))


def as_text(value: object) -> str:
    """Return the value; an empty text if it is not a text."""
    return value if isinstance(value, str) else ""


def as_integer(value: object) -> int | None:
    """Return the value; None if it is no integer, or too large for Int32."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= INT32_MAX:
        return value
    return None


def as_flag(value: object) -> int | None:
    """Return 1 for true and 0 for false; None for anything else."""
    return int(value) if isinstance(value, bool) else None


def as_instant_ms(value: object) -> int | None:
    """Return milliseconds since 1970; None if the value is no instant with an offset from UTC."""
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
