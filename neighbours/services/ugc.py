"""UGC: knows who follows whom."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from neighbours.access import Access
from neighbours.bodies import BoundedRoute
from neighbours.store import Store
from neighbours.switches import Switches
from runtime.http.json_body import json_response

PAGE_ROWS_MAX: Final = 10_000

Cursor = Annotated[UUID | None, Query()]
Limit = Annotated[int, Query(ge=1, le=PAGE_ROWS_MAX)]


class Followers:
    """The followings. Lists are in the order of ids: at most `limit` ids, each after `after`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def follow(self, author_id: str, follower_id: str) -> None:
        self._store.write("INSERT OR IGNORE INTO follower VALUES (?, ?)", author_id, follower_id)

    def unfollow(self, author_id: str, follower_id: str) -> None:
        self._store.write(
            "DELETE FROM follower WHERE author_id = ? AND follower_id = ?", author_id, follower_id
        )

    def followers(self, author_id: str, after: str, limit: int) -> list[str]:
        sql = """
            SELECT follower_id AS id FROM follower
            WHERE author_id = ? AND follower_id > ? ORDER BY follower_id LIMIT ?
        """
        return [row["id"] for row in self._store.rows(sql, author_id, after, limit)]

    def following(self, follower_id: str, after: str, limit: int) -> list[str]:
        sql = """
            SELECT author_id AS id FROM follower
            WHERE follower_id = ? AND author_id > ? ORDER BY author_id LIMIT ?
        """
        return [row["id"] for row in self._store.rows(sql, follower_id, after, limit)]


def ugc_router(followers: Followers, access: Access, switches: Switches) -> APIRouter:
    router = APIRouter(
        route_class=BoundedRoute,
        prefix="/neighbours/ugc",
        tags=["neighbours: UGC"],
        dependencies=[Depends(switches.guard("ugc"))],
    )

    @router.put("/followers/{author_id}/{follower_id}")
    async def follow(request: Request, author_id: UUID, follower_id: UUID) -> Response:
        """Make the follower follow the author. Needs the follower's token or the operator's."""
        await access.require_person(request, str(follower_id))
        followers.follow(str(author_id), str(follower_id))
        return _state(author_id, follower_id, True)

    @router.delete("/followers/{author_id}/{follower_id}")
    async def unfollow(request: Request, author_id: UUID, follower_id: UUID) -> Response:
        """End the following. Needs the follower's token or the operator's."""
        await access.require_person(request, str(follower_id))
        followers.unfollow(str(author_id), str(follower_id))
        return _state(author_id, follower_id, False)

    @router.get("/followers/{author_id}")
    async def get_followers(
        request: Request, author_id: UUID, cursor: Cursor = None, limit: Limit = PAGE_ROWS_MAX
    ) -> Response:
        """List the ids of the author's followers. For the author and our own services."""
        await access.require_person_or_service(request, str(author_id))
        return _page(followers.followers(str(author_id), str(cursor or ""), limit), limit)

    @router.get("/following/{user_id}")
    async def get_following(
        request: Request, user_id: UUID, cursor: Cursor = None, limit: Limit = PAGE_ROWS_MAX
    ) -> Response:
        """List the ids that the person follows. For the person and our own services."""
        await access.require_person_or_service(request, str(user_id))
        return _page(followers.following(str(user_id), str(cursor or ""), limit), limit)

    return router


def _state(author_id: UUID, follower_id: UUID, follows: bool) -> Response:
    return json_response({"author_id": author_id, "follower_id": follower_id, "follows": follows})


def _page(ids: list[str], limit: int) -> Response:
    """Return a page. A full page may have a next one, whose cursor is the last id."""
    headers = {"X-Next-Cursor": ids[-1]} if len(ids) == limit else {}
    return json_response(ids, headers=headers)
