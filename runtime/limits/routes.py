"""Decides which limit a request counts against.

It needs only method and path, so the decision can come before anything else is read.
"""

from typing import Final, Literal

RouteClass = Literal[
    "reads", "searches", "exports", "writes", "posts", "public", "operator", "neighbours", "peers"
]

WriteClass = Literal["writes", "posts"]
"""The classes that the leader counts of what other processes forward."""

_UNLIMITED: Final = ("/healthz", "/readyz")
"""Supervisors ask for these to decide on restarts."""
_PEERS: Final = frozenset({"/internal/commands", "/internal/commands/batch"})
"""A peer sends the cell's secret, and the leader counts the person. Only wrong secrets are
counted for the address."""
_SEARCHES: Final = frozenset(
    {
        "announcements",
        "bookings",
        "history",
        "schedule",
        "posts",
        "rating",
        "explain",
        "drift",
        "figures",
    }
)
"""Parts of the paths of lists, and of reads that ClickHouse answers."""
_EXPORTS: Final = "/api/v1/my/data"
_READS: Final = ("GET", "HEAD")


def class_of(method: str, path: str) -> RouteClass | None:
    """Return the class of a route; None for the few routes that are not limited."""
    if path.startswith("/api/v1/"):
        if path.startswith("/api/v1/operator/"):
            return "operator"
        if method not in _READS:
            is_post = method == "POST" and path.endswith("/posts")
            return "posts" if is_post else "writes"
        if path.endswith(".ics"):
            return "public"
        if path == _EXPORTS:
            return "exports"
        return "reads" if _SEARCHES.isdisjoint(path.split("/")) else "searches"
    if path.startswith("/neighbours/"):
        return "writes" if path == "/neighbours/auth/token" else "neighbours"
    if path in _PEERS:
        return "peers"
    if path in _UNLIMITED:
        return None
    return "operator" if path == "/metrics" else "public"


def is_guessable(path: str) -> bool:
    """Return whether knowing the path is enough to read something, as with a short link, a page
    or a feed, or to be let in, as with an invite link."""
    return path.startswith(("/s/", "/a/", "/api/v1/invite-link/")) or path.endswith(".ics")
