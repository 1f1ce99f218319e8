"""Query parameters of lists, and the fixed SQL fragments they select.

Fragments are constants of this module; what the client says only ever becomes a bound
parameter.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from starlette.datastructures import QueryParams

from contracts.errors import Malformed
from contracts.ids import canonical

WORDS_MAX: Final = 8
_WORD: Final = re.compile(r"\w+")
STATUSES: Final = frozenset({"Created", "Alive", "Closed", "Done", "Cancelled"})


class Where:
    """Conditions and their arguments, numbered after the `fixed` first ones."""

    def __init__(self, *fixed: Any) -> None:
        self.arguments: list[Any] = list(fixed)
        self._conditions: list[str] = []

    def add(self, condition: str, *arguments: Any) -> None:
        """`{}` in the condition stands for the number of the next argument."""
        numbers = range(len(self.arguments) + 1, len(self.arguments) + 1 + len(arguments))
        self._conditions.append(condition.format(*(f"${number}" for number in numbers)))
        self.arguments.extend(arguments)

    @property
    def sql(self) -> str:
        return " AND ".join(self._conditions) or "true"


def malformed(parameter: str) -> Malformed:
    return Malformed("malformed_query", {"parameter": parameter})


def _instant(text: str, parameter: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise malformed(parameter) from error
    if instant.tzinfo is None:
        raise Malformed("naive_time", {"parameter": parameter})
    return instant.astimezone(UTC)


def _boolean(text: str, parameter: str) -> bool:
    if text not in ("true", "false"):
        raise malformed(parameter)
    return text == "true"


def _id(text: str, parameter: str) -> str:
    found = canonical(text)
    if found is None:
        raise malformed(parameter)
    return found


def _number(text: str, parameter: str) -> float:
    try:
        number = float(text)
    except ValueError as error:
        raise malformed(parameter) from error
    if not 0 <= number <= 10:
        raise malformed(parameter)
    return number


def _status(text: str, parameter: str) -> list[str]:
    statuses = text.split(",")
    if not STATUSES.issuperset(statuses):
        raise malformed(parameter)
    return statuses


def _prefixes(text: str, parameter: str) -> str:
    """A tsquery: every word, as the beginning of one."""
    words = _WORD.findall(text)[:WORDS_MAX]
    if not words:
        raise malformed(parameter)
    return " & ".join(f"{word}:*" for word in words)


Parse = Callable[[str, str], Any]

FILTERS: Final[dict[str, tuple[Parse, str]]] = {
    "date_from": (_instant, "a.event_time >= {}"),
    "date_to": (_instant, "a.event_time < {}"),
    "location": (_prefixes, "a.location_words @@ to_tsquery('simple', {})"),
    "q": (_prefixes, "a.words @@ to_tsquery('simple', {})"),
    "is_free": (_boolean, "a.is_free = {}"),
    "has_seats": (_boolean, "(a.tickets_left > 0) = {}"),
    "min_author_rating": (_number, "coalesce(0.0, 0.0) >= {}::double precision"),
    "author_id": (_id, "a.author_id = {}"),
    "movie_id": (_id, "a.movie_id = {}"),
    "status": (_status, "a.status = ANY({}::text[])"),
}

FITS_MY_SCHEDULE: Final = """
    NOT EXISTS (
        SELECT FROM read_model.announcements busy
        WHERE busy.status IN ('Alive', 'Closed') AND busy.announcement_id <> a.announcement_id
          AND busy.event_time < a.ends_at AND a.event_time < busy.ends_at
          AND (busy.author_id = $2::uuid OR busy.announcement_id IN (
              SELECT b.announcement_id FROM read_model.bookings b
              WHERE b.guest_id = $2::uuid AND b.state = 'confirmed')))
"""


def add_filters(where: Where, parameters: QueryParams) -> None:
    """Raises Malformed for a value that its parameter cannot have."""
    for name, (parse, condition) in FILTERS.items():
        if (text := parameters.get(name)) is not None:
            where.add(condition, parse(text, name))
    if (text := parameters.get("fits_my_schedule")) is not None and _boolean(
        text, "fits_my_schedule"
    ):
        where.add(FITS_MY_SCHEDULE)
