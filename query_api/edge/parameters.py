"""Query parameters of reads, parsed; each function raises Malformed and names the parameter."""

import re
from datetime import UTC, datetime
from typing import Final

from contracts.errors import Malformed
from contracts.values.ids import canonical
from contracts.values.times import FIRST_YEAR, LAST_YEAR
from runtime.http.parameters import malformed_parameter

_SPACED_OFFSET: Final = re.compile(r" (\d\d:?\d\d)$")


def parse_id(text: str, parameter: str) -> str:
    found = canonical(text)
    if found is None:
        raise malformed_parameter(parameter)
    return found


def parse_some(text: str, parameter: str, known: frozenset[str]) -> list[str]:
    """The different values of a list, in order of their names."""
    found = frozenset(text.split(","))
    if not found <= known:
        raise malformed_parameter(parameter, known=sorted(known))
    return sorted(found)


def parse_instant(text: str, parameter: str) -> datetime:
    """Raises Malformed, `naive_time` where the offset from UTC is missing."""
    try:
        # A plus sign that a client forgot to escape arrives as a space.
        instant = datetime.fromisoformat(_SPACED_OFFSET.sub(r"+\1", text))
        if instant.tzinfo is None:
            raise Malformed("naive_time", {"parameter": parameter})
        utc = instant.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise malformed_parameter(parameter) from error
    demand_in_range(utc.year, parameter)
    return utc


def demand_in_range(year: int, parameter: str) -> None:
    """A day more, in any zone, is then still a time that Python and PostgreSQL know."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise malformed_parameter(parameter, first_year=FIRST_YEAR, last_year=LAST_YEAR)
