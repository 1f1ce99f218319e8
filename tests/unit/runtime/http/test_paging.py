"""The header that leads to the next page."""

import pytest
from starlette.requests import Request

from runtime.http.paging import next_page_headers


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "cursor=xyz"),
        ("cursor=abc", "cursor=xyz"),
        ("limit=5&cursor=abc&mine=guest", "limit=5&mine=guest&cursor=xyz"),
        ("q=two%20words&location=%D0%9C&q=", "q=two+words&location=%D0%9C&q=&cursor=xyz"),
    ],
)
def test_it_has_the_parameters_of_the_request_and_the_cursor(query: str, expected: str) -> None:
    scope = {"type": "http", "path": "/api/v1/lines", "query_string": query.encode()}
    assert next_page_headers(Request(scope), "xyz") == {
        "X-Next-Cursor": "xyz",
        "Link": f'</api/v1/lines?{expected}>; rel="next"',
    }


@pytest.mark.parametrize(
    ("path", "quoted"),
    [
        ("/lines\r\nSet-Cookie: a=b", "/lines%0D%0ASet-Cookie%3A%20a%3Db"),
        ("/lines/a>b", "/lines/a%3Eb"),
        ("/фильм", "/%D1%84%D0%B8%D0%BB%D1%8C%D0%BC"),
    ],
)
def test_the_address_in_it_is_quoted(path: str, quoted: str) -> None:
    scope = {"type": "http", "path": path, "query_string": b""}
    link = next_page_headers(Request(scope), "xyz")["Link"]
    assert link == f'<{quoted}?cursor=xyz>; rel="next"'
