"""Keyset paging: a cursor names the last line of a page by its sort key and its id.

However the table changes between two pages, a line that stays is shown exactly once.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final, NamedTuple

import asyncpg
import msgspec
from msgspec import Meta
from starlette.datastructures import QueryParams
from starlette.requests import Request

from contracts.errors import Malformed
from contracts.values.decoding import UNDECODABLE
from contracts.values.ids import canonical_uuid
from query_api.edge.parameters import one_of
from query_api.edge.where import Where
from runtime.http.paging import CURSOR, LIMIT, cut_page, parse_limit
from runtime.http.parameters import Parameter, malformed_parameter

# Types of a sort key in a cursor. Nothing else from a cursor reaches PostgreSQL.
INSTANT_KEY: Final = Annotated[datetime, Meta(tz=True)]
INTEGER_KEY: Final = Annotated[int, Meta(ge=-(2**31), lt=2**31)]

PAGE_PARAMETERS: Final = (LIMIT, CURSOR)


class Sort(NamedTuple):
    """A way to order lines. Lines with equal keys are ordered by id, in the same direction."""

    name: str
    column: str
    type: Any
    sql_type: str
    descending: bool = False

    def order_by(self, key: str, line_id: str) -> str:
        """Return the SQL that orders by these two columns."""
        direction = "DESC" if self.descending else "ASC"
        return f"{key} {direction}, {line_id} {direction}"

    def comes_after(self, line_id: str) -> str:
        """Return the condition that a line comes after another one. Its two `{}` stand for the
        other line's sort key and id (`Where.add`)."""
        comparison = "<" if self.descending else ">"
        return f"({self.column}, {line_id}) {comparison} ({{}}::{self.sql_type}, {{}}::uuid)"


class PageCursor(msgspec.Struct, frozen=True, array_like=True):
    """Sort key and id of the last line of a page, and the name of the order."""

    sort: str
    value: Any
    id: str


def sort_parameter(sorts: Iterable[str], text: str) -> Parameter:
    """Return the parameter that `parse_sort` reads. `text` says what comes first in each order."""
    names = list(sorts)
    return Parameter("sort", text, one_of(*names, *(f"-{name}" for name in names)))


def parse_sort(parameters: QueryParams, sorts: Mapping[str, Sort], default: str) -> Sort:
    """Return the order that `sort` names, or the default; `-` before the name reverses it.
    Raises Malformed if the name is unknown."""
    asked = parameters.get("sort", default)
    sort = sorts.get(asked.removeprefix("-"))
    if sort is None:
        raise malformed_parameter("sort", known=sorted(sorts))
    if asked.startswith("-"):
        return sort._replace(name=asked, descending=not sort.descending)
    return sort


def parse_cursor(parameters: QueryParams, sort: Sort) -> tuple[Any, str] | None:
    """Return sort key and id of the last line seen, None for the first page. Raises Malformed
    unless this list, in this order, gave out the cursor."""
    text = parameters.get(CURSOR.name)
    if text is None:
        return None
    try:
        padded = text + "=" * (-len(text) % 4)
        cursor = msgspec.json.decode(urlsafe_b64decode(padded), type=PageCursor)
        value: Any = msgspec.convert(cursor.value, sort.type)
        if isinstance(value, datetime):
            value = value.astimezone(UTC)
    except (*UNDECODABLE, ValueError, OverflowError) as error:
        raise Malformed("malformed_cursor") from error
    if cursor.sort != sort.name or canonical_uuid(cursor.id) != cursor.id:
        raise Malformed("malformed_cursor")
    # Base64 skips characters outside its alphabet, and JSON can spell one value in several ways.
    if encode_cursor(sort, value, cursor.id) != text:
        raise Malformed("malformed_cursor")
    return value, cursor.id


def encode_cursor(sort: Sort, value: Any, line_id: str) -> str:
    """Return the cursor of a line with this sort key and id, for `parse_cursor`."""
    encoded = msgspec.json.encode(PageCursor(sort.name, value, line_id))
    return urlsafe_b64encode(encoded).decode().rstrip("=")


class Page(NamedTuple):
    """The query for one page. It selects one line more than `limit`, to know whether there is a
    next page.

    Its columns include `sort_key`, and the id of a line under the name in `line_id`.
    """

    sql: str
    arguments: Sequence[Any]
    sort: Sort
    limit: int
    line_id: str

    @property
    def order(self) -> str:
        """Return SQL for the order of its lines."""
        return self.sort.order_by("sort_key", self.line_id)

    def cut(
        self, request: Request, rows: list[asyncpg.Record]
    ) -> tuple[list[asyncpg.Record], dict[str, str]]:
        """Return the rows of the page, and the headers that lead to the next page: none if this
        is the last one."""
        return cut_page(request, rows, self.limit, self._cursor_of)

    def _cursor_of(self, row: asyncpg.Record) -> str:
        return encode_cursor(self.sort, row["sort_key"], row[self.line_id])


def select_page(
    where: Where, parameters: QueryParams, sort: Sort, columns: str, line_id: str
) -> Page:
    """Return the page that the parameters ask for, of the lines that meet `where`, in this order.

    `columns` is what is selected, with its tables, and `line_id` the column with the id of a
    line. Adds the condition of the cursor to `where`. Raises Malformed.
    """
    limit = parse_limit(parameters)
    if (last := parse_cursor(parameters, sort)) is not None:
        where.add(sort.comes_after(line_id), *last)
    sql = (
        f"SELECT {sort.column} AS sort_key, {columns} WHERE {where.sql} "
        f"ORDER BY {sort.order_by('sort_key', line_id)} LIMIT {limit + 1}"
    )
    return Page(sql, where.arguments, sort, limit, line_id.rpartition(".")[2])
