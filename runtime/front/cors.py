"""Lets web pages of listed origins use the API from a browser (CORS).

Tokens travel in a header and never in a cookie, so credentials mode stays off
(docs/decisions/0012-pages-of-other-origins.md).
"""

from collections.abc import Container, Sequence
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response

from runtime.front.unused_app import unused_app
from runtime.http.page_headers import RawHeaders

MAX_AGE_S: Final = 600
METHODS: Final = ("GET", "HEAD", "POST", "PUT", "DELETE")
REQUEST_HEADERS: Final = (
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "X-Request-ID",
    "traceparent",
)
EXPOSED_HEADERS: Final = (
    "X-Position",
    "X-Request-ID",
    "ETag",
    "Link",
    "X-Next-Cursor",
    "X-Total-Rows",
    "Idempotency-Key",
    "Idempotent-Replay",
    "Retry-After",
    "RateLimit",
    "RateLimit-Policy",
    "WWW-Authenticate",
)
"""Response headers that a page may read besides those that it may always read."""


class Cors:
    """The origins whose pages may use an app. Without one nothing is answered or added."""

    def __init__(self, origins: Sequence[str]) -> None:
        self._origins = frozenset(origins)
        self._starlette = CORSMiddleware(
            unused_app,
            allow_origins=list(origins),
            allow_methods=METHODS,
            allow_headers=REQUEST_HEADERS,
            max_age=MAX_AGE_S,
        )

    def answer_preflight(self, headers: Headers) -> Response | None:
        """Return the answer to a browser that asks by OPTIONS what a page may do; None to any
        other OPTIONS request."""
        if not self._origins:
            return None
        if "origin" not in headers or "access-control-request-method" not in headers:
            return None
        return self._starlette.preflight_response(headers)

    def add_to(self, response: RawHeaders, request: Headers) -> None:
        """Add to a response what lets the page that sent `request` read it, if it may."""
        if not self._origins:
            return
        headers = MutableHeaders(raw=response)
        vary = [*headers.getlist("vary"), "Origin"]
        headers.update(cors_headers(request.get("origin"), self._origins))
        headers["Vary"] = ", ".join(vary)  # Caches must know even if this origin is not listed.


def cors_headers(origin: str | None, origins: Container[str]) -> dict[str, str]:
    """Return the headers that let a page of `origin` read a response, if it is one of
    `origins`."""
    if origin is None or origin not in origins:
        return {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": ", ".join(EXPOSED_HEADERS),
        "Vary": "Origin",
    }
