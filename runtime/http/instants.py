"""Defines how a body states an instant, and which instants a body may state."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field

from contracts.values.times import FIRST_YEAR, whole_ms
from contracts.values.unfit import UnfitValue

LAST_STATED_YEAR: Final = 2199
"""The last year that a body may state. ClickHouse's times end in 2299, and nobody announces a
film that far ahead."""


def _require_date_text(value: Any) -> Any:
    """Refuse numbers, also as text: pydantic would read them as seconds since 1970. A form sends
    an empty text for a field that is not filled in."""
    if value == "":
        raise UnfitValue("Fill this in.", "Заполните это поле.")
    if not isinstance(value, str) or "-" not in value[1:]:
        raise ValueError("not an ISO 8601 date and time")
    return value


def _to_utc(instant: datetime) -> datetime:
    try:
        utc = instant.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("out of range") from error
    if not FIRST_YEAR <= utc.year <= LAST_STATED_YEAR:
        raise UnfitValue(
            f"The year is not within {FIRST_YEAR} to {LAST_STATED_YEAR}.",
            f"Год может быть от {FIRST_YEAR} до {LAST_STATED_YEAR}.",
        )
    return whole_ms(utc)


StatedInstant = Annotated[
    AwareDatetime, Field(strict=False), BeforeValidator(_require_date_text), AfterValidator(_to_utc)
]
"""An ISO 8601 time with its offset from UTC, converted to UTC in whole milliseconds. Without
an offset the error is `naive_time`. The field is not strict, because after our validator
pydantic no longer knows that the text came from JSON."""
