"""Which limit a request counts against. By method and path alone, so that it can be said
before anything of the request is looked at."""

from typing import Final, Literal

RouteClass = Literal["reads", "searches", "writes", "public", "operator", "neighbours", "peers"]

_UNLIMITED: Final = ("/healthz", "/readyz")
"""Whether a process is well is asked by who restarts it."""
_PEERS: Final = "/internal/commands"
"""A peer shows the cell's secret, and the leader counts the person. Only wrong secrets are
counted for the address."""
_SEARCHES: Final = frozenset(
    {"announcements", "bookings", "history", "schedule", "rating", "explain", "drift"}
)
_READS: Final = ("GET", "HEAD")


def class_of(method: str, path: str) -> RouteClass | None:
    """None for the few that are not limited."""
    if path.startswith("/api/v1/"):
        if path.startswith("/api/v1/operator/"):
            return "operator"
        if method not in _READS:
            return "writes"
        if path.endswith(".ics"):
            return "public"
        return "reads" if _SEARCHES.isdisjoint(path.split("/")) else "searches"
    if path.startswith("/neighbours/"):
        return "writes" if path == "/neighbours/auth/token" else "neighbours"
    if path == _PEERS:
        return "peers"
    if path in _UNLIMITED:
        return None
    return "operator" if path == "/metrics" else "public"


def is_guessable(path: str) -> bool:
    """Whether the path itself is what opens something: a short link, a page, a feed."""
    return path.startswith(("/s/", "/a/")) or path.endswith(".ics")
