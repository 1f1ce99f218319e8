"""Serves the page that shows the API document. Its scripts come from our own host."""

import re
from base64 import b64encode
from hashlib import sha256

from fastapi import APIRouter
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from runtime.http.page_headers import CSP, scripted_policy

_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def build_page_router(path: str, static_path: str, title: str) -> APIRouter:
    """Return a router with the page at `path`. The page's files are at `static_path`."""
    page = get_swagger_ui_html(
        openapi_url=f"{path}.json",
        title=title,
        swagger_js_url=f"{static_path}/swagger-ui-bundle.js",
        swagger_css_url=f"{static_path}/swagger-ui.css",
        swagger_favicon_url=f"{static_path}/favicon.png",
    )
    html = bytes(page.body).decode()
    (script,) = _INLINE_SCRIPT.findall(html)
    digest = b64encode(sha256(script.encode()).digest()).decode()
    headers = {CSP: scripted_policy(digest)}
    router = APIRouter(include_in_schema=False)

    @router.get(path)
    async def show(_request: Request) -> Response:
        return HTMLResponse(html, headers=headers)

    return router
