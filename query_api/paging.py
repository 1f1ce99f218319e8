"""Keyset paging: a cursor names the last line of a page by its sort key and its id.

However the table changes in between, no line that stays is shown twice or left out.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec
from starlette.requests import Request

from contracts.errors import Malformed
from contracts.ids import canonical

LIMIT_DEFAULT: Final = 20
LIMIT_MAX: Final = 100


class Sort(NamedTuple):
    """A way to order lines. Ties are ordered by id, the same way round."""

    name: str
    column: str
    type: type
    sql_type: str
    descending: bool = False

    @property
    def order(self) -> str:
        direction = "DESC" if self.descending else "ASC"
        return f"{self.column} {direction}, {{id}} {direction}"

    @property
    def comparison(self) -> str:
        return "<" if self.descending else ">"


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    sort: str
    value: Any
    id: str


def limit_of(request: Request) -> int:
    """Raises Malformed."""
    text = request.query_params.get("limit", str(LIMIT_DEFAULT))
    if not text.isdecimal() or not 1 <= int(text[:9]) <= LIMIT_MAX:
        raise Malformed("malformed_query", {"parameter": "limit"})
    return int(text)


def sort_of(request: Request, sorts: Mapping[str, Sort], default: str) -> Sort:
    """`-` before a name turns its order round. Raises Malformed for an unknown name."""
    asked = request.query_params.get("sort", default)
    sort = sorts.get(asked.removeprefix("-"))
    if sort is None:
        raise Malformed("malformed_query", {"parameter": "sort", "known": sorted(sorts)})
    if asked.startswith("-"):
        return sort._replace(name=asked, descending=not sort.descending)
    return sort


def cursor_of(request: Request, sort: Sort) -> tuple[Any, str] | None:
    """Sort key and id of the last line seen. Raises Malformed for a cursor that this list,
    in this order, did not give out."""
    text = request.query_params.get("cursor")
    if text is None:
        return None
    try:
        padded = text + "=" * (-len(text) % 4)
        cursor = msgspec.json.decode(urlsafe_b64decode(padded), type=Cursor)
        value: Any = msgspec.convert(cursor.value, sort.type)
        if cursor.sort != sort.name or canonical(cursor.id) != cursor.id:
            raise Malformed("malformed_cursor")
    except (msgspec.MsgspecError, Base64Error, ValueError) as error:
        raise Malformed("malformed_cursor") from error
    return value, cursor.id


def next_page(request: Request, sort: Sort, value: Any, line_id: str) -> dict[str, str]:
    """The headers that lead to the lines behind this last one."""
    plain = value.isoformat() if isinstance(value, datetime) else value
    encoded = msgspec.json.encode(Cursor(sort.name, plain, line_id))
    cursor = urlsafe_b64encode(encoded).decode().rstrip("=")
    link = request.url.include_query_params(cursor=cursor)
    return {"X-Next-Cursor": cursor, "Link": f'<{link.path}?{link.query}>; rel="next"'}
