"""Serves the analysts' page and its files. They hold no data and need no token.

The page asks the public API for analysts, with the token that its reader enters.
"""

from html import escape
from pathlib import Path
from string import Template
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.errors import NotFound
from contracts.values.languages import Language
from query_api.dashboard.texts import TEXTS
from runtime.http.negotiation import wanted_language
from runtime.http.page_headers import CSP, FILES_POLICY, answer_unless_known

DIRECTORY: Final = Path(__file__).resolve().parent / "files"
MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
HTML: Final = "text/html; charset=utf-8"


def build_router() -> APIRouter:
    """Return the routes of the page."""
    router = APIRouter(include_in_schema=False)
    pages = {language: _render_page(language) for language in TEXTS}
    files = _read_files()

    @router.get("/analyst", response_class=Response)
    async def show(request: Request) -> Response:
        """The page, in the language of `lang` or of the browser."""
        page = pages[wanted_language(request)]
        return answer_unless_known(
            request, page, HTML, {CSP: FILES_POLICY, "Vary": "Accept-Language"}
        )

    @router.get("/analyst/{file}", response_class=Response)
    async def show_file(request: Request) -> Response:
        """A style, a module or the icon of the page."""
        name = request.path_params["file"]
        if name not in files:
            raise NotFound
        return answer_unless_known(request, files[name], MEDIA_TYPES[Path(name).suffix], {})

    return router


def _read_files() -> dict[str, bytes]:
    """Return what the page loads, by name."""
    return {one.name: one.read_bytes() for one in DIRECTORY.iterdir() if one.suffix in MEDIA_TYPES}


def _render_page(language: Language) -> bytes:
    """Return the page. Raises KeyError for a text that is missing."""
    texts = {name: escape(text) for name, text in TEXTS[language].items()}
    template = Template((DIRECTORY / "page.html").read_text(encoding="utf-8"))
    return template.substitute(texts, lang=language).encode()
