"""Filters and orders of the bookings for one announcement, by which its host chooses guests."""

from datetime import timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from starlette.datastructures import QueryParams

from query_api.announcements.filters import (
    SCORE,
    TimeConditions,
    add_times,
    parse_score,
)
from query_api.announcements.score_columns import GUEST_RANK, GUEST_RATING, RANK_KEY
from query_api.edge.paging import INSTANT_KEY, Sort, sort_parameter
from query_api.edge.parameters import INSTANT
from query_api.edge.search_words import parse_words
from query_api.edge.where import Where
from runtime.http.parameters import Parameter

BY_CREATION: Final = Sort("created", "b.created", INSTANT_KEY, "timestamptz")

BY_RATING: Final = Sort("guest_rating", GUEST_RANK, RANK_KEY, "double precision", descending=True)

NAME_KEY: Final = "translate(lower(coalesce(guest.name, '')), 'ё', 'е')"
BY_NAME: Final = Sort("guest_name", NAME_KEY, None, "text")
"""Its cursors hold no name, which has no place in an address: it is looked up again."""

SELECT_NAME_KEY: Final = f"""
    SELECT {NAME_KEY} FROM bookings last
    LEFT JOIN people guest ON guest.person_id = last.guest_id
    WHERE last.booking_id = {{}}::uuid
"""

SORTS: Final = {sort.name: sort for sort in (BY_CREATION, BY_RATING, BY_NAME)}

CREATED: Final[TimeConditions] = {
    "created_from": (timedelta(), "b.created >= {}"),
    "created_to": (timedelta(days=1), "b.created < {}"),
}

PARAMETERS: Final = (
    Parameter("name", "words of the guest's name, or their beginnings"),
    Parameter("min_guest_rating", "score of the guest, at least", SCORE),
    Parameter("created_from", "asked or invited at this instant, on this day, or later", INSTANT),
    Parameter(
        "created_to", "asked or invited before this instant, or on this day at the latest", INSTANT
    ),
    sort_parameter(
        SORTS,
        "`guest_rating`: the highest first; `created`, `guest_name`: the first one first;"
        " `-` reverses the order",
    ),
)


def add_filters(where: Where, parameters: QueryParams, days_of: ZoneInfo) -> None:
    """Add the conditions that the parameters ask for. Bare dates are days in the zone `days_of`.
    Raises Malformed."""
    if (text := parameters.get("name")) is not None:
        condition = "word_vector(guest.name) @@ word_query({})"
        where.add(condition, parse_words(text, "name"))
    if (text := parameters.get("min_guest_rating")) is not None:
        rating = parse_score(text, "min_guest_rating")
        where.add(f"{GUEST_RATING} >= {{}}::double precision", rating)
    add_times(where, parameters, days_of, CREATED)


def add_cursor(where: Where, sort: Sort, last: tuple[Any, str]) -> None:
    """Add the condition that a line comes after the last one seen."""
    if sort.column != NAME_KEY:
        where.add(sort.comes_after("b.booking_id"), *last)
        return
    _, booking_id = last
    comparison = "<" if sort.descending else ">"
    where.add(
        f"({NAME_KEY}, b.booking_id) {comparison} (({SELECT_NAME_KEY}), {{}}::uuid)",
        booking_id,
        booking_id,
    )


def sort_key(sort: Sort) -> str:
    """Return the column that goes into cursors."""
    return "NULL" if sort.column == NAME_KEY else sort.column
