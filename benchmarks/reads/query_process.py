"""Runs the query API as a process of its own, as it is deployed."""

from contextlib import AbstractAsyncContextManager

from benchmarks.harness.hot_evening import AUDIENCE_SECRET
from benchmarks.harness.processes import Served, serve


def serve_query_api(dsn: str, **settings: str) -> AbstractAsyncContextManager[Served]:
    """Run it on the tables of `dsn` until the end of the block. Outside services are away."""
    environment = {
        "QUERY_API_POSTGRES_DSN": dsn,
        "QUERY_API_FEED_SECRET": AUDIENCE_SECRET,
        "QUERY_API_TOKEN__SECRET": AUDIENCE_SECRET,
        "QUERY_API_NEIGHBOURS__BASE_URL": "http://127.0.0.1:1",
        "QUERY_API_NEIGHBOURS__CREDENTIAL": AUDIENCE_SECRET,
        **settings,
    }
    return serve("benchmarks.projections.service", "query_api", environment=environment)
