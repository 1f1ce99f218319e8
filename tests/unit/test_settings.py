"""A wrong setting ends a process with one line that names it, and never its value."""

import os
import runpy
from collections.abc import Callable
from typing import Final

import pytest
from pydantic import TypeAdapter, ValidationError
from pydantic_settings import BaseSettings

import command_api.main
import launcher.cli
import neighbours.__main__
import notifier.main
import projector.main
import query_api.main
from runtime.settings import CONFIG, PostgresDsn, SettingsWrong, load_settings
from runtime.settings import CommaSeparated as Names

SHORT: Final = "hunter2"
"""A secret that is too short; no line may repeat it."""
OURS: Final = ("COMMAND_API_", "QUERY_API_", "PROJECTOR_", "NOTIFIER_", "NEIGHBOURS_", "PRACTIX_")
MAINS: Final[dict[Callable[[], None], dict[str, str]]] = {
    command_api.main.main: {"COMMAND_API_CELL_SECRET": SHORT, "COMMAND_API_TOKEN__SECRET": SHORT},
    query_api.main.main: {"QUERY_API_FEED_SECRET": SHORT, "QUERY_API_TOKEN__SECRET": SHORT},
    projector.main.main: {"PROJECTOR_OPERATOR_TOKEN": SHORT},
    notifier.main.main: {"NOTIFIER_OPERATOR_TOKEN": SHORT, "NOTIFIER_TOKEN__SECRET": SHORT},
    neighbours.__main__.main: {"NEIGHBOURS_CREDENTIAL": SHORT, "NEIGHBOURS_SECRET": SHORT},
}


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(OURS)]:
        monkeypatch.delenv(name)


def said(end: Callable[[], object], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line with which the process ends."""
    with pytest.raises(SystemExit) as caught:
        end()
    assert caught.value.code == CONFIG == 78
    (line,) = capsys.readouterr().err.splitlines()
    return line


@pytest.mark.parametrize("main", MAINS, ids=lambda main: main.__module__)
def test_no_service_starts_with_a_short_secret_or_repeats_it(
    main: Callable[[], None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in MAINS[main].items():
        monkeypatch.setenv(name, value)
    line = said(main, capsys)
    assert SHORT not in line
    assert "32 bytes" in line
    assert all(name.removesuffix("__SECRET") in line for name in MAINS[main])


@pytest.mark.parametrize("secret", ["", "x" * 31])
def test_an_empty_cell_secret_opens_nothing(
    secret: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COMMAND_API_CELL_SECRET", secret)
    line = said(command_api.main.main, capsys)
    assert "COMMAND_API_CELL_SECRET: a secret needs at least 32 bytes" in line


@pytest.mark.parametrize("script", ["deploy/migrate.py", "deploy/create_topic.py"])
def test_deploy_scripts_end_alike(
    script: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POSTGRES_DSN", f"postgresql://practix:{SHORT}/x@host/practix")
    monkeypatch.setenv("KAFKA__PASSWORD", SHORT)
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
    line = said(lambda: runpy.run_path(script, run_name="__main__"), capsys)
    assert SHORT not in line


def test_practix_ends_alike(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORT", "hunter2")
    line = said(launcher.cli.settings, capsys)
    assert line.startswith("practix: PORT: ")
    assert SHORT not in line


class Example(BaseSettings):
    names: Names = ()
    channels: dict[str, str] = {}


def test_what_is_not_json_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHANNELS", "{" + SHORT)
    with pytest.raises(SettingsWrong, match="channels") as caught:
        load_settings(Example)
    assert SHORT not in str(caught.value)
    assert caught.value.__cause__ is None


def test_names_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAMES", "a.example, b.example,,")
    assert load_settings(Example).names == ("a.example", "b.example")


ADDRESS: Final[TypeAdapter[PostgresDsn]] = TypeAdapter(PostgresDsn)


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://practix:secret@db:5432/practix",
        "postgres://practix:p%2Fw@db/practix",
        "postgresql://practix:secret@one:5432,two:5432/practix",
    ],
)
def test_an_address_of_postgres_passes(dsn: str) -> None:
    assert ADDRESS.validate_python(dsn).get_secret_value() == dsn


@pytest.mark.parametrize("dsn", ["", SHORT, f"mysql://{SHORT}", f"postgresql://u:{SHORT}/x@db/y"])
def test_another_address_is_refused_and_not_quoted(dsn: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ADDRESS.validate_python(dsn)
    assert SHORT not in caught.value.errors(include_input=False)[0]["msg"]
