"""A run of tests fails if any of its processes logs a secret, also among workers."""

import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from runtime.logs.rendering import LineFormatter
from tests.canaries import FILE, find_leaks
from tests.log_lines import PSEUDONYMS, make_record
from tests.paths import ROOT

AS_JSON: Final = LineFormatter(PSEUDONYMS, as_json=True)
CONFTEST: Final = "from tests.conftest import pytest_configure, pytest_sessionfinish"
HARMLESS: Final = """
import logging
def test_harmless():
    logging.getLogger("runtime.journal").warning("journal unavailable", extra={"position": 1})
"""
IN_THE_TEST: Final = """
import logging
def test_tells():
    logging.getLogger("runtime.journal").warning("told", extra={"reason": "Kanarienvogel"})
"""
IN_A_CHILD: Final = """
import subprocess, sys
CHILD = '''
import logging
from runtime.logs.configuring import configure_logs
from runtime.service.settings import ServiceSettings
configure_logs(None, ServiceSettings(_env_prefix="PRACTIX_").logs)
logging.getLogger("query_api.main").info("Kanarienvogel sings")
'''
def test_tells():
    subprocess.run([sys.executable, "-c", CHILD], check=True, capture_output=True)
"""


@pytest.mark.parametrize(
    ("test", "workers", "status"),
    [(HARMLESS, 0, 0), (IN_THE_TEST, 0, 1), (IN_THE_TEST, 2, 1), (IN_A_CHILD, 0, 1)],
    ids=["harmless", "told", "told_by_a_worker", "told_by_a_child"],
)
def test_a_planted_leak_is_found(test: str, workers: int, status: int, tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_one.py").write_text(test)
    (tmp_path / "test_other.py").write_text(HARMLESS)
    command = [sys.executable, "-m", "pytest", "-q", "-n", str(workers), "--rootdir", str(tmp_path)]
    environment = {
        name: value
        for name, value in os.environ.items()
        if name != FILE and not name.startswith("PYTEST")
    }
    run = subprocess.run(
        [*command, str(tmp_path)],
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == status, run.stdout + run.stderr
    assert "2 passed" in run.stdout
    assert ("the canary: {" in run.stdout) == bool(status)


@pytest.mark.parametrize(
    "secret",
    [
        "Kanarienvogel",
        "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0x.c2lnbmF0dXJl",
        "the secret of the cell, of thirty-two bytes or more",
        "203.0.113.77",
        "Anna is gone",
    ],
)
def test_each_kind_of_secret_is_found(secret: str) -> None:
    assert len(list(find_leaks(["position 17", f"reason={secret}"]))) == 1


def test_the_source_of_a_test_in_a_traceback_is_no_leak() -> None:
    told = AS_JSON.format(make_failed_record())
    assert "Kanarienvogel" in told
    assert list(find_leaks([told])) == []
    assert len(list(find_leaks([told.replace("ValueError", "Kanarienvogel")]))) == 1


def make_failed_record() -> logging.LogRecord:
    try:
        int("Kanarienvogel")
    except ValueError:
        return make_record("failed", failed=True)
    raise AssertionError
