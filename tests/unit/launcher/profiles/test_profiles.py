"""The compose file's optional parts: what they publish, where from, and what they show."""

import json
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY
from pydantic import AliasChoices
from pydantic_settings import BaseSettings

import command_api.metrics
import command_api.settings
import notifier.metrics
import notifier.settings
import projector.history.metrics
import projector.metrics
import projector.settings
import query_api.settings
import runtime.process.health_figures
from contracts.error_codes import describe, is_error_code
from contracts.values.ids import PersonId
from deploy import up
from launcher.profiles.gateway import OPERATOR_SILENCE_S_MAX, SILENCE_S_MAX, UPSTREAMS
from neighbours.settings import StandInSettings
from query_api.streams.limits import DEFAULT as STREAM_LIMITS
from runtime.auth.operators import reveal_tokens
from runtime.auth.tokens import issue_token
from runtime.http.problems import STATUS, TYPE_PREFIX
from runtime.process.becoming_ready import FILL_S_MAX
from runtime.service.cell import ZONE_DEFAULT
from runtime.service.settings import SHARED_PREFIX, ServiceSettings
from runtime.traces.settings import TraceSettings, TraceSwitch
from tests.paths import ROOT
from tests.unit.launcher.profiles.dashboard import list_expressions

OURS = re.compile(r"\b(?:command_api|query_api|projector|notifier|neighbours|practix)_\w+")
SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
SETTINGS: dict[str, type[BaseSettings]] = {
    "command_api_1": command_api.settings.Settings,
    "command_api_2": command_api.settings.Settings,
    "query_api_1": query_api.settings.Settings,
    "query_api_2": query_api.settings.Settings,
    "projector_1": projector.settings.Settings,
    "notifier_1": notifier.settings.Settings,
    "neighbours": StandInSettings,
}
EXPORTERS = (
    command_api.metrics,
    projector.metrics,
    projector.history.metrics,
    notifier.metrics,
    runtime.process.health_figures,
)
OWN_IMAGES = ("${PRACTIX_IMAGE", "${PRACTIX_QUERY_IMAGE")


def read(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text())


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = read("docker-compose.yml")["services"]
    return found


def exported() -> set[str]:
    """The names of all series that the processes may have."""
    assert all(EXPORTERS)  # Importing them is what fills the registry.
    return {
        family.name + suffix
        for family in REGISTRY.collect()
        for suffix in SUFFIXES.get(family.type, ())
    }


def test_only_the_gateway_publishes_a_port_unless_a_profile_is_asked_for(
    services: dict[str, Any],
) -> None:
    publishing = {name for name, one in services.items() if "ports" in one}
    assert {name for name in publishing if "profiles" not in services[name]} == {"gateway"}
    assert publishing - {"gateway"} == set(up.PAGES)


def test_no_container_can_fill_the_disk_with_lines(services: dict[str, Any]) -> None:
    unlimited = {name for name, one in services.items() if "max-size" not in str(one["logging"])}
    assert unlimited == set()


def test_the_stand_in_is_closed_unless_its_profile_is_asked_for(services: dict[str, Any]) -> None:
    (mounted,) = [one for one in services["gateway"]["volumes"] if "stand_in" in one]
    assert mounted.startswith("./deploy/gateway/stand_in/${STAND_IN:-closed}.conf:")
    folder = ROOT / "deploy" / "gateway"
    assert "/neighbours/" not in (folder / "nginx.conf").read_text()
    assert "location /s/" in (folder / "nginx.conf").read_text()
    assert "location /neighbours/ { return 404; }" in (folder / "stand_in/closed.conf").read_text()
    assert (
        up.variables_of_profiles({})
        == up.variables_of_profiles({"COMPOSE_PROFILES": "grafana"})
        == {}
    )
    published = up.variables_of_profiles({"COMPOSE_PROFILES": "grafana,stand-in"})
    assert (folder / f"stand_in/{published['STAND_IN']}.conf").exists()


def test_what_counts_as_a_persons_token_is_never_a_key() -> None:
    conf = (ROOT / "deploy" / "gateway" / "nginx.conf").read_text()
    (pattern,) = re.findall(r'"~(.*)" \$http_authorization;', conf)
    keys = [token_urlsafe(32) for _ in range(100)]
    assert not any(re.search(pattern, f"Bearer {one}") for one in keys)
    token = issue_token(PersonId("anna"), key=keys[0], now=datetime.now(UTC))
    assert all(re.search(pattern, f"{scheme} {token}") for scheme in ("Bearer", "bearer"))


