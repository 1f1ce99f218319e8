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


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What docker compose is asked to do. `exec` fails."""
    asked: list[tuple[str, ...]] = []

    def compose(_files: Any, _environment: Any, *arguments: str) -> int:
        asked.append(arguments)
        return 3 if arguments[0] == "exec" else 0

    monkeypatch.setattr(up, "compose", compose)
    return asked


def test_a_roll_ends_with_the_first_projector_that_does_not_become_ready(
    commands: list[tuple[str, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert up.roll([], {}) == 3
    assert commands[-1] == ("exec", "-T", "projector_1", "python3", "-m", "deploy.wait_ready")
    replaced = {one for arguments in commands for one in arguments} & set(up.ROLLED)
    assert replaced == {"notifier_1", "notifier_2", "projector_1"}
    assert "projector_1 was not replaced" in capsys.readouterr().err


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


def wait_ready(port: int) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PRACTIX_HEALTH_PORT": str(port), "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *up.WAIT_READY[1:]],
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
