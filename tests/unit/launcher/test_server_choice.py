"""Where the tests' servers run. A choice that cannot be met fails and never skips."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import ROOT
from tests.servers.choice import CHOICE, choose_servers


def pytest_in(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A run of one test that needs a server."""
    test = tmp_path / "test_one.py"
    test.write_text("def test_one(postgres_dsn: str) -> None: ...\n")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", test],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_child_processes_are_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CHOICE, raising=False)
    assert choose_servers() == "own"


def test_an_unknown_choice_ends_the_run(tmp_path: Path) -> None:
    run = pytest_in(tmp_path, **{CHOICE: "podman"})
    assert run.returncode == pytest.ExitCode.USAGE_ERROR
    assert "PRACTIX_TEST_SERVERS is 'podman'; it may be own or docker" in run.stderr


def test_containers_without_an_engine_are_a_failure(tmp_path: Path) -> None:
    run = pytest_in(tmp_path, **{CHOICE: "docker", "DOCKER_HOST": "tcp://127.0.0.1:1"})
    assert run.returncode == pytest.ExitCode.TESTS_FAILED
    assert "docker" in run.stdout.lower()
    assert "skipped" not in run.stdout
