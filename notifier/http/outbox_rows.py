"""Answers operators who list rows of the outbox by state, and who change one."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from contracts.errors import CommandRefused, NotFound
from notifier.http.edge import parse_choice, unavailable_without_tables, wait_for_position
from notifier.reader import NoticeReader
from notifier.store.notices import OperatorChange
from runtime.http.json_body import json_response
from runtime.http.paging import parse_limit
from runtime.http.parameters import Parameter

STATE: Final = "state"

SelectRows = Callable[[str | None, int], Awaitable[Sequence[dict[str, Any]]]]
"""Returns so many rows by column name; None stands for any state."""


def choice_of_state(states: Sequence[str]) -> Parameter:
    """Return the query parameter that chooses one of these states."""
    return Parameter(STATE, "in this state", {"type": "string", "enum": list(states)})


async def answer_rows(
    request: Request,
    reader: NoticeReader,
    states: tuple[str, ...],
    select: SelectRows,
    kind: type[Struct],
) -> Response:
    """Return the rows in the state that the request chooses, each as a `kind`."""
    await wait_for_position(request, reader)
    state, limit = parse_choice(request, STATE, states), parse_limit(request.query_params)
    async with unavailable_without_tables():
        found = await select(state, limit)
    return json_response([kind(**one) for one in found])


def answer_change(change: OperatorChange, kind: type[Struct]) -> Response:
    """Return the row as it is after the change, as a `kind`. Raises NotFound if there is none,
    and CommandRefused if it was too late."""
    if change.row is None:
        raise NotFound
    if not change.done:
        raise CommandRefused("notice_not_waiting", {"state": change.row["state"]})
    return json_response(kind(**change.row))
