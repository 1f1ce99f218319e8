"""Lists the authors whom the caller has muted, and the people whom the caller has blocked.

Nobody else sees either list.
"""

from datetime import datetime
from typing import Final

from fastapi import APIRouter
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from contracts.values.ids import PersonId
from query_api.edge.reads import Reads, represent
from query_api.edge.routes import answer, document, new_router

LINES_MAX: Final = 1_000


class ListedPerson(Struct, frozen=True):
    """Somebody in a list of people."""

    user_id: PersonId
    name: str
    """Empty if nothing is known of them."""
    since: datetime


class Mute(ListedPerson, frozen=True):
    """An author of whom the caller wants to hear no more."""


class BlockedPerson(ListedPerson, frozen=True):
    """Somebody with whom the caller wants nothing to do."""


ORDER: Final = "since DESC, user_id"


def _select_people(table: str, person: str, stands: str) -> str:
    """Return the SQL for the people in the column `person` whose rows hold by the column
    `stands`."""
    return f"""
        SELECT t.{person} AS user_id, coalesce(other.name, '') AS name, t.since
        FROM {table} t
        LEFT JOIN people other ON other.person_id = t.{person}
        WHERE t.person_id = $1 AND t.{stands}
        ORDER BY {ORDER} LIMIT {LINES_MAX}
    """


SELECT_MUTES: Final = _select_people("mutes", "host_id", "muted")
SELECT_BLOCKS: Final = _select_people("blocks", "blocked_id", "blocked")


def build_router(reads: Reads) -> APIRouter:
    router = new_router()

    @router.get("/mutes", **document(list[Mute]))
    async def list_mutes(request: Request) -> Response:
        """The authors whom the caller has muted, newest first. Nobody else sees this."""
        return await _answer_people(request, reads, SELECT_MUTES, Mute)

    @router.get("/blocks", **document(list[BlockedPerson]))
    async def list_blocks(request: Request) -> Response:
        """The people whom the caller has blocked, newest first. Nobody else sees this."""
        return await _answer_people(request, reads, SELECT_BLOCKS, BlockedPerson)

    return router


async def _answer_people(
    request: Request, reads: Reads, sql: str, line: type[ListedPerson]
) -> Response:
    """Answer with the people that `sql` finds for the caller."""
    caller = await reads.authenticate(request)
    rows, position = await reads.select(request, sql, caller.person_id, order=ORDER)
    return answer(request, [represent(line, row) for row in rows], position)
