"""Traces are off unless the settings say so, and a wrong setting is told at the start."""

import re

import pytest
from opentelemetry.util.re import parse_env_headers

from runtime.service.settings import SettingsWrong
from runtime.service.telemetry import load_trace_settings
from tests.paths import ROOT

ON = {"OTEL_TRACES_EXPORTER": "otlp"}


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TRACES_EXPORTER", "SDK_DISABLED", "TRACES_SAMPLER", "EXPORTER_OTLP_ENDPOINT"):
        monkeypatch.delenv(f"OTEL_{name}", raising=False)


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"OTEL_TRACES_EXPORTER": ""},
        {"OTEL_TRACES_EXPORTER": "none"},
        {**ON, "OTEL_SDK_DISABLED": "true"},
        # What other programs on this machine may need.
        {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_TRACES_SAMPLER": "xray"},
    ],
)
def test_they_are_off(variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert load_trace_settings() is None


def test_the_defaults_are_those_of_opentelemetry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    found = load_trace_settings()
    assert found is not None
    assert found.address == "http://localhost:4318/v1/traces"
    assert (found.traces_sampler, found.traces_sampler_arg) == ("parentbased_always_on", 1.0)
    assert (found.timeout_s, found.compression) == (10.0, "none")


def test_variables_that_are_empty_count_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    expected = load_trace_settings()
    passed = re.findall(r"(OTEL_\w+): \${\1:-}", (ROOT / "docker-compose.yml").read_text())
    assert "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" in passed
    for name in passed:
        monkeypatch.setenv(name, "")
    assert expected is not None
    assert load_trace_settings() == expected


def test_settings_for_traces_have_precedence(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        **ON,
        "OTEL_EXPORTER_OTLP_ENDPOINT": "https://collector.example/",
        "OTEL_EXPORTER_OTLP_TIMEOUT": "3",
        "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT": "4",
    }.items():
        monkeypatch.setenv(name, value)
    found = load_trace_settings()
    assert found is not None
    assert (found.address, found.timeout_s) == ("https://collector.example/v1/traces", 4.0)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://traces.example/in")
    found = load_trace_settings()
    assert found is not None
    assert found.address == "https://traces.example/in"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OTEL_TRACES_EXPORTER", "jaeger-Kanarienvogel"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector-Kanarienvogel:4317"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "ftp://Kanarienvogel"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc-Kanarienvogel"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc-Kanarienvogel"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "Bearer Kanarienvogel"),
        # The exporter would log these.
        ("OTEL_EXPORTER_OTLP_HEADERS", '"authorization=Bearer Kanarienvogel"'),
        ("OTEL_EXPORTER_OTLP_HEADERS", 'authorization="Bearer Kanarienvogel"'),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=a;Kanarienvogel"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=a\\Kanarienvogel"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=b,x(key)=Kanarienvogel"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=Kanarienvögel Kanarienvogel"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=b,\nx-key=Kanarienvogel\n,c=d"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "-1"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "brotli-Kanarienvogel"),
        ("OTEL_TRACES_SAMPLER", "xray-Kanarienvogel"),
        ("OTEL_TRACES_SAMPLER_ARG", "1.5"),
        ("OTEL_TRACES_SAMPLER_ARG", "Kanarienvogel"),
    ],
)
def test_a_wrong_setting_is_named_without_its_value(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, given in {**ON, name: value}.items():
        monkeypatch.setenv(variable, given)
    with pytest.raises(SettingsWrong) as wrong:
        load_trace_settings()
    assert str(wrong.value).startswith(f"{name}: ")
    assert "Kanarienvogel" not in str(wrong.value)


@pytest.mark.parametrize(
    "headers",
    ["api-key=abc", "a=b, c=d%20e", "x-scope-orgid=team", "authorization=Basic YTpiYw==\n"],
)
def test_headers_are_taken_as_the_exporter_reads_them(
    headers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, given in {**ON, "OTEL_EXPORTER_OTLP_HEADERS": headers}.items():
        monkeypatch.setenv(variable, given)
    found = load_trace_settings()
    assert found is not None
    assert headers.strip() not in repr(found)
    assert len(parse_env_headers(headers, liberal=True)) == headers.count(",") + 1
