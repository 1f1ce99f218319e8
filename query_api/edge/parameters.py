"""Query parameters of reads: their schemas, and how their texts are parsed.

Each parser raises Malformed with the name of the parameter.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from contracts.errors import Malformed
from contracts.values.ids import canonical_uuid
from contracts.values.times import FIRST_YEAR, LAST_YEAR
from runtime.http.parameters import malformed_parameter

INSTANT: Final = {"anyOf": [{"type": "string", "format": form} for form in ("date-time", "date")]}
ID: Final = {"type": "string", "format": "uuid"}

_SPACED_OFFSET: Final = re.compile(r" (\d\d:?\d\d)$")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")


def one_of(*values: str) -> dict[str, Any]:
    """Return the schema of a parameter that is one of these values."""
    return {"type": "string", "enum": list(values)}


def some_of(*values: str) -> dict[str, Any]:
    """Return the schema of a parameter that lists some of these values."""
    return {"type": "array", "items": one_of(*values)}


def parse_id(text: str, parameter: str) -> str:
    """Return the id in canonical spelling."""
    found = canonical_uuid(text)
    if found is None:
        raise malformed_parameter(parameter)
    return found


def parse_some(text: str, parameter: str, known: frozenset[str]) -> list[str]:
    """Return the distinct values of a list that is separated by commas, sorted."""
    found = frozenset(text.split(","))
    if not found <= known:
        raise malformed_parameter(parameter, known=sorted(known))
    return sorted(found)


def parse_instant(text: str, parameter: str) -> datetime:
    """Return an instant in UTC. Without an offset from UTC the code of Malformed is
    `naive_time`."""
    try:
        # A plus sign that a client forgot to escape arrives as a space.
        instant = datetime.fromisoformat(_SPACED_OFFSET.sub(r"+\1", text))
        if instant.tzinfo is None:
            raise Malformed("naive_time", {"parameter": parameter})
        utc = instant.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise malformed_parameter(parameter) from error
    _demand_known_year(utc.year, parameter)
    return utc


def parse_instant_or_day(
    text: str, parameter: str, zone: ZoneInfo, day_offset: timedelta
) -> datetime:
    """Return an aware instant. A bare date means the beginning of that day in `zone`, moved by
    `day_offset`, which is a number of whole days."""
    if not _DATE.fullmatch(text):
        return parse_instant(text, parameter)
    try:
        day = date.fromisoformat(text)
        _demand_known_year(day.year, parameter)
        return datetime.combine(day + day_offset, time(), zone)
    except (ValueError, OverflowError) as error:
        raise malformed_parameter(parameter) from error


def _demand_known_year(year: int, parameter: str) -> None:
    """Raises Malformed for a year so early or late that Python or PostgreSQL may not know the
    time in another zone, or a day later."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise malformed_parameter(parameter, first_year=FIRST_YEAR, last_year=LAST_YEAR)
