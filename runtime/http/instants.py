"""An instant as clients state it in a body, and the range that everything of ours can hold."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field

from contracts.times import whole_ms

FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2199
"""Inclusive. ClickHouse's times end in 2299, and nobody plans an evening that far ahead."""


def _written_out(value: Any) -> Any:
    """Pydantic would read a number, and a number as text, as seconds since 1970."""
    if not isinstance(value, str) or "-" not in value[1:]:
        raise ValueError("not an ISO 8601 date and time")
    return value


def _utc(instant: datetime) -> datetime:
    try:
        utc = instant.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("out of range") from error
    if not FIRST_YEAR <= utc.year <= LAST_YEAR:
        raise ValueError(f"not within the years {FIRST_YEAR} to {LAST_YEAR}")
    return whole_ms(utc)


Instant = Annotated[
    AwareDatetime, Field(strict=False), BeforeValidator(_written_out), AfterValidator(_utc)
]
"""ISO 8601 with its offset from UTC (`naive_time` without); in UTC, whole milliseconds. Not
strict, for behind a validator of ours pydantic no longer knows that the text was JSON's."""
