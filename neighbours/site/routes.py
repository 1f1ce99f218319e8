"""Serves PRACTIX's site: a document for each page, and the modules that fill it in a browser.

The site belongs to somebody else, as Auth and Movie_API do. It is a client of the API as anybody
could write one: it reads and writes nothing that the API does not give to the holder of a token.
"""

from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256
from mimetypes import guess_type
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from contracts.errors import NotFound
from contracts.values.languages import Language
from neighbours.pages import BRANDS, language_of_visitor
from neighbours.site.documents import find_imports, make_document
from runtime.http.page_headers import CSP, FILES_POLICY, answer_unless_known

STATIC: Final = Path(__file__).with_name("static")
TEMPLATE: Final = "index.html"
PAGES: Final[Mapping[str, str]] = {
    "/": "films",
    "/film/{movie_id:uuid}": "film",
    "/evenings": "evenings",
    "/announce": "announce",
    "/evening/{announcement_id:uuid}": "evening",
    "/evening/{announcement_id:uuid}/change": "change",
    "/evening/{announcement_id:uuid}/history": "history",
    "/invited/{token}": "invited",
    "/mine": "mine",
    "/figures": "figures",
    "/plan": "plan",
    "/notices": "notices",
    "/preferences": "preferences",
    "/person/{user_id:uuid}": "person",
    "/data": "data",
    "/report": "report",
}
"""Addresses, each with the module of its page. `shell/router.js` says the same. Where
an id is not a UUID, nothing is found."""

_TEXT: Final = "; charset=utf-8"
_HTML: Final = "text/html; charset=utf-8"
_VARY: Final = "Accept-Language, Cookie"
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
    template = files.pop(TEMPLATE).decode()
    imports = find_imports(files)
    router = APIRouter(include_in_schema=False)
    for address, page in PAGES.items():
        documents = {
            language: make_document(template, imports, version, page, language)
            for language in BRANDS
        }
        router.get(address)(_show(documents))

    @router.get("/site/{version}/{name:path}")
    async def get_file(request: Request) -> Response:
        named, name = request.path_params["version"], request.path_params["name"]
        if named != version or name not in files:
            raise NotFound
        return Response(files[name], headers={"Cache-Control": _KEPT}, media_type=_type_of(name))

    return router


def _show(documents: Mapping[Language, bytes]) -> Callable[[Request], Awaitable[Response]]:
    """Return a handler that answers with the document in the language of the visitor."""

    async def show(request: Request) -> Response:
        document = documents[language_of_visitor(request)]
        return answer_unless_known(request, document, _HTML, {CSP: FILES_POLICY, "Vary": _VARY})

    return show


def _type_of(name: str) -> str:
    media_type = guess_type(name)[0] or "application/octet-stream"
    return media_type + (_TEXT if media_type.startswith("text/") else "")
