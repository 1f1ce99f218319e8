"""Reads values of stored JSON as columns can hold them.

A value that does not fit becomes absent: a recorded fact may surprise the history but never
stops it. The payload keeps the value as it is.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Final

from contracts.values.times import to_ms

INT32_MAX: Final = 2**31 - 1

Fields = Mapping[str, Any]


def get_text(fields: Fields, name: str) -> str:
    """Return the field, or an empty text if it is absent or no text."""
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def get_integer(fields: Fields, name: str) -> int | None:
    value = fields.get(name)
    fits = isinstance(value, int) and not isinstance(value, bool) and abs(value) <= INT32_MAX
    return value if fits else None


def get_flag(fields: Fields, name: str) -> int | None:
    """Return 1 or 0, or None if the field is absent or null."""
    value = fields.get(name)
    return int(value) if isinstance(value, bool) else None


def get_instant_ms(fields: Fields, name: str) -> int | None:
    value = fields.get(name)
    if not isinstance(value, str):
        return None
    try:
        return to_ms(datetime.fromisoformat(value))
    except (TypeError, ValueError):
        return None


def day_of(at: datetime) -> date:
    """Return the UTC day, within what ClickHouse's Date can hold (1970 to 2105)."""
    return min(max(at.astimezone(UTC).date(), date(1970, 1, 1)), date(2105, 12, 31))


@lru_cache(maxsize=1_000)
def split_type(stored_type: str) -> tuple[str, int]:
    """Split a stored name: `booking.left.v2` is (`booking.left`, 2)."""
    name, separator, version = stored_type.rpartition(".v")
    if separator and version.isdecimal() and int(version) < 2**16:
        return name, int(version)
    return stored_type, 0
