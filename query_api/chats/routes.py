"""Serves the posts of a chat, oldest first, in pages that begin at either end."""

from typing import Annotated, Any, Final

import asyncpg
from fastapi import APIRouter
from msgspec import Meta
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from contracts.representations import PostResponse
from contracts.values.ids import PersonId
from query_api.chats.rights import SHOWN_POST, TAKES_PART, demand_chat
from query_api.edge.paging import PAGE_PARAMETERS, Page, Sort, select_page
from query_api.edge.reads import Reads, represent
from query_api.edge.routes import answer, document, new_router
from query_api.edge.search_words import parse_words
from query_api.edge.where import Where
from runtime.http.numbers import parse_whole_number
from runtime.http.parameters import POSITION, Parameter, malformed_parameter, path_id

_POSITION_KEY: Final = Annotated[int, Meta(ge=0, le=2**63 - 1)]

FORWARDS: Final = Sort("position", "p.position", _POSITION_KEY, "bigint")
BACKWARDS: Final = FORWARDS._replace(name="-position", descending=True)

PARAMETERS: Final = (
    Parameter("after", "written after this position", POSITION),
    Parameter(
        "before",
        "the newest ones written before this position, or of all if it is empty; the next page "
        "has those before them",
        {"anyOf": [POSITION, {"type": "string", "maxLength": 0}]},
    ),
    Parameter("q", "words of the text, or their beginnings"),
    *PAGE_PARAMETERS,
)

_POSTS: Final = """
    p.post_id, p.announcement_id, p.writer_id AS author_id, writer.name AS author_name, p.text,
    p.created, p.modified, p.deleted, p.position
    FROM posts p LEFT JOIN people writer ON writer.person_id = p.writer_id
"""

SELECT_ONE: Final = f"""
    SELECT {_POSTS} JOIN announcements a USING (announcement_id)
    WHERE p.post_id = $1 AND {TAKES_PART} AND {SHOWN_POST.format("$2")}
"""


def build_router(reads: Reads) -> APIRouter:
    router = new_router()

    @router.get("/announcement/{announcement_id}/posts", **document(list[PostResponse], PARAMETERS))
    async def list_posts(request: Request) -> Response:
        """The chat of an announcement, oldest post first. Its author and confirmed guests read it.
        A deleted post has no text."""
        caller = await reads.authenticate(request)
        announcement_id = path_id(request, "announcement_id")
        page = build_page(announcement_id, caller.person_id, request.query_params)
        async with reads.open_snapshot(request) as snapshot:
            await demand_chat(snapshot, caller, announcement_id)
            rows = await snapshot.fetch_rows(page.sql, *page.arguments)
        shown, headers = page.cut(request, rows)
        if page.sort.descending:
            shown.reverse()
        posts = [represent_post(row) for row in shown]
        return answer(request, posts, snapshot.position, headers=headers)

    @router.get("/post/{post_id}", **document(PostResponse))
    async def get_post(request: Request) -> Response:
        """One post; only those who take part in its chat see it."""
        caller = await reads.authenticate(request)
        post_id = path_id(request, "post_id")
        async with reads.open_snapshot(request) as snapshot:
            row = await snapshot.fetch_row(SELECT_ONE, post_id, caller.person_id)
        return answer(request, represent_post(row), snapshot.position)

    return router


def build_page(announcement_id: str, reader_id: PersonId, parameters: QueryParams) -> Page:
    """Return the page of a chat that the parameters ask for. Raises Malformed."""
    where = Where()
    where.add("p.announcement_id = {}", announcement_id)
    where.add(SHOWN_POST, reader_id)
    sort = FORWARDS
    if (text := parameters.get("after")) is not None:
        where.add("p.position > {}::bigint", _parse_position(text, "after"))
    if (text := parameters.get("before")) is not None:
        sort = BACKWARDS
        if text:
            where.add("p.position < {}::bigint", _parse_position(text, "before"))
    if (text := parameters.get("q")) is not None:
        where.add("p.words @@ word_query({})", parse_words(text, "q"))
    return select_page(where, parameters, sort, _POSTS, "p.post_id")


def represent_post(row: asyncpg.Record | dict[str, Any]) -> PostResponse:
    return represent(PostResponse, row, author_name=row["author_name"] or "")


def _parse_position(text: str, parameter: str) -> int:
    position = parse_whole_number(text)
    if position is None:
        raise malformed_parameter(parameter, minimum=0)
    return position
