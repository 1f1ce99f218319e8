"""Instants as journals, tables and answers have them: aware UTC, whole milliseconds."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from msgspec import Meta

Instant = Annotated[datetime, Meta(tz=True)]
"""A time with its offset from UTC. A time without one cannot be compared with it."""

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 9998
"""Both years are inclusive. In 9999, adding a day or converting to another zone could overflow."""

SECONDS_A_DAY: Final = 86_400

_MICROSECONDS_A_MS: Final = 1000


def to_ms(at: datetime) -> int:
    """Return the milliseconds since 1970. Raises TypeError for a time without a zone."""
    since = at - EPOCH
    seconds = since.days * SECONDS_A_DAY + since.seconds
    return seconds * 1000 + since.microseconds // _MICROSECONDS_A_MS


def from_ms(since_1970_ms: int) -> datetime:
    """Return the exact instant. Inverse of `to_ms`."""
    return EPOCH + timedelta(milliseconds=since_1970_ms)


def whole_ms(at: datetime) -> datetime:
    """Return `at` rounded down to a whole millisecond."""
    whole = at.microsecond // _MICROSECONDS_A_MS * _MICROSECONDS_A_MS
    return at.replace(microsecond=whole)


def is_in_range(at: datetime) -> bool:
    """Whether the year is one that Python, PostgreSQL and every zone can hold."""
    return FIRST_YEAR <= at.year <= LAST_YEAR
