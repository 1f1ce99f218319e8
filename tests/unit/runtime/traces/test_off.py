"""Traces are off by default, and then the SDK of OpenTelemetry is not imported."""

import json
import os
import subprocess
import sys
from typing import Final

import pytest

from tests.paths import ROOT

PROCESS: Final = """
import json, sys
import {module}
from runtime.service.settings import ServiceSettings
from runtime.service.telemetry import configure_service
from runtime.traces.spans import SPANS
configure_service("tests", ServiceSettings())
sdk = ("opentelemetry.sdk", "opentelemetry.exporter")  # FastAPI imports the API.
imported = any(name.startswith(sdk) for name in sys.modules)
print(json.dumps([SPANS.is_open, imported]))
"""


def run(module: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if "OTEL" not in name}
    return subprocess.run(
        [sys.executable, "-c", PROCESS.format(module=module)],
        cwd=ROOT,
        env={**environment, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "module",
    ["command_api.main", "query_api.main", "projector.main", "notifier.main", "neighbours.app"],
)
def test_a_process_imports_no_sdk(module: str) -> None:
    ended = run(module)
    assert json.loads(ended.stdout) == [False, False], ended.stderr


def test_a_setting_turns_them_on() -> None:
    ended = run("command_api.main", OTEL_TRACES_EXPORTER="otlp")
    assert json.loads(ended.stdout) == [True, True], ended.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [("OTEL_TRACES_SAMPLER", "xray"), ("OTEL_SPAN_LINK_COUNT_LIMIT", "many")],
)
def test_a_process_with_a_wrong_setting_does_not_start(name: str, value: str) -> None:
    ended = run("command_api.main", OTEL_TRACES_EXPORTER="otlp", **{name: value})
    assert ended.returncode == os.EX_CONFIG
    assert name in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
