"""The compose file's optional parts: what they publish, where from, and what they show."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY

import command_api.metrics
import notifier.metrics
import projector.metrics
from deploy import up

ROOT = Path(__file__).resolve().parents[2]
OURS = re.compile(r"\b(?:command_api|query_api|projector|notifier|neighbours)_\w+")
SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
EXPORTERS = (command_api.metrics, projector.metrics, notifier.metrics)


def read(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text())


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = read("docker-compose.yml")["services"]
    return found


def expressions() -> Iterator[str]:
    dashboard = json.loads((ROOT / "deploy/grafana/dashboards/practix.json").read_text())
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield target["expr"]


def exported() -> set[str]:
    """The names of all series that the processes may have."""
    assert all(module.POSITION for module in EXPORTERS)
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


def test_every_image_of_others_is_pinned_and_can_be_chosen(services: dict[str, Any]) -> None:
    for one in services.values():
        variable, default = re.fullmatch(r"\$\{([A-Z_]+):-(.+)\}", one["image"]).groups()  # type: ignore[union-attr]
        assert variable.endswith("_IMAGE")
        assert default == "practix:local" or re.search(r":v?\d+\.\d+", default)


def test_every_service_has_a_limit_of_memory_and_a_way_to_say_that_it_is_well(
    services: dict[str, Any],
) -> None:
    for name, one in services.items():
        assert one["mem_limit"], name
        own_image = one["image"].startswith("${PRACTIX_IMAGE")  # Its Dockerfile has one.
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
        if one["image"].startswith("${PRACTIX_IMAGE") and one.get("restart") != "no"
    }
    assert scraped == {f"{name}:8000" for name in running}


def test_every_figure_of_the_dashboard_is_exported() -> None:
    named = {name for expression in expressions() for name in OURS.findall(expression)}
    assert named
    assert named - exported() == set()


def test_the_dashboard_asks_the_data_source_that_is_provisioned() -> None:
    (source,) = read("deploy/grafana/provisioning/datasources/prometheus.yml")["datasources"]
    dashboard = (ROOT / "deploy/grafana/dashboards/practix.json").read_text()
    assert set(re.findall(r'"type": "prometheus",\s+"uid": "(\w+)"', dashboard)) == {source["uid"]}


@pytest.mark.parametrize(
    ("profiles", "hands_on"), [("", False), ("grafana", False), ("grafana,mailpit", True)]
)
def test_mail_is_sent_only_where_somebody_takes_it(
    monkeypatch: pytest.MonkeyPatch, profiles: str, hands_on: bool
) -> None:
    monkeypatch.setenv("COMPOSE_PROFILES", profiles)
    assert ("HAND_ON" in up.handed_on()) is hands_on
