"""The job that verifies every night."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from deploy import nightly

LATE = datetime(2026, 5, 1, 22, 30, tzinfo=UTC)


@contextmanager
def projector(*lines: dict[str, Any], status: int = 200) -> Iterator[str]:
    """A server that answers the operator with these lines. Yields its address."""

    class ProjectorAnswer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            known = self.headers["Authorization"] == "Bearer token"
            self.send_response(status if known else 401)
            self.end_headers()
            self.wfile.write(b"".join(json.dumps(line).encode() + b"\n" for line in lines))

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), ProjectorAnswer) as server:
        Thread(target=server.handle_request, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"


def test_what_was_found_is_told_without_the_rows(capsys: pytest.CaptureFixture[str]) -> None:
    result = {"ok": False, "position": 7, "differences": [{"title": "a secret"}]}
    with projector({"done": 1}, result) as url:
        assert nightly.verify(url, "token")
    told = capsys.readouterr().out
    assert told == 'verified: {"ok": false, "position": 7, "differences": 1}\n'


@pytest.mark.parametrize(
    ("lines", "status", "token"),
    [(({"done": 1},), 200, "token"), ((), 503, "token"), ((), 200, "another"), ((), 200, "token")],
)
def test_a_verify_that_was_not_made_is_tried_again(
    lines: tuple[dict[str, Any], ...],
    status: int,
    token: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with projector(*lines, status=status) as url:
        assert not nightly.verify(url, token)
    assert capsys.readouterr().out.startswith("not verified: ")


@pytest.mark.parametrize(
    ("at", "next_at"),
    [
        ("23:00", datetime(2026, 5, 1, 23, tzinfo=UTC)),
        ("22:30", datetime(2026, 5, 2, 22, 30, tzinfo=UTC)),
        ("03:00", datetime(2026, 5, 2, 3, tzinfo=UTC)),
    ],
)
def test_the_next_night_is_the_next_time_that_the_clock_shows_the_hour(
    at: str, next_at: datetime
) -> None:
    assert nightly.find_next(LATE, at) == next_at
