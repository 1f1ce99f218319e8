"""The name of a cell gives it a topic and secrets of its own; without one nothing changes. And a
cell has one zone."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

import command_api.settings
import launcher.settings
import notifier.settings
import projector.settings
import query_api.settings
from runtime.journal.kafka import name_topic
from runtime.journal.kafka_topics import topic_of
from runtime.service.cell import UNNAMED, demand_name, secret_of
from runtime.service.settings import SettingsWrong, load_settings

NEEDED = {
    "PROJECTOR_KAFKA_BOOTSTRAP_SERVERS": "kafka:9092",
    "PROJECTOR_POSTGRES_DSN": "postgresql://nobody@127.0.0.1/practix",
    "PRACTIX_OPERATOR_TOKEN": "o" * 32,
    "PROJECTOR_OWN_URL": "http://127.0.0.1:1",
    "PROJECTOR_CELL_SECRET": "c" * 32,
    "PROJECTOR_TOKEN__SECRET": "t" * 32,
    "PROJECTOR_NEIGHBOURS__BASE_URL": "http://127.0.0.1:1",
    "PROJECTOR_NEIGHBOURS__CREDENTIAL": "n" * 32,
}


@pytest.mark.parametrize("name", [UNNAMED, "spb", "nizhny-novgorod", "r120", "a" * 32])
def test_a_cell_has_a_name_that_a_host_can_have(name: str) -> None:
    assert demand_name(name) == name


@pytest.mark.parametrize("name", ["Spb", "спб", "s.pb", "-spb", "spb-", "7hills", "a" * 33, " "])
def test_another_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="name of a cell"):
        demand_name(name)


def test_the_unnamed_cell_has_the_topic_that_there_always_was() -> None:
    assert topic_of(UNNAMED) == "practix.journal"


def test_no_topic_of_a_cell_is_a_later_log_of_another() -> None:
    assert topic_of("r120") == "practix.r120.journal" != f"{topic_of(UNNAMED)}.r120"


def test_the_unnamed_cell_uses_the_secret_as_it_is() -> None:
    assert secret_of(UNNAMED, SecretStr("s" * 32)) == "s" * 32


def test_each_cell_has_secrets_of_its_own() -> None:
    shared = SecretStr("s" * 32)
    assert len({secret_of(cell, shared) for cell in (UNNAMED, "spb", "msk")}) == 3
    assert secret_of("spb", shared) != secret_of("spb", SecretStr("t" * 32))


@pytest.mark.parametrize(
    "service", [command_api, notifier, projector], ids=lambda one: one.__name__
)
def test_every_reader_of_the_journal_finds_the_topic_of_its_cell(
    service: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefix = service.__name__.upper()
    for name, value in NEEDED.items():
        monkeypatch.setenv(name.replace("PROJECTOR", prefix), value)
    monkeypatch.setenv("PRACTIX_CELL", "spb")
    settings = load_settings(service.settings.Settings)
    assert name_topic(settings) == "practix.spb.journal"
    monkeypatch.setenv(f"{prefix}_JOURNAL_TOPIC", "of.a.site")
    settings = load_settings(service.settings.Settings)
    assert name_topic(settings) == "of.a.site"


def test_a_wrong_name_is_reported_as_a_wrong_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PRACTIX_CELL", "St. Petersburg")
    with pytest.raises(SettingsWrong, match="PRACTIX_CELL: the name of a cell"):
        load_settings(projector.settings.Settings)


@pytest.mark.parametrize("service", [query_api, notifier, launcher], ids=lambda one: one.__name__)
def test_a_cell_has_one_zone_for_all_its_processes(
    service: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefix = service.__name__.upper()
    for name, value in (NEEDED | {"PROJECTOR_FEED_SECRET": "f" * 32}).items():
        monkeypatch.setenv(name.replace("PROJECTOR", prefix), value)
    assert load_settings(service.settings.Settings).zone == ZoneInfo("Europe/Moscow")
    monkeypatch.setenv("QUERY_API_DAYS_OF", "Asia/Tokyo")  # The earlier name.
    assert load_settings(service.settings.Settings).zone == ZoneInfo("Asia/Tokyo")
    monkeypatch.setenv("PRACTIX_ZONE", "Asia/Omsk")
    assert load_settings(service.settings.Settings).zone == ZoneInfo("Asia/Omsk")


@pytest.mark.parametrize("zone", ["", "Asia/Omks", "localtime"])
def test_a_zone_that_there_is_not_is_reported(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRACTIX_ZONE", zone)
    with pytest.raises(SettingsWrong, match="PRACTIX_ZONE: This is not an IANA time zone"):
        load_settings(launcher.settings.Settings)
