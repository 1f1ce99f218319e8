"""Lets web pages of listed origins use the API from a browser (CORS).

Tokens travel in a header and never in a cookie, so credentials mode stays off
(docs/decisions/0012-pages-of-other-origins.md).
"""

from collections.abc import Sequence
from typing import Final

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

MAX_AGE_S: Final = 600
METHODS: Final = ("GET", "HEAD", "POST", "PUT", "DELETE")
REQUEST_HEADERS: Final = (
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
)
EXPOSED_HEADERS: Final = (
    "X-Position",
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


def allow_origins(app: FastAPI, origins: Sequence[str]) -> None:
    """Answer preflight requests from `origins`, and let their pages read responses of `app`."""
    if not origins:
        return
    app.add_middleware(
        CORSMiddleware,
        allow_origins=list(origins),
        allow_methods=METHODS,
        allow_headers=REQUEST_HEADERS,
        expose_headers=EXPOSED_HEADERS,
        max_age=MAX_AGE_S,
    )


def cors_headers(origin: str | None, origins: Sequence[str]) -> dict[str, str]:
    """Return the headers that let a page of `origin` read a response that no app of ours
    made."""
    if origin is None or origin not in origins:
        return {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": ", ".join(EXPOSED_HEADERS),
        "Vary": "Origin",
    }
