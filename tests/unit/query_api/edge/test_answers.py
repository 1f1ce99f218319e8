"""Answers to reads leave their handler as bytes, with all that caches need."""

from starlette.requests import Request

from query_api.edge.routes import answer
from runtime.http.json_body import FinishedJson


def ask(**headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "headers": raw, "query_string": b""})


def test_an_answer_is_finished_bytes() -> None:
    found = answer(ask(), {"title": "Солярис"}, 12, version=3)
    assert isinstance(found, FinishedJson)
    assert (found.status_code, found.body) == (200, '{"title":"Солярис"}'.encode())
    assert found.headers["x-position"] == "12"
    assert found.headers["etag"].startswith('"3.')
    assert found.headers["cache-control"] == "private, no-cache"
    assert found.headers["vary"] == "Authorization, Accept-Language"
    assert found.headers["content-type"] == "application/json"
    assert found.headers["content-length"] == str(len(found.body))


def test_headers_of_a_route_replace_default_ones() -> None:
    own = {"Cache-Control": "public, max-age=5", "X-Next-Cursor": "abc"}
    found = answer(ask(), [], 1, headers=own)
    assert found.headers.getlist("cache-control") == ["public, max-age=5"]
    assert found.headers["x-next-cursor"] == "abc"
    assert found.headers["vary"] == "Authorization, Accept-Language"


def test_who_has_the_answer_gets_only_its_headers() -> None:
    whole = answer(ask(), [1], 5)
    again = answer(ask(if_none_match=whole.headers["etag"]), [1], 6)
    assert (again.status_code, again.body) == (304, b"")
    assert again.headers["x-position"] == "6"
    assert again.headers["etag"] == whole.headers["etag"]
    assert again.headers["cache-control"] == "private, no-cache"
    assert {"content-type", "content-length"}.isdisjoint(again.headers)
