"""Reads `limit` and `cursor`, and makes the headers that lead to the next page, for every list."""

from typing import Final
from urllib.parse import quote, urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request

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


def parse_limit(parameters: QueryParams) -> int:
    """Return how many lines a page has. Raises Malformed."""
    limit = parse_whole_number(parameters.get(LIMIT.name, str(LIMIT_DEFAULT)))
    if limit is None or not 1 <= limit <= LIMIT_MAX:
        raise malformed_parameter(LIMIT.name, minimum=1, maximum=LIMIT_MAX)
    return limit


def next_page_headers(request: Request, cursor: str) -> dict[str, str]:
    """Return the headers that lead to the page after `cursor`."""
    others = [pair for pair in request.query_params.multi_items() if pair[0] != CURSOR.name]
    query = urlencode([*others, (CURSOR.name, cursor)])
    # The server has decoded the path: it may have line ends by now.
    path = quote(request.scope["path"])
    return {"X-Next-Cursor": cursor, "Link": f'<{path}?{query}>; rel="next"'}
