"""Reads `limit` and `cursor`, and cuts pages with the headers that lead to the next one, for every
list."""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar
from urllib.parse import quote, urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request

from contracts.errors import Malformed
from runtime.http.numbers import parse_whole_number
from runtime.http.parameters import Parameter, malformed_parameter

LIMIT_DEFAULT: Final = 20
LIMIT_MAX: Final = 100

LIMIT: Final = Parameter(
    "limit",
    "how many items a page has",
    {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT_DEFAULT},
)
CURSOR: Final = Parameter("cursor", "`X-Next-Cursor` of the page before")

Item = TypeVar("Item")
Place = TypeVar("Place")
"""Where in its list a page begins."""


def parse_limit(parameters: QueryParams) -> int:
    """Return how many lines a page has. Raises Malformed."""
    limit = parse_whole_number(parameters.get(LIMIT.name, str(LIMIT_DEFAULT)))
    if limit is None or not 1 <= limit <= LIMIT_MAX:
        raise malformed_parameter(LIMIT.name, minimum=1, maximum=LIMIT_MAX)
    return limit


def read_page(
    parameters: QueryParams, parse: Callable[[str], Place | None], first: Place
) -> tuple[int, Place]:
    """Return how many items the page has, and the place that its cursor names; `first` without a
    cursor. Raises Malformed, also if `parse` returns None: the list gives out no such cursor."""
    limit, cursor = parse_limit(parameters), parameters.get(CURSOR.name)
    if cursor is None:
        return limit, first
    place = parse(cursor)
    if place is None:
        raise Malformed("malformed_cursor")
    return limit, place


def cut_page(
    request: Request, found: Sequence[Item], limit: int, cursor_of: Callable[[Item], str]
) -> tuple[list[Item], dict[str, str]]:
    """Return the items of the page, and the headers that lead to the next one: none if this is
    the last one. `found` has more than `limit` items if there is another page."""
    page = list(found[:limit])
    if len(found) == len(page):
        return page, {}
    return page, next_page_headers(request, cursor_of(page[-1]))


def next_page_headers(request: Request, cursor: str) -> dict[str, str]:
    """Return the headers that lead to the page after `cursor`."""
    others = [pair for pair in request.query_params.multi_items() if pair[0] != CURSOR.name]
    query = urlencode([*others, (CURSOR.name, cursor)])
    # The server has decoded the path: it may have line ends by now.
    path = quote(request.scope["path"])
    return {"X-Next-Cursor": cursor, "Link": f'<{path}?{query}>; rel="next"'}
