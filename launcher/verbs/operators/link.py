"""Makes the HTTP calls of the operators' verbs. Every method raises NotRunning and
RequestRefused."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Final

import msgspec

from launcher.client import Path, open_answer, operator_headers, operator_url

PAGE: Final = 100


class OperatorLink:
    """Speaks to the system at `base_url` as an operator."""

    def __init__(self, base_url: str, token: str) -> None:
        self._base_url = base_url
        self._headers = operator_headers(token)

    async def send(
        self,
        method: str,
        path: Path,
        body: Mapping[str, Any] | None = None,
        *,
        dry_run: bool = False,
    ) -> Any:
        """Send a request. Returns the JSON of its answer."""
        query = {"dry_run": "true"} if dry_run else {}
        url = operator_url(self._base_url, *path)
        async with open_answer(method, url, self._headers, params=query, json=body) as response:
            return msgspec.json.decode(await response.read())

    async def drop(
        self,
        path: Path,
        by: str | None,
        condition: Mapping[str, str] | None = None,
        *,
        dry_run: bool,
    ) -> Any:
        """Give up what is at the path, signed; only on the condition that goes into the body.
        Returns the JSON of the answer."""
        body = dict(condition or {}) if by is None else {**(condition or {}), "by": by}
        return await self.send("DELETE", path, body, dry_run=dry_run)

    async def list_all(
        self, path: Path, query: Mapping[str, str], items_max: int | None = None
    ) -> list[Any]:
        """Return all items of a list, page after page; the first `items_max` if that is given."""
        found: list[Any] = []
        cursor: str | None = None
        while items_max is None or len(found) < items_max:
            limit = PAGE if items_max is None else min(PAGE, items_max - len(found))
            page, cursor = await self.read_page(path, {**query, "limit": str(limit)}, cursor)
            found += page
            if cursor is None:
                break
        return found

    async def read_page(
        self, path: Path, query: Mapping[str, str], cursor: str | None
    ) -> tuple[Any, str | None]:
        """Return the JSON of one page, and the cursor of the next one; None if there is none."""
        page = {**query} if cursor is None else {**query, "cursor": cursor}
        url = operator_url(self._base_url, *path)
        async with open_answer("GET", url, self._headers, params=page) as response:
            answer = msgspec.json.decode(await response.read())
            return answer, response.headers.get("X-Next-Cursor")

    async def stream(self, path: Path, *, dry_run: bool = False) -> AsyncIterator[dict[str, Any]]:
        """POST and yield the NDJSON lines of the answer."""
        query = {"dry_run": "true"} if dry_run else {}
        url = operator_url(self._base_url, *path)
        async with open_answer("POST", url, self._headers, params=query) as response:
            async for line in response.content:
                yield msgspec.json.decode(line)


Connect = Callable[[str | None], OperatorLink]
"""Makes the link to the system at an address; None stands for this machine."""
