"""Headers and parameters that are indexed say what Starlette's would."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request

from runtime.front.received import IndexedHeaders, ReceivedRequest

UNUSED: Any = None
NAMES = ["host", "Host", "x-a", "X-B", "x-none"]


@given(st.lists(st.tuples(st.sampled_from([b"host", b"x-a", b"x-b"]), st.binary(max_size=3))))
def test_indexed_headers_say_what_others_say(raw: list[tuple[bytes, bytes]]) -> None:
    indexed, plain = IndexedHeaders(raw), Headers(raw=raw)
    for name in NAMES:
        assert indexed.get(name) == plain.get(name)
        assert indexed.getlist(name) == plain.getlist(name)
        assert (name in indexed) == (name in plain)


@given(st.text("ab=&%+;1", max_size=20))
def test_indexed_parameters_say_what_others_say(query: str) -> None:
    scope = {"type": "http", "method": "GET", "headers": [], "query_string": query.encode()}
    request = ReceivedRequest(scope, UNUSED, UNUSED, IndexedHeaders([]))
    plain: QueryParams = Request(scope).query_params
    assert request.query_params.multi_items() == plain.multi_items()
    for name in ("", "a", "b", "ab", "none"):
        assert request.query_params.get(name, "absent") == plain.get(name, "absent")
        assert request.query_params.getlist(name) == plain.getlist(name)
        assert (name in request.query_params) == (name in plain)
