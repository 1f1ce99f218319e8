"""Serves PRACTIX's site: one document for every page, and the modules that fill it in a browser.

The site belongs to somebody else, as Auth and Movie_API do. It is a client of the API as anybody
could write one: it reads and writes nothing that the API does not give to the holder of a token.
"""

from mimetypes import guess_type
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from contracts.errors import NotFound
from runtime.http.entity_tag import entity_tag, matches
from runtime.http.page_headers import CSP, FILES_POLICY

STATIC: Final = Path(__file__).with_name("static")
DOCUMENT: Final = "index.html"
ADDRESSES: Final = (
    "/",
    "/film/{movie_id}",
    "/evenings",
    "/announce",
    "/evening/{announcement_id}",
    "/evening/{announcement_id}/change",
    "/evening/{announcement_id}/history",
    "/invited/{token}",
    "/mine",
    "/plan",
    "/notices",
    "/preferences",
    "/person/{user_id}",
    "/report",
)
"""Pages. `shell/router.js` knows which module fills each of them."""

_TEXT: Final = "; charset=utf-8"


class SiteFile:
    """One file of the site, as it is answered."""

    def __init__(self, path: Path) -> None:
        self.body = path.read_bytes()
        media_type = guess_type(path.name)[0] or "application/octet-stream"
        self.headers = {
            "Content-Type": media_type + (_TEXT if media_type.startswith("text/") else ""),
            "ETag": entity_tag(self.body),
            "Cache-Control": "no-cache",
        }

    def answer(self, request: Request) -> Response:
        """Return the file, or 304 if the browser has it."""
        if matches(self.headers["ETag"], request.headers.get("If-None-Match")):
            return Response(status_code=304, headers=self.headers)
        return Response(self.body, headers=self.headers)


def build_site_router() -> APIRouter:
    """Return the routes of all pages and of the files that they load."""
    files = {
        path.relative_to(STATIC).as_posix(): SiteFile(path)
        for path in STATIC.rglob("*")
        if path.is_file()
    }
    document = files[DOCUMENT]
    document.headers[CSP] = FILES_POLICY
    router = APIRouter(include_in_schema=False)

    async def show(request: Request) -> Response:
        """Return the document; its modules look at the address."""
        return document.answer(request)

    for address in ADDRESSES:
        router.get(address)(show)

    @router.get("/site/{name:path}")
    async def get_file(request: Request) -> Response:
        found = files.get(request.path_params["name"])
        if found is None:
            raise NotFound
        return found.answer(request)

    return router
