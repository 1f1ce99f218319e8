"""A wrong setting ends a process with one line that names it, and never its value."""

import os
import runpy
from collections.abc import Callable
from typing import Any, Final

import pytest
from pydantic import TypeAdapter, ValidationError
from pydantic_settings import BaseSettings

import command_api.main
import command_api.settings
import launcher.cli
import neighbours.__main__
import notifier.main
import notifier.settings
import projector.main
import projector.settings
import query_api.main
import query_api.settings
from neighbours.settings import StandInSettings
from runtime.service.settings import (
    WRONG_SETTINGS_STATUS,
    PostgresDsn,
    SettingsWrong,
    load_settings,
)
from runtime.service.settings import CommaSeparated as Names

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
    assert caught.value.code == WRONG_SETTINGS_STATUS == 78
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


@pytest.mark.parametrize("shared", ["OPERATOR_TOKEN", "ANALYST_TOKEN", "INVESTIGATOR_TOKEN"])
def test_no_service_starts_if_two_people_have_one_token(
    shared: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    token = "the same token for different hands"
    for name in (f"PRACTIX_{shared}", "PRACTIX_OPERATOR_TOKENS__ANNA"):
        monkeypatch.setenv(name, token)
    for name in ("QUERY_API_FEED_SECRET", "QUERY_API_TOKEN__SECRET"):
        monkeypatch.setenv(name, f"{name} of the tests, which is long")
    monkeypatch.setenv("QUERY_API_NEIGHBOURS__BASE_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("QUERY_API_NEIGHBOURS__CREDENTIAL", "a credential of the tests, long enough")
    monkeypatch.setenv("POSTGRES_DSN", "postgresql://practix@127.0.0.1/practix")
    line = said(query_api.main.main, capsys)
    assert line == (f"query_api: PRACTIX_{shared} and PRACTIX_OPERATOR_TOKENS__ANNA must differ")


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
    line = said(launcher.cli.read_settings, capsys)
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


SERVICES: Final[tuple[type[BaseSettings], ...]] = (
    command_api.settings.Settings,
    query_api.settings.Settings,
    projector.settings.Settings,
    notifier.settings.Settings,
    StandInSettings,
)
REQUIRED: Final = {
    "KAFKA_BOOTSTRAP_SERVERS": "kafka:9092",
    "POSTGRES_DSN": "postgresql://practix:secret@db/practix",
    "PRACTIX_OPERATOR_TOKEN": "o" * 32,
    "COMMAND_API_OWN_URL": "http://127.0.0.1:8001",
    "COMMAND_API_CELL_SECRET": "c" * 32,
    "QUERY_API_FEED_SECRET": "f" * 32,
    "NEIGHBOURS_DATA_DIR": "/nowhere",
    "NEIGHBOURS_CREDENTIAL": "n" * 32,
    "NEIGHBOURS_SECRET": "s" * 32,
} | {
    f"{prefix}{name}": value
    for prefix in ("COMMAND_API_", "QUERY_API_", "NOTIFIER_")
    for name, value in {
        "TOKEN__SECRET": "t" * 32,
        "NEIGHBOURS__BASE_URL": "http://127.0.0.1:8000",
        "NEIGHBOURS__CREDENTIAL": "n" * 32,
    }.items()
}


@pytest.fixture(params=SERVICES, ids=lambda kind: kind.__module__)
def service(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> type[BaseSettings]:
    """A service's settings; what it cannot start without is in the environment."""
    for name, value in REQUIRED.items():
        monkeypatch.setenv(name, value)
    kind: type[BaseSettings] = request.param
    return kind


SHARED_AND_OWN: Final = {
    "nested": ({"HTTP__HEAD_S_MAX": "5"}, {"HTTP__HEAD_S_MAX": "4"}),
    "json": ({"HTTP": '{"head_s_max": 5}'}, {"HTTP": '{"head_s_max": 4}'}),
    "shared nested": ({"HTTP__HEAD_S_MAX": "5"}, {"HTTP": '{"head_s_max": 4}'}),
    "shared json": ({"HTTP": '{"head_s_max": 5}'}, {"HTTP__HEAD_S_MAX": "4"}),
    "limits nested": (
        {"RATE_LIMITS": "{}", "RATE_LIMITS__PERSON__WRITES": "5"},
        {"RATE_LIMITS__PERSON__WRITES": "4"},
    ),
    "limits json": ({"RATE_LIMITS": "{}"}, {"RATE_LIMITS": '{"person": {"writes": 4}}'}),
    "limits shared nested": (
        {"RATE_LIMITS__PERSON__WRITES": "5"},
        {"RATE_LIMITS": '{"person": {"writes": 4}}'},
    ),
    "hosts": ({"HOSTS": "five.example"}, {"HOSTS": "four.example"}),
    "origins": (
        {"CORS_ORIGINS": "http://five.example"},
        {"CORS_ORIGINS": "http://four.example"},
    ),
}
OWN_VALUES: Final = {
    "HTTP": lambda found: found.http.head_s_max == 4,
    "RATE_LIMITS": lambda found: found.rate_limits.person.writes == 4,
    "HOSTS": lambda found: found.hosts == ("four.example",),
    "CORS_ORIGINS": lambda found: found.cors_origins == ("http://four.example",),
}


@pytest.mark.parametrize("own_first", [True, False])
@pytest.mark.parametrize(("shared", "own"), SHARED_AND_OWN.values(), ids=SHARED_AND_OWN)
def test_a_setting_of_the_service_comes_before_the_shared_one(
    service: type[BaseSettings],
    shared: dict[str, str],
    own: dict[str, str],
    own_first: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    prefix = service.model_config["env_prefix"]
    given = [(f"PRACTIX_{name}", value) for name, value in shared.items()]
    owned = [(f"{prefix}{name}", value) for name, value in own.items()]
    for name, value in owned + given if own_first else given + owned:
        monkeypatch.setenv(name, value)
    (field,) = {name.partition("__")[0] for name in own}
    assert OWN_VALUES[field](load_settings(service))


def test_what_a_service_leaves_out_is_as_shared(
    service: type[BaseSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    prefix = service.model_config["env_prefix"]
    monkeypatch.setenv("PRACTIX_RATE_LIMITS", '{"person": {"reads": 7, "writes": 5}}')
    monkeypatch.setenv("PRACTIX_RATE_LIMITS__ADDRESS__PUBLIC", "8")
    monkeypatch.setenv(f"{prefix}RATE_LIMITS", '{"person": {"writes": 4}}')
    found: Any = load_settings(service)
    limits = found.rate_limits
    assert (limits.person.reads, limits.person.writes, limits.address.public) == (7, 4, 8)


@pytest.mark.parametrize("wrong", ["PRACTIX_", "PROJECTOR_"])
def test_a_wrong_bound_is_named_as_it_was_given(
    wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in REQUIRED.items():
        monkeypatch.setenv(name, value)
    for prefix in ("PRACTIX_", "PROJECTOR_"):
        monkeypatch.setenv(f"{prefix}HTTP__DRAIN_S", "1")
    monkeypatch.setenv(f"{wrong}HTTP__HEAD_S_MAX", "-1")
    with pytest.raises(SettingsWrong, match=f"^{wrong}HTTP__HEAD_S_MAX: "):
        load_settings(projector.settings.Settings)


@pytest.mark.parametrize("prefix", ["QUERY_API_", "PROJECTOR_"])
def test_the_analysts_account_is_read_by_its_earlier_name_as_well(
    prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dsn = "clickhouse://analyst:secret@db/practix"
    for name, value in REQUIRED.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv(f"{prefix}CLICKHOUSE_ANALYST_DSN", dsn)
    found = load_settings(query_api.settings.Settings).clickhouse_analyst_dsn
    assert found is not None
    assert found.get_secret_value() == dsn
