"""Answers operators who list rows of the outbox by state, and who change one."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from contracts.errors import CommandRefused, NotFound
from notifier.http.edge import (
    document_read,
    parse_choice,
    unavailable_without_tables,
    wait_for_position,
)
from notifier.reader import NoticeReader
from notifier.store.notices import OperatorChange
from runtime.http.json_body import json_response
from runtime.http.paging import CURSOR, LIMIT, cut_page, read_page
from runtime.http.parameters import Parameter

STATE: Final = "state"

P = TypeVar("P")
"""The place of a row in its list."""


def choice_of_state(states: Sequence[str]) -> Parameter:
    """Return the query parameter that chooses one of these states."""
    return Parameter(STATE, "in this state", {"type": "string", "enum": list(states)})


@dataclass(frozen=True)
class RowList(Generic[P]):
    """A list of rows, page after page."""

    states: tuple[str, ...]
    kind: type[Struct]
    """A row is shown as one of these."""
    select: Callable[[str | None, P | None, int], Awaitable[Sequence[dict[str, Any]]]]
    """Returns so many rows by column name, those behind a place or from the first on; None stands
    for any state."""
    spell: Callable[[Mapping[str, Any]], str]
    """Returns the cursor of a row."""
    parse: Callable[[str], P | None]
    """Returns the place of the row with this cursor; None if no row has such a cursor."""

    @property
    def document(self) -> dict[str, Any]:
        """`openapi_extra` of the list's route."""
        return document_read(choice_of_state(self.states), LIMIT, CURSOR)

    async def answer(self, request: Request, reader: NoticeReader) -> Response:
        """Return the page that the request asks for. Raises Malformed and ProjectionBehind."""
        await wait_for_position(request, reader)
        state = parse_choice(request, STATE, self.states)
        limit, after = read_page(request.query_params, self.parse, None)
        async with unavailable_without_tables():
            found = await self.select(state, after, limit + 1)
        shown, headers = cut_page(request, found, limit, self.spell)
        return json_response([self.kind(**one) for one in shown], headers=headers)


def refuse_change(state: str, only: str | None) -> CommandRefused:
    """Return the refusal of a change of what is in this state. With `only` it was asked for what
    is parked alone."""
    return CommandRefused("notice_not_waiting" if only is None else "not_parked", {"state": state})


def answer_change(change: OperatorChange, kind: type[Struct], only: str | None = None) -> Response:
    """Return the row as it is after the change, as a `kind`. Raises NotFound if there is none,
    and CommandRefused if it was too late, or is not parked and `only` was asked for."""
    if change.row is None:
        raise NotFound
    if not change.done:
        raise refuse_change(change.row["state"], only)
    return json_response(kind(**change.row))
