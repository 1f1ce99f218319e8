"""Headers that are indexed say what Starlette's would."""

from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from runtime.front.received import IndexedHeaders

NAMES = ["host", "Host", "x-a", "X-B", "x-none"]


@given(st.lists(st.tuples(st.sampled_from([b"host", b"x-a", b"x-b"]), st.binary(max_size=3))))
def test_indexed_headers_say_what_others_say(raw: list[tuple[bytes, bytes]]) -> None:
    indexed, plain = IndexedHeaders(raw), Headers(raw=raw)
    for name in NAMES:
        assert indexed.get(name) == plain.get(name)
        assert indexed.getlist(name) == plain.getlist(name)
        assert (name in indexed) == (name in plain)
