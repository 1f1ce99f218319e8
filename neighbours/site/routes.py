"""Serves PRACTIX's site: one document for every page, and the modules that fill it in a browser.

The site belongs to somebody else, as Auth and Movie_API do. It is a client of the API as anybody
could write one: it reads and writes nothing that the API does not give to the holder of a token.
"""

from hashlib import sha256
from mimetypes import guess_type
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from contracts.errors import NotFound
from runtime.http.page_headers import CSP, FILES_POLICY, answer_unless_known

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
_HTML: Final = "text/html; charset=utf-8"
_KEPT: Final = "public, max-age=31536000, immutable"
"""For files: those of another version of the site have other addresses."""


def build_site_router() -> APIRouter:
    """Return the routes of all pages and of the files that they load."""
    files = {
        path.relative_to(STATIC).as_posix(): path.read_bytes()
        for path in sorted(STATIC.rglob("*"))
        if path.is_file()
    }
    version = sha256(b"".join(files.values())).hexdigest()[:16]
    document = files.pop(DOCUMENT).replace(b"$version", version.encode())
    router = APIRouter(include_in_schema=False)

    async def show(request: Request) -> Response:
        """Return the document, whose modules look at the address. It names the files of this
        version."""
        return answer_unless_known(request, document, _HTML, {CSP: FILES_POLICY})

    for address in ADDRESSES:
        router.get(address)(show)

    @router.get("/site/{version}/{name:path}")
    async def get_file(request: Request) -> Response:
        named, name = request.path_params["version"], request.path_params["name"]
        if named != version or name not in files:
            raise NotFound
        return Response(files[name], headers={"Cache-Control": _KEPT}, media_type=_type_of(name))

    return router


def _type_of(name: str) -> str:
    media_type = guess_type(name)[0] or "application/octet-stream"
    return media_type + (_TEXT if media_type.startswith("text/") else "")
