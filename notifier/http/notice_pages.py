"""Answers with pages of notices, newest first, for people and for operators."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, TypeVar, get_args

from starlette.requests import Request
from starlette.responses import Response

from contracts.notices import Kind, NoticeResponse
from contracts.values.ids import PersonId
from contracts.values.languages import Language
from notifier.delivery.leases import NoticeState
from notifier.http.edge import (
    parse_choice,
    parse_id,
    parse_number,
    unavailable_without_tables,
    wait_for_position,
)
from notifier.http.outbox_rows import STATE, choice_of_state
from notifier.reader import NoticeReader
from notifier.store.notices import NoticeFilter, Notices, StoredNotice
from runtime.http.json_body import json_response
from runtime.http.negotiation import language_of
from runtime.http.paging import CURSOR, LIMIT, cut_page, parse_limit
from runtime.http.parameters import Parameter

STATES: Final[tuple[str, ...]] = get_args(NoticeState)
KINDS: Final[tuple[str, ...]] = get_args(Kind)

PARAMETERS: Final = (
    choice_of_state(STATES),
    Parameter("kind", "of this kind", {"type": "string", "enum": list(KINDS)}),
    Parameter("announcement_id", "about this announcement", {"type": "string", "format": "uuid"}),
    LIMIT,
    CURSOR,
)

Row = TypeVar("Row", bound=Mapping[str, Any])
Represent = Callable[[Sequence[StoredNotice], Language], Awaitable[Sequence[NoticeResponse]]]
"""Returns notices as they are shown. Raises TablesUnavailable."""


async def answer_page(
    request: Request,
    store: Notices,
    reader: NoticeReader,
    wanted: NoticeFilter,
    represent: Represent,
) -> Response:
    """Return the page of notices that the request asks for. Raises Malformed and
    ProjectionBehind."""
    limit, before = parse_page(request)
    position = await wait_for_position(request, reader)
    async with unavailable_without_tables():
        found = await store.select(wanted, before, limit + 1)
        page, headers = cut_rows(request, found, limit)
        shown = await represent(page, language_of(request))
    return json_response(shown, headers={"X-Position": str(position), **headers})


def parse_page(request: Request) -> tuple[int, int | None]:
    """Return how many rows a page has, and the id before which it begins. Raises Malformed."""
    return parse_limit(request.query_params), parse_number(request, CURSOR.name)


def cut_rows(
    request: Request, found: Sequence[Row], limit: int
) -> tuple[list[Row], dict[str, str]]:
    """Return the rows of the page and its headers. They lead to the next page if `found` has more
    than `limit` rows."""
    page, next_page = cut_page(request, found, limit, lambda row: str(row["id"]))
    return page, {"Cache-Control": "private, no-cache", **next_page}


def parse_filter(request: Request, recipient: PersonId | None) -> NoticeFilter:
    """Return the filter that the query parameters state. Raises Malformed."""
    return NoticeFilter(
        recipient=recipient,
        announcement_id=parse_id(request, "announcement_id"),
        state=parse_choice(request, STATE, STATES),
        kind=parse_choice(request, "kind", KINDS),
    )
