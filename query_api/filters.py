"""Query parameters of lists, and the fixed SQL fragments they select.

Fragments are constants of this module; what the client says only ever becomes a bound
parameter.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, get_args
from unicodedata import category
from zoneinfo import ZoneInfo

from starlette.datastructures import QueryParams

from contracts.errors import Malformed
from contracts.ids import canonical
from contracts.representations import AnnouncementStatus
from contracts.text import storable
from query_api.documented import ID, INSTANT, some_of
from query_api.ratings import AUTHOR_RATING
from runtime.parameters import BOOLEAN, Parameter, parse_boolean

WORDS_MAX: Final = 16
SEARCH_CHARS_MAX: Final = 200
FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 9998
STATUSES: Final[tuple[str, ...]] = get_args(AnnouncementStatus)

_WORD: Final = re.compile(r"[^\W_]+")
_PART_OF_WORD: Final = re.compile(r"[\u0300-\u036f\u200b-\u200f\u2060-\u2064]")
_SPACED_OFFSET: Final = re.compile(r" (\d\d:?\d\d)$")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")


class Where:
    """Conditions and their arguments, numbered after the `fixed` first ones."""

    def __init__(self, *fixed: Any) -> None:
        self.arguments: list[Any] = list(fixed)
        self._conditions: list[str] = []

    def bind(self, argument: Any) -> str:
        """The placeholder that stands for one more argument."""
        self.arguments.append(argument)
        return f"${len(self.arguments)}"

    def add(self, condition: str, *arguments: Any) -> None:
        """Each `{}` in the condition stands for the next argument."""
        self._conditions.append(condition.format(*(self.bind(one) for one in arguments)))

    @property
    def sql(self) -> str:
        return " AND ".join(self._conditions) or "true"


def given(parameters: QueryParams, name: str) -> str | None:
    """The text of a parameter, None where it is absent."""
    return parameters.get(name)


def malformed(parameter: str, **allowed: Any) -> Malformed:
    """`allowed` says what would have been right: `known`, `minimum`, `maximum`, …"""
    return Malformed("malformed_query", {"parameter": parameter, **allowed})


def parse_id(text: str, parameter: str) -> str:
    found = canonical(text)
    if found is None:
        raise malformed(parameter)
    return found


def parse_some(text: str, parameter: str, known: frozenset[str]) -> list[str]:
    """The different values of a list, in order of their names."""
    found = frozenset(text.split(","))
    if not found <= known:
        raise malformed(parameter, known=sorted(known))
    return sorted(found)


def _instant(text: str, parameter: str, zone: ZoneInfo, later: timedelta) -> datetime:
    """A bare date means its beginning in `zone`, so much `later`."""
    if not _DATE.fullmatch(text):
        return parse_instant(text, parameter)
    try:
        day = date.fromisoformat(text)
        _demand_in_range(day.year, parameter)
        return datetime.combine(day + later, time(), zone)
    except (ValueError, OverflowError) as error:
        raise malformed(parameter) from error


def parse_instant(text: str, parameter: str) -> datetime:
    """Raises Malformed, `naive_time` where the offset from UTC is missing."""
    try:
        # A plus sign that a client forgot to escape arrives as a space.
        instant = datetime.fromisoformat(_SPACED_OFFSET.sub(r"+\1", text))
        if instant.tzinfo is None:
            raise Malformed("naive_time", {"parameter": parameter})
        utc = instant.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise malformed(parameter) from error
    _demand_in_range(utc.year, parameter)
    return utc


def _demand_in_range(year: int, parameter: str) -> None:
    """A day more, in any zone, is then still a time that Python and PostgreSQL know."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise malformed(parameter, first_year=FIRST_YEAR, last_year=LAST_YEAR)


def _score(text: str, parameter: str) -> float:
    try:
        number = float(text)
    except ValueError as error:
        raise malformed(parameter) from error
    if not 0 <= number <= 10:
        raise malformed(parameter, minimum=0, maximum=10)
    return number


def _words(text: str, parameter: str) -> str:
    """Text whose words are looked for; PostgreSQL cuts it (`read_model.word_query`). A text
    without any, such as a symbol alone, finds nothing."""
    if len(text) > SEARCH_CHARS_MAX:
        raise malformed(parameter, maximum=SEARCH_CHARS_MAX)
    words = sum(1 for _ in _WORD.finditer(_PART_OF_WORD.sub("", text)))
    if words > WORDS_MAX:
        raise malformed(parameter, words=words, words_max=WORDS_MAX)
    if not any(category(one)[0] in "LNS" for one in text):
        raise malformed(parameter)
    return storable(text)


Parse = Callable[[str, str], Any]

TIMES: Final = {
    "date_from": (timedelta(), "a.event_time >= {}"),
    "date_to": (timedelta(days=1), "a.event_time < {}"),
}
"""How much later than its beginning a bare date means: to the end of that day."""

FILTERS: Final[dict[str, tuple[Parse, str]]] = {
    "location": (_words, "a.location_words @@ read_model.word_query({})"),
    "q": (_words, "a.words @@ read_model.word_query({})"),
    "is_free": (parse_boolean, "a.is_free = {}"),
    "has_seats": (parse_boolean, "(a.tickets_left > 0) = {}"),
    "min_author_rating": (_score, f"{AUTHOR_RATING} >= {{}}::double precision"),
    "author_id": (parse_id, "a.author_id = {}"),
    "movie_id": (parse_id, "a.movie_id = {}"),
}

TIME_PARAMETERS: Final = (
    Parameter("date_from", "evenings that start at this instant, on this day, or later", INSTANT),
    Parameter("date_to", "that start before this instant, or on this day at the latest", INSTANT),
)

PARAMETERS: Final = (
    *TIME_PARAMETERS,
    Parameter("location", "words of the place, or their beginnings"),
    Parameter("q", "words of title, description or film, or their beginnings"),
    Parameter("is_free", "only free ones, or only others", BOOLEAN),
    Parameter("has_seats", "only those with a seat left, or only full ones", BOOLEAN),
    Parameter(
        "min_author_rating",
        "score of the host, at least",
        {"type": "number", "minimum": 0, "maximum": 10},
    ),
    Parameter("author_id", "of this host", ID),
    Parameter("movie_id", "for this film", ID),
    Parameter("status", "in one of these", some_of(*STATUSES)),
    Parameter("fits_my_schedule", "true: no overlap with what the caller attends", BOOLEAN),
)


def add_filters(where: Where, parameters: QueryParams) -> None:
    """Those that need nothing but their own value. Raises Malformed for one that its
    parameter cannot have."""
    for name, (parse, condition) in FILTERS.items():
        if (text := given(parameters, name)) is not None:
            where.add(condition, parse(text, name))


def add_times(where: Where, parameters: QueryParams, zone: ZoneInfo) -> None:
    """Bare dates are days of `zone`. Raises Malformed."""
    for name, (later, condition) in TIMES.items():
        if (text := given(parameters, name)) is not None:
            where.add(condition, _instant(text, name, zone, later))


def statuses_of(parameters: QueryParams) -> list[str]:
    """The statuses asked for; empty where none is named. Raises Malformed."""
    text = given(parameters, "status")
    return [] if text is None else parse_some(text, "status", frozenset(STATUSES))
