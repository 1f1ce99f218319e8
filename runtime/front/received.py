"""A request as the front controller hands it to a handler: headers and parameters of the query are
found at once."""

from functools import lru_cache
from typing import Any, Final

from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from runtime.http.page_headers import RawHeaders
from runtime.logs.lines import CLIENT_GONE
from runtime.traces.context import NO_TRACE
from runtime.traces.spans import Span


@lru_cache(maxsize=512)
def _raw_name(name: str) -> bytes:
    """Return the name of a header as ASGI has it. Only our own code asks for names."""
    return name.lower().encode("latin-1")


class IndexedHeaders(Headers):
    """Headers of a request. Finds a value by one look-up instead of a walk."""

    def __init__(self, raw: RawHeaders) -> None:
        super().__init__(raw=raw)
        self._first = dict(raw)
        self.are_single = len(self._first) == len(raw)
        """Whether no name is repeated."""
        if not self.are_single:
            self._first = dict(reversed(raw))  # A repeated name has its first value here.

    def __getitem__(self, key: str) -> str:
        return self._first[_raw_name(key)].decode("latin-1")

    def get(self, key: str, default: Any = None) -> Any:
        found = self._first.get(_raw_name(key))
        return default if found is None else found.decode("latin-1")

    def getlist(self, key: str) -> list[str]:
        if not self.are_single:
            return super().getlist(key)
        found = self._first.get(_raw_name(key))
        return [] if found is None else [found.decode("latin-1")]

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and _raw_name(key) in self._first


class IndexedParameters(QueryParams):
    """Parameters of a query. Finds a value by one look-up; if a name is repeated, its last one."""

    def __init__(self, query: bytes) -> None:
        super().__init__(query)
        self._last = dict(self.multi_items())

    def get(self, key: str, default: Any = None) -> Any:
        return self._last.get(key, default)


_NO_PARAMETERS: Final = IndexedParameters(b"")
"""Those of all requests without a query: most have none."""


class ReceivedRequest(Request):
    """A request whose headers have been indexed already."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, headers: IndexedHeaders) -> None:
        super().__init__(scope, receive, send)
        self.send = send
        self._indexed = headers
        self._parameters: IndexedParameters | None = None
        self.traceparent = NO_TRACE
        self.span: Span | None = None
        self.status = CLIENT_GONE
        """Of the response, once one has begun."""
        self.response_headers: RawHeaders = []

    @property
    def headers(self) -> IndexedHeaders:
        return self._indexed

    @property
    def query_params(self) -> IndexedParameters:
        if self._parameters is None:
            query = self.scope["query_string"]
            self._parameters = IndexedParameters(query) if query else _NO_PARAMETERS
        return self._parameters
