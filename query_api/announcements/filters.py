"""Turns query parameters of announcement lists into conditions, each a fixed SQL fragment."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final, get_args
from zoneinfo import ZoneInfo

from starlette.datastructures import QueryParams

from contracts.events.announcement import Visibility
from contracts.films import NUMBER_MAX
from query_api.announcements.score_columns import AUTHOR_RATING
from query_api.announcements.status_order import STATUSES
from query_api.edge.parameters import (
    ID,
    INSTANT,
    parse_id,
    parse_instant_or_day,
    parse_some,
    some_of,
)
from query_api.edge.search_words import parse_words
from query_api.edge.where import Where
from runtime.http.numbers import parse_whole_number
from runtime.http.parameters import BOOLEAN, Parameter, malformed_parameter, parse_boolean

VISIBILITIES: Final[tuple[str, ...]] = get_args(Visibility)

_DECIMAL: Final = re.compile(r"[0-9]{1,18}(\.[0-9]{1,18})?")


def parse_score(text: str, parameter: str) -> float:
    """Return the score. Raises Malformed."""
    if not _DECIMAL.fullmatch(text):
        raise malformed_parameter(parameter)
    number = float(text)
    if not 0 <= number <= 10:
        raise malformed_parameter(parameter, minimum=0, maximum=10)
    return number


def _parse_visibilities(text: str, parameter: str) -> list[str]:
    return parse_some(text, parameter, frozenset(VISIBILITIES))


def _parse_episode(text: str, parameter: str) -> int:
    number = parse_whole_number(text)
    if number is None or not 1 <= number <= NUMBER_MAX:
        raise malformed_parameter(parameter, minimum=1, maximum=NUMBER_MAX)
    return number


Parse = Callable[[str, str], Any]
"""Takes a text and the parameter's name. Returns the argument, or raises Malformed."""

TimeConditions = Mapping[str, tuple[timedelta, str]]
"""By parameter: what is added to a bare date, and the condition. A bare end includes its whole
day."""

TIMES: Final[TimeConditions] = {
    "date_from": (timedelta(), "a.event_time >= {}"),
    "date_to": (timedelta(days=1), "a.event_time < {}"),
}

FILTERS: Final[dict[str, tuple[Parse, str]]] = {  # By parameter.
    "location": (parse_words, "a.location_words @@ word_query({})"),
    "q": (parse_words, "a.words @@ word_query({})"),
    "is_free": (parse_boolean, "a.is_free = {}"),
    "has_seats": (parse_boolean, "(a.tickets_left > 0) = {}"),
    "min_author_rating": (parse_score, f"{AUTHOR_RATING} >= {{}}::double precision"),
    "author_id": (parse_id, "a.author_id = {}"),
    "movie_id": (parse_id, "a.movie_id = {}"),
    "season": (_parse_episode, "a.season = {}"),
    "episode": (_parse_episode, "a.episode = {}"),
    "visibility": (_parse_visibilities, "a.visibility = ANY({}::text[])"),
    "sub_only": (parse_boolean, "(a.visibility = 'subscribers') = {}"),
}

SCORE: Final = {"type": "number", "minimum": 0, "maximum": 10}
EPISODE: Final = {"type": "integer", "minimum": 1, "maximum": NUMBER_MAX}

TIME_PARAMETERS: Final = (
    Parameter("date_from", "starting at this instant, on this day, or later", INSTANT),
    Parameter("date_to", "starting before this instant, or on this day at the latest", INSTANT),
)

PARAMETERS: Final = (
    *TIME_PARAMETERS,
    Parameter("location", "words of the place, or their beginnings"),
    Parameter("q", "words of title, description or film, or their beginnings"),
    Parameter("is_free", "only free ones, or only others", BOOLEAN),
    Parameter("has_seats", "only those with a seat left, or only full ones", BOOLEAN),
    Parameter(
        "takes_requests",
        "true: one may ask to come, or to wait for a seat; only what is still to come",
        BOOLEAN,
    ),
    Parameter("min_author_rating", "score of the author, at least", SCORE),
    Parameter("author_id", "of this author", ID),
    Parameter("movie_id", "for this film", ID),
    Parameter("season", "of this season of a series", EPISODE),
    Parameter("episode", "of this episode of a season", EPISODE),
    Parameter("visibility", "shown to one of these", some_of(*VISIBILITIES)),
    Parameter("sub_only", "only those for followers of the author, or only others", BOOLEAN),
    Parameter("status", "in one of these", some_of(*STATUSES)),
    Parameter("fits_my_schedule", "true: no overlap with what the caller attends", BOOLEAN),
    Parameter(
        "fits_my_plan",
        "true: for a film that the caller has planned, still to come, when and where they wish",
        BOOLEAN,
    ),
)


def add_filters(where: Where, parameters: QueryParams) -> None:
    """Add the filters that depend on their own parameter alone. Raises Malformed."""
    for name, (parse, condition) in FILTERS.items():
        if (text := parameters.get(name)) is not None:
            where.add(condition, parse(text, name))


def add_times(
    where: Where, parameters: QueryParams, days_of: ZoneInfo, times: TimeConditions = TIMES
) -> None:
    """Add the filters by time. Bare dates are days in the zone `days_of`. Raises Malformed."""
    for name, (day_offset, condition) in times.items():
        if (text := parameters.get(name)) is not None:
            where.add(condition, parse_instant_or_day(text, name, days_of, day_offset))


def parse_statuses(parameters: QueryParams) -> list[str]:
    """Return the statuses asked for; an empty list without the parameter. Raises Malformed."""
    text = parameters.get("status")
    return [] if text is None else parse_some(text, "status", frozenset(STATUSES))
