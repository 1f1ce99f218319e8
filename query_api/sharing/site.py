"""Finds the address under which other sites reach this system."""

from starlette.requests import Request


def find_site(request: Request, public_url: str) -> str:
    """Return the address that stands before all paths: `public_url` if it is set, and otherwise
    the one that the request names."""
    return public_url or str(request.base_url).rstrip("/")
