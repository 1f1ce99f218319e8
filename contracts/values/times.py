"""Instants as journals, tables and answers have them: aware UTC, whole milliseconds."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from msgspec import Meta

Instant = Annotated[datetime, Meta(tz=True)]
"""A time with its offset from UTC. A time without one cannot be compared with it."""

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 9998
"""Inclusive, as the first one: a day can still be added in any zone."""

_MICROSECONDS: Final = 1000
_SECONDS_A_DAY: Final = 86_400


def to_ms(at: datetime) -> int:
    """Returns the milliseconds since 1970. Raises TypeError for a time without a zone."""
    since = at - EPOCH
    seconds = since.days * _SECONDS_A_DAY + since.seconds
    return seconds * 1000 + since.microseconds // _MICROSECONDS


def from_ms(since_1970_ms: int) -> datetime:
    """Returns the instant, exact: the opposite of `to_ms`."""
    return EPOCH + timedelta(milliseconds=since_1970_ms)


def whole_ms(at: datetime) -> datetime:
    """Returns `at` without what is finer than a millisecond."""
    return at.replace(microsecond=at.microsecond // _MICROSECONDS * _MICROSECONDS)


def is_in_range(at: datetime) -> bool:
    """Whether the year is one that Python, PostgreSQL and every zone can hold."""
    return FIRST_YEAR <= at.year <= LAST_YEAR
