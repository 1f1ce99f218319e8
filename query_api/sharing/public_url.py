"""Finds the address under which others reach this system."""

from starlette.requests import Request


def find_public_url(request: Request, public_url: str) -> str:
    """Return the address that stands before all paths: `public_url` if it is set, and otherwise
    the one that the request names."""
    return public_url or str(request.base_url).rstrip("/")
