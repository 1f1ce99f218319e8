"""Serves what guests wrote of a host, once it is revealed, with the host's replies.

A review says no more of its writer than the writer wants: their name stands under it only if they
signed it, and the month stands for the evening. What was written without text and tags is a score
only, which the rating pages count.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import asyncpg
import msgspec
from fastapi import APIRouter
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from contracts.values.ids import PersonId, ReviewId
from query_api.edge.paging import INSTANT_KEY, PAGE_PARAMETERS, Page, Sort, select_page
from query_api.edge.reads import Reads, represent
from query_api.edge.routes import answer, document, new_router
from query_api.edge.where import Where
from query_api.people.apart import APART_FROM
from runtime.http.parameters import path_person

# By month, so that neither the order nor a cursor tells the day.
BY_MONTH: Final = Sort(
    "month", "date_trunc('month', r.created, 'UTC')", INSTANT_KEY, "timestamptz", descending=True
)
REVEALED_OF_HOST: Final = """
    r.ratee_id = {}::uuid AND r.role = 'host' AND r.revealed_at IS NOT NULL AND NOT r.retracted
    AND (r.text <> '' OR r.tags <> '[]')
"""
COLUMNS: Final = """
    r.*, writer.name AS name
    FROM ratings r
    LEFT JOIN people writer ON writer.person_id = r.rater_id AND r.signed
"""


class Review(Struct, frozen=True, kw_only=True):
    """What a guest wrote of a host."""

    review_id: ReviewId
    month: str
    """The month in which it was written, such as `2026-03`."""
    text: str | None
    tags: Sequence[str]
    writer_id: PersonId | None
    """Null unless the writer signed it."""
    writer_name: str | None
    reply: str | None
    """The host's answer."""
    replied_at: datetime | None


def build_router(reads: Reads) -> APIRouter:
    router = new_router()

    @router.get("/user/{user_id}/reviews", **document(list[Review], PAGE_PARAMETERS))
    async def list_reviews(request: Request) -> Response:
        """What guests wrote of a host, the newest month first; `me` is the caller. The writer's
        name is there only if they signed it."""
        caller = await reads.authenticate(request)
        page = _build_page(request, caller.person_id, path_person(request, caller.person_id))
        async with reads.open_snapshot(request) as snapshot:
            rows = await snapshot.fetch_rows(page.sql, *page.arguments)
        shown, headers = page.cut(request, rows)
        lines = [_represent_review(row) for row in shown]
        return answer(request, lines, snapshot.position, headers=headers)

    return router


def _build_page(request: Request, reader_id: PersonId, host_id: PersonId) -> Page:
    """Return the page that the request asks for. Raises Malformed."""
    where = Where()
    where.add(REVEALED_OF_HOST, host_id)
    where.add(f"r.ratee_id <> ALL({APART_FROM})", reader_id)
    where.add(f"r.rater_id <> ALL({APART_FROM})", reader_id)
    return select_page(where, request.query_params, BY_MONTH, COLUMNS, "r.review_id")


def _represent_review(row: asyncpg.Record) -> Review:
    return represent(
        Review,
        row,
        month=f"{row['sort_key']:%Y-%m}",
        tags=msgspec.json.decode(row["tags"]),
        writer_id=row["rater_id"] if row["signed"] else None,
        writer_name=row["name"] if row["signed"] else None,
    )