def test_what_the_gateway_answers_itself_is_a_problem_of_the_catalogue() -> None:
    conf = (ROOT / "deploy" / "gateway" / "nginx.conf").read_text()
    answers = [json.loads(body) for body in re.findall(r"'(\{\"type\".*\})';", conf)]
    fixed = {one["code"]: one for one in answers if "$" not in one["code"]}
    assert {"malformed_request", "request_timeout", "head_too_large", "too_large"} <= set(fixed)
    for code, one in fixed.items():
        assert (one["type"], one["status"]) == (f"{TYPE_PREFIX}{code}", STATUS[code])
        assert is_error_code(code)
        assert one["detail"] == describe(code)
        assert f'return {STATUS[code]} \'{{"type":"{one["type"]}"' in conf


def test_every_process_behind_the_gateway_is_one_of_the_cell() -> None:
    """All but the stand-in, which the cells share."""
    conf = (ROOT / "deploy" / "gateway" / "nginx.conf").read_text()
    named = set(re.findall(r"[a-z_]+(?=\$of_cell:8000;)", conf))
    assert named >= {*UPSTREAMS} - {"neighbours"}
    assert re.findall(r" ([a-z_]+):8000;", conf) == ["neighbours"]
    assert "proxy_pass http://$side$of_cell:8000;" in conf


def test_both_gateways_are_equally_patient() -> None:
    conf = (ROOT / "deploy" / "gateway" / "nginx.conf").read_text()
    commands, *operators = map(float, re.findall(r"proxy_read_timeout (\d+)s;", conf))
    assert commands == SILENCE_S_MAX
    assert set(operators) == {OPERATOR_SILENCE_S_MAX}


def test_both_gateways_pass_streams_on_as_they_come() -> None:
    """What is silent for longer than the heartbeat is not a stream."""
    conf = (ROOT / "deploy" / "gateway" / "nginx.conf").read_text()
    (stream,) = re.findall(r"location = /api/v1/stream (\{.*\})", conf)
    assert "proxy_buffering off;" in stream
    assert STREAM_LIMITS.heartbeat_s * 4 < SILENCE_S_MAX


def test_every_published_port_is_one_of_loopback_and_can_be_chosen(
    services: dict[str, Any],
) -> None:
    for one in services.values():
        for port in one.get("ports", ()):
            assert re.fullmatch(r"127\.0\.0\.1:\$\{[A-Z_]*PORT:-\d+\}:\d+", port)


def test_the_pages_that_are_told_are_the_ports_that_are_published(
    services: dict[str, Any],
) -> None:
    for name, (variable, port) in up.PAGES.items():
        assert services[name]["ports"][0].startswith(f"127.0.0.1:${{{variable}:-{port}}}:")


def test_a_container_may_fill_tables_for_as_long_as_a_roll_waits(
    services: dict[str, Any],
) -> None:
    for name in up.ROLLED:
        if name.startswith(("projector", "query_api")):
            assert services[name]["healthcheck"]["start_period"] == f"{FILL_S_MAX / 3600:.0f}h"


def test_no_container_is_given_up_before_make_up_gives_up(services: dict[str, Any]) -> None:
    patience = f"{int(up.UP_S_MAX) // 60}m"
    assert f"--start-period={patience} " in (ROOT / "Dockerfile").read_text()
    for name, one in services.items():
        if "retries" in (check := one.get("healthcheck", {})):
            assert check["start_period"] in (patience, f"{FILL_S_MAX / 3600:.0f}h"), name


def test_every_image_of_others_is_pinned_and_can_be_chosen(services: dict[str, Any]) -> None:
    for one in services.values():
        variable, default = re.fullmatch(r"\$\{([A-Z_]+):-(.+)\}", one["image"]).groups()  # type: ignore[union-attr]
        assert variable.endswith("_IMAGE")
        is_own = default in ("practix:local", "practix-query:local")
        assert is_own or re.search(r":v?\d+\.\d+", default)


def test_the_documentation_names_the_images_that_run(services: dict[str, Any]) -> None:
    text = (ROOT / "docs" / "containers.md").read_text()
    table = text.split("## Stand-ins and official images")[1].split("\n\n")[1]
    named = dict(re.findall(r"^\| (\w+)[^|]*\|[^|]*\| `([^`]+)` \|", table, re.MULTILINE))
    assert {"kafka", "postgres", "clickhouse", "gateway"} <= set(named)
    for name, image in named.items():
        assert services[name]["image"].endswith(f":-{image}}}"), name


