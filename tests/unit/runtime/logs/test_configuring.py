"""A process says by its settings what it logs and how."""

import json
import subprocess
import sys
from typing import Final

import pytest
from pydantic import ValidationError

from runtime.logs.settings import LogSettings
from tests.paths import ROOT

PROCESS: Final = """
import logging, sys
from runtime.logs.configuring import configure_logs
from runtime.logs.settings import LogSettings
configure_logs(None, LogSettings.model_validate_json(sys.argv[1]))
for logger in ("runtime.journal.tail", "aiokafka.conn"):
    for level in (logging.DEBUG, logging.INFO, logging.WARNING):
        logging.getLogger(logger).log(level, "said", extra={"position": level})
"""


def run(settings: LogSettings) -> list[str]:
    """Return the lines that a process with these settings writes to stderr."""
    command = [sys.executable, "-c", PROCESS, settings.model_dump_json()]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout == ""
    return ended.stderr.splitlines()


def test_a_process_without_a_terminal_logs_json() -> None:
    lines = [json.loads(line) for line in run(LogSettings())]
    assert [(line["logger"], line["level"]) for line in lines] == [
        ("runtime.journal.tail", "info"),
        ("runtime.journal.tail", "warning"),
        ("aiokafka.conn", "info"),
        ("aiokafka.conn", "warning"),
    ]


def test_text_can_be_asked_for() -> None:
    (line,) = run(LogSettings(level="warning", format="text"))[:1]
    assert line.endswith("said [runtime.journal.tail] position=30")


def test_libraries_never_log_what_they_send() -> None:
    loggers = [json.loads(line)["logger"] for line in run(LogSettings(level="debug"))]
    assert loggers == ["runtime.journal.tail"] * 3 + ["aiokafka.conn"] * 2


def test_a_level_that_is_none_is_refused() -> None:
    with pytest.raises(ValidationError):
        LogSettings.model_validate({"level": "chatty"})
