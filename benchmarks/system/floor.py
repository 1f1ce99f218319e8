"""Serves the least that a page with data can be: `python -m benchmarks.system.floor PORT`.

A document, one module that the browser keeps, and one read, whose answer becomes the heading.
Served as all that is compared is served.
"""

import sys
from collections.abc import Awaitable, Callable
from typing import Final

from fastapi import FastAPI
from starlette.responses import Response

from benchmarks.harness.serving import run_app

DOCUMENT: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Floor</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<script type="module" src="/page.js"></script>
</head>
<body></body>
</html>
"""
MODULE: Final = """const answer = await fetch('/read');
const heading = document.createElement('h1');
heading.textContent = (await answer.json()).title;
document.body.append(heading);
"""
ICON: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1z"/></svg>'
)
FILES: Final = {
    "/page.js": (MODULE, "text/javascript"),
    "/icon.svg": (ICON, "image/svg+xml"),
}
KEPT: Final = {"Cache-Control": "public, max-age=31536000, immutable"}


def build_floor() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    async def show_document() -> Response:
        return Response(DOCUMENT, media_type="text/html")

    @app.get("/read")
    async def read() -> dict[str, str]:
        return {"title": "Floor"}

    for path, (content, media_type) in FILES.items():
        app.get(path)(answer_with(content, media_type))
    return app


def answer_with(content: str, media_type: str) -> Callable[[], Awaitable[Response]]:
    """Return a handler that answers with a file, which the browser keeps."""

    async def answer() -> Response:
        return Response(content, media_type=media_type, headers=KEPT)

    return answer


if __name__ == "__main__":
    run_app(build_floor(), int(sys.argv[1]))
