"""Cursors that lists read, pages that they cut, and the header that leads to the next page."""

import pytest
from starlette.datastructures import QueryParams
from starlette.requests import Request

from contracts.errors import Malformed
from runtime.http.numbers import parse_whole_number
from runtime.http.paging import cut_page, next_page_headers, read_page


def request(query: str = "", path: str = "/api/v1/lines") -> Request:
    return Request({"type": "http", "path": path, "query_string": query.encode()})


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
    assert next_page_headers(request(query), "xyz") == {
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
    link = next_page_headers(request(path=path), "xyz")["Link"]
    assert link == f'<{quoted}?cursor=xyz>; rel="next"'


@pytest.mark.parametrize(("query", "expected"), [("", 7), ("cursor=0", 0), ("cursor=12", 12)])
def test_a_list_begins_where_the_cursor_says(query: str, expected: int) -> None:
    assert read_page(QueryParams(query), parse_whole_number, 7) == (20, expected)


@pytest.mark.parametrize("query", ["cursor=", "cursor=x", "cursor=-1"])
def test_a_cursor_that_no_list_gave_out_is_refused(query: str) -> None:
    with pytest.raises(Malformed) as refused:
        read_page(QueryParams(query), parse_whole_number, 7)
    assert refused.value.code == "malformed_cursor"


@pytest.mark.parametrize(
    ("found", "page", "cursor"),
    [
        ([], [], None),
        ([1, 2], [1, 2], None),
        ([1, 2, 3], [1, 2, 3], None),
        ([1, 2, 3, 4], [1, 2, 3], "3"),
    ],
)
def test_a_page_leads_to_the_next_one_if_there_is_more(
    found: list[int], page: list[int], cursor: str | None
) -> None:
    shown, headers = cut_page(request(), found, 3, str)
    assert (shown, headers.get("X-Next-Cursor")) == (page, cursor)