READ_BY_LIBRARIES = {"SQLITE_TMPDIR", "OTEL_RESOURCE_ATTRIBUTES"}
READ_BY_TRACES = {
    f"{one.model_config['env_prefix']}{name}".upper()
    for one in (TraceSwitch, TraceSettings)
    for name in one.model_fields
}


def test_every_process_has_only_those_shared_settings_that_it_reads(
    services: dict[str, Any],
) -> None:
    for name, settings in SETTINGS.items():
        prefix = settings.model_config["env_prefix"]
        given = services[name]["environment"]
        shared = {key.split("__")[0] for key in given if not key.startswith(prefix)}
        aliases = (field.validation_alias for field in settings.model_fields.values())
        read = {
            one for alias in aliases if isinstance(alias, AliasChoices) for one in alias.choices
        } | {f"{SHARED_PREFIX}{name}".upper() for name in ServiceSettings.model_fields}
        assert shared <= read | READ_BY_LIBRARIES | READ_BY_TRACES, name


def test_who_has_operators_routes_gets_their_tokens_from_one_line(
    services: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    variable = f"{SHARED_PREFIX}OPERATOR_TOKENS"
    given = {name for name, one in services.items() if variable in one.get("environment", {})}
    assert given == {
        *("command_api_1", "command_api_2", "query_api_1", "query_api_2"),
        *("projector_1", "projector_2", "notifier_1", "notifier_2"),
    }
    assert {services[name]["environment"][variable] for name in given} == {"${OPERATOR_TOKENS:-{}}"}
    monkeypatch.setenv(variable, json.dumps({"anna": "a" * 64, "Boris": "b" * 64}))
    found = ServiceSettings(_env_prefix=SHARED_PREFIX).operator_tokens
    assert reveal_tokens(found) == {"anna": "a" * 64, "boris": "b" * 64}


def test_every_service_has_a_limit_of_memory_and_a_way_to_say_that_it_is_well(
    services: dict[str, Any],
) -> None:
    for name, one in services.items():
        assert one["mem_limit"], name
        own_image = one["image"].startswith(OWN_IMAGES)  # Its Dockerfile has one.
        assert own_image or "healthcheck" in one, name


def test_every_process_is_scraped(services: dict[str, Any]) -> None:
    scraped = {
        target
        for job in read("deploy/prometheus/prometheus.yml")["scrape_configs"]
        for static in job["static_configs"]
        for target in static["targets"]
    }
    running = {
        name
        for name, one in services.items()
        if one["image"].startswith(OWN_IMAGES)
        and "-m" in one["command"]
        and not one["command"][-1].startswith("deploy.")  # A job serves nothing.
    }
    assert scraped == {f"{name}:8000" for name in running}


def test_every_figure_of_the_dashboard_is_exported() -> None:
    named = {name for expression in list_expressions() for name in OURS.findall(expression)}
    assert named
    assert named - exported() == set()


def test_every_figure_of_an_alert_is_exported() -> None:
    (group,) = read("deploy/prometheus/alerts.yml")["groups"]
    named = {name for rule in group["rules"] for name in OURS.findall(rule["expr"])}
    assert named - exported() == set()


def test_the_dashboard_asks_the_data_source_that_is_provisioned() -> None:
    (source,) = read("deploy/grafana/provisioning/datasources/prometheus.yml")["datasources"]
    dashboard = (ROOT / "deploy/grafana/dashboards/practix.json").read_text()
    assert set(re.findall(r'"type": "prometheus",\s+"uid": "(\w+)"', dashboard)) == {source["uid"]}


@pytest.mark.parametrize(
    ("values", "hands_on"),
    [
        ({}, False),
        ({"COMPOSE_PROFILES": "grafana"}, False),
        ({"COMPOSE_PROFILES": "grafana,mailpit"}, True),
        ({"COMPOSE_PROFILES": "*"}, True),
        ({"COMPOSE_PROFILES": "mailpit", "HAND_ON": "{}"}, False),
    ],
)
def test_mail_is_sent_only_where_somebody_takes_it(values: dict[str, str], hands_on: bool) -> None:
    assert ("HAND_ON" in up.variables_of_profiles(values)) is hands_on


@pytest.mark.parametrize(
    ("values", "links"),
    [
        ({"COMPOSE_PROFILES": "grafana"}, None),
        ({"COMPOSE_PROFILES": "site"}, "/"),
        ({"COMPOSE_PROFILES": "site", "SITE_URL": "https://kino.example"}, None),
    ],
)
def test_public_pages_lead_to_the_site_only_if_there_is_one(
    services: dict[str, Any], values: dict[str, str], links: str | None
) -> None:
    assert services["query_api_1"]["environment"]["QUERY_API_SITE_URL"] == "${SITE_URL:-}"
    assert up.variables_of_profiles(values).get("SITE_URL") == links


def test_all_who_tell_times_to_everybody_have_one_zone(services: dict[str, Any]) -> None:
    zones = {
        name: one["environment"]["PRACTIX_ZONE"]
        for name, one in services.items()
        if "PRACTIX_ZONE" in one.get("environment", {})
    }
    assert set(zones) == {f"{one}_{number}" for one in ("query_api", "notifier") for number in "12"}
    assert set(zones.values()) == {f"${{PRACTIX_ZONE:-{ZONE_DEFAULT.key}}}"}


def test_the_last_of_the_environment_files_counts(tmp_path: Path) -> None:
    own, extra = tmp_path / ".env", tmp_path / "images.env"
    own.write_text("# PORT=1\nPORT=8010\nTOKEN_SECRET=a=b-_#c\nNOTHING=\n\n")
    extra.write_text("export PORT = '8020'  # ours\nHAND_ON='{\"*\": \"json://localhost\"}'\n")
    assert up.read_variables([own, extra]) == {
        "PORT": "8020",
        "TOKEN_SECRET": "a=b-_#c",
        "NOTHING": "",
        "HAND_ON": '{"*": "json://localhost"}',
    }


@pytest.fixture
def composed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """The calls of `docker compose`, of a system that is up at once. Its .env is written."""
    calls: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        calls.append(command)
        return subprocess.CompletedProcess(command, 0)

    for name in ("PORT", "COMPOSE_PROFILES", "GRAFANA_PORT", *up.SECRETS):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(up, "ROOT", tmp_path)
    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(up, "request_token", lambda url, login: f"{login}@{url}")
    (tmp_path / ".env").write_text(
        "PORT=8010\nCOMPOSE_PROFILES=grafana,stand-in\nGRAFANA_PORT=3100\n"
        "PRACTIX_OPERATOR_TOKEN=secret\n"
    )
    return calls


def test_what_is_told_is_where_the_files_have_it(
    composed: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert up.main([]) == 0
    assert [call[3] for call in composed] == ["build", "up"]
    told = capsys.readouterr().out
    assert "ANNA=anna@http://127.0.0.1:8010\n" in told
    assert "grafana http://127.0.0.1:3100\n" in told
    assert "PRACTIX_OPERATOR_TOKEN=secret\n" in told


@pytest.mark.usefixtures("composed")
def test_the_environment_comes_before_the_files(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORT", "8030")
    monkeypatch.setenv("COMPOSE_PROFILES", "stand-in")
    assert up.main([]) == 0
    told = capsys.readouterr().out
    assert "BORIS=boris@http://127.0.0.1:8030\n" in told
    assert "grafana" not in told


def test_a_secret_that_a_later_version_asks_for_is_added_and_none_is_changed(
    composed: list[list[str]],
) -> None:
    assert composed == []
    assert up.main([]) == 0
    first = up.read_variables([up.ROOT / ".env"])
    assert first["PRACTIX_OPERATOR_TOKEN"] == "secret"
    assert first.keys() >= set(up.SECRETS)
    assert up.main([]) == 0
    assert up.read_variables([up.ROOT / ".env"]) == first


def test_without_its_profile_nobody_is_told_a_token_of_the_stand_in(
    composed: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COMPOSE_PROFILES", "")
    assert up.main([]) == 0
    assert composed
    assert "ANNA" not in capsys.readouterr().out


def test_nothing_waits_for_tables_to_be_filled(services: dict[str, Any]) -> None:
    """An upgrade may fill them for hours, and commands do not need them."""
    filled = {name for name, one in services.items() if "6h" in str(one.get("healthcheck"))}
    assert filled == {"projector_1", "projector_2", "query_api_1", "query_api_2"}
    for name, one in services.items():
        for needed, how in one.get("depends_on", {}).items():
            assert needed not in filled or how["condition"] == "service_started", name
