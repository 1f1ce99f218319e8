"""Adds headers that tell browsers how to treat our responses safely."""

from collections.abc import Mapping
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response

from runtime.http.entity_tag import entity_tag, matches

RawHeaders = list[tuple[bytes, bytes]]
"""Headers as ASGI has them. Names are in lower case."""

CSP: Final = "Content-Security-Policy"

JSON_TYPE: Final = (b"content-type", b"application/json")
"""The header of nearly all our responses."""
_NOSNIFF: Final = (b"x-content-type-options", b"nosniff")
_BOUNDS: Final = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
PAGE_POLICY: Final = f"default-src 'none'; style-src 'unsafe-inline'; {_BOUNDS}"
"""For pages without scripts, with their style inside."""
FILES_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    f"img-src 'self'; {_BOUNDS}"
)
"""For pages whose scripts and styles are files of ours: nothing inside the page runs."""


def scripted_policy(script_hash: str) -> str:
    """Return the policy of a page that has files of ours and one inline script with this
    SHA-256."""
    return (
        f"default-src 'none'; script-src 'self' 'sha256-{script_hash}'; connect-src 'self'; "
        f"img-src 'self' data:; font-src 'self' data:; style-src 'self' 'unsafe-inline'; {_BOUNDS}"
    )


def add_page_headers(headers: RawHeaders) -> None:
    """Add to a response the headers that keep browsers from guessing its type, from showing our
    pages in a frame, and from telling a page's address to other sites. A page runs no scripts,
    unless it states a policy of its own."""
    headers.append(_NOSNIFF)
    if JSON_TYPE in headers:
        return
    for name, value in headers:
        if name == b"content-type":
            if value.startswith(b"text/html"):
                _add_bounds(MutableHeaders(raw=headers))
            return


def _add_bounds(headers: MutableHeaders) -> None:
    headers.setdefault(CSP, PAGE_POLICY)
    headers["Referrer-Policy"] = "no-referrer"
    headers["X-Frame-Options"] = "DENY"


def answer_unless_known(
    request: Request, content: bytes, media_type: str, headers: Mapping[str, str]
) -> Response:
    """Return a page or a file of one, or 304 if the browser has it. The browser asks each time."""
    tag = entity_tag(content)
    own = {"ETag": tag, "Cache-Control": "no-cache", **headers}
    if matches(tag, request.headers.get("If-None-Match")):
        return Response(status_code=304, headers=own)
    return Response(content, 200, own, media_type)
