"""`make roll`: what replaces the containers, and when it ends."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from deploy import up
from tests.paths import ROOT

STUCK = {"phase": "no_room", "problem": "postgres needs 2 bytes and has 1; make room"}


class Compose:
    """What docker compose is asked to do. It fails at what `fails` names."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.fails: set[str] = {"nothing"}
        self.statuses: list[int] = []
        """Those of the first commands."""

    def __call__(self, _files: Any, _environment: Any, *arguments: str) -> int:
        self.asked.append(arguments)
        if self.statuses:
            return self.statuses.pop(0)
        return 3 if self.fails <= set(arguments) else 0


@pytest.fixture
def compose(monkeypatch: pytest.MonkeyPatch) -> Compose:
    compose = Compose()
    monkeypatch.setattr(up, "compose", compose)
    return compose


@pytest.mark.parametrize(
    ("fails", "said"),
    [
        ({"run", "migrations"}, "migrations failed"),
        ({"--force-recreate", "projector_1"}, "projector_1 could not be replaced"),
        ({"exec", "projector_1"}, "projector_1 was replaced, but is not ready"),
        ({"--force-recreate", "query_api_2"}, "query_api_2 could not be replaced"),
        ({"--wait", "query_api_2"}, "query_api_2 was replaced, but is not ready"),
    ],
)
def test_a_roll_ends_with_the_first_failure_and_says_what_is_so(
    compose: Compose, capsys: pytest.CaptureFixture[str], fails: set[str], said: str
) -> None:
    compose.fails = fails
    assert up.roll([], {}) == 3
    assert fails <= set(compose.asked[-1])
    assert f"make roll: {said}. What comes after it works on" in capsys.readouterr().err


def test_a_roll_replaces_each_process_and_waits_for_it(compose: Compose) -> None:
    assert up.roll([], {}) == 0
    for service in up.ROLLED:
        replacing, waiting = (one for one in compose.asked if service in one)
        assert "--force-recreate" in replacing
        assert {"--wait", "exec"} & set(waiting)


@pytest.fixture
def answers() -> Iterator[tuple[list[dict[str, Any]], int]]:
    """Answers of a process to its /readyz, the last one for ever, and the process's port."""
    left: list[dict[str, Any]] = []

    class ReadyzAnswer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            entries = left.pop(0) if len(left) > 1 else left[0]
            self.send_response(200 if entries["ready"] else 503)
            self.end_headers()
            self.wfile.write(json.dumps(entries).encode())

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), ReadyzAnswer)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield left, server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_start_waits_while_tables_are_filled(
    compose: Compose, capsys: pytest.CaptureFixture[str]
) -> None:
    compose.statuses = [1, 0, up.PREPARES]
    assert up.wait_healthy([], {}) == 0
    assert [one[0] for one in compose.asked] == ["up", "exec", "exec", "up"]
    assert "tables are being filled" in capsys.readouterr().err


@pytest.mark.parametrize("looks", [(0, 0), (up.PREPARES, 1)])
def test_a_start_waits_for_nothing_else(
    compose: Compose, looks: tuple[int, int], capsys: pytest.CaptureFixture[str]
) -> None:
    compose.statuses = [1, *looks]
    assert up.wait_healthy([], {}) == 1
    assert [one[0] for one in compose.asked] == ["up", "exec", "exec"]
    assert "tables are being filled" not in capsys.readouterr().err


def test_a_start_does_not_wait_for_ever(compose: Compose, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(up, "FILL_S_MAX", -1.0)
    compose.statuses = [1, up.PREPARES, up.PREPARES]
    assert up.wait_healthy([], {}) == 1


@pytest.mark.parametrize(
    ("entries", "status", "said"),
    [
        ({"ready": True}, 0, ""),
        (
            {"ready": False, "tables": False, "filling": {"phase": "fill", "done": 1, "of": 2}},
            up.PREPARES,
            "fill: 1 of 2",
        ),
        ({"ready": False, "read_models": False}, up.PREPARES, "read_models"),
        ({"ready": False, "tables": False, "filling": STUCK}, 1, STUCK["problem"]),
        ({"ready": False, "journal": False}, 1, "journal"),
    ],
)
def test_a_look_tells_how_far_a_projector_is(
    answers: tuple[list[dict[str, Any]], int], entries: dict[str, Any], status: int, said: str
) -> None:
    left, port = answers
    left.append(entries)
    looked = wait_ready(port, "--look")
    assert looked.returncode == status
    assert said in looked.stderr


def wait_ready(port: int, *options: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PRACTIX_HEALTH_PORT": str(port), "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *up.WAIT_READY[1:], *options],
        cwd=Path("/"),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_projector_that_fills_is_waited_for(
    answers: tuple[list[dict[str, Any]], int],
) -> None:
    left, port = answers
    left += [{"ready": False, "tables": False, "filling": {"phase": "fill"}}, {"ready": True}]
    assert wait_ready(port).returncode == 0


def test_a_projector_that_cannot_go_on_is_not_waited_for(
    answers: tuple[list[dict[str, Any]], int],
) -> None:
    left, port = answers
    left.append({"ready": False, "tables": False, "filling": STUCK})
    ended = wait_ready(port)
    assert ended.returncode == 1
    assert ended.stderr == f"not ready: no_room: {STUCK['problem']}\n"
