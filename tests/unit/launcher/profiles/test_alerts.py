"""Fires every alert by promtool, and finds none where all is well."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import yaml

from tests.conftest import unavailable
from tests.paths import ROOT

RULES = ROOT / "deploy/prometheus/alerts.yml"
EVALUATED_AFTER = "4h"
ALWAYS = "x300"
"""A series of one-minute samples that outlasts the evaluation."""

WELL = {
    'up{instance="command_api_1:8000"}': "1+0",
    'command_api_leading{instance="command_api_1:8000"}': "1+0",
    'command_api_leading{instance="command_api_2:8000"}': "0+0",
    'command_api_outcomes_total{code="accepted", replayed="no"}': "0+100",
    'command_api_outcomes_total{code="no_leader", replayed="no"}': "0+1",
    'command_api_clock_skew_seconds{instance="command_api_1:8000"}': "-2+0",
    'command_api_position{instance="command_api_1:8000"}': "0+10",
    'command_api_checkpoint_position{instance="command_api_1:8000"}': "1+10",
    'command_api_checkpoint_failing{instance="command_api_1:8000"}': "0+0",
    'reader_active{instance="notifier_1:8000", reader="notifier"}': "0+0",
    'reader_active{instance="notifier_2:8000", reader="notifier"}': "1+0",
    'read_models_read{instance="query_api_1:8000", shape="new"}': "1+0",
    'read_models_read{instance="query_api_2:8000", shape="next"}': "0+0",  # They are being filled.
    'read_models_followed{instance="projector_1:8000", shape="new"}': "1+0",
    'read_models_followed{instance="projector_2:8000", shape="new"}': "0+0",
    "projector_lag_seconds": "2+0",
    'projector_available{what="journal"}': "1+0",
    'projector_available{what="tables"}': "1+0",
    "projector_dead_letters_total": "3+0",
    "projector_verify_failed": "0+0",
    "projector_verified_timestamp_seconds": "1+0",
    "projector_shape_differs": "0+0",
    "projector_erased_on_disk": "0+0",
    "projector_history_words_to_scrub": "0+0",
    'notifier_available{what="journal"}': "1+0",
    'notifier_available{what="tables"}': "1+0",
    "notifier_notices_overdue": "500+0",
    'notifier_notices_total{state="sent"}': "0+60",
    'notifier_notices_total{state="parked"}': "7+0",
    "notifier_dead_letters_total": "0+0",
    "notifier_erasures_pending": "0+0",
    "notifier_publications_stuck": "0+0",
    'practix_disk_free_ratio{instance="projector:8000", what="verify"}': "0.5+0",
    'practix_circuit_open{instance="notifier:8000", service="notification"}': "0+0",
}
"""The figures of a system that is well, as start and step of each minute."""


class Trouble(NamedTuple):
    """What differs from a system that is well, and the labels of the alert besides severity."""

    alert: str
    figures: Mapping[str, str]
    labels: Mapping[str, str] = MappingProxyType({})


TROUBLES = [
    Trouble("NoLeader", {'command_api_leading{instance="command_api_1:8000"}': "0+0"}),
    Trouble("TwoLeaders", {'command_api_leading{instance="command_api_2:8000"}': "1+0"}),
    Trouble("CommandsFail", {'command_api_outcomes_total{code="no_leader", replayed="no"}': "0+6"}),
    Trouble(
        "NobodyActive",
        {'reader_active{instance="notifier_2:8000", reader="notifier"}': "0+0"},
        {"reader": "notifier"},
    ),
    Trouble(
        "ReadsStandStill",
        {'read_models_followed{instance="projector_1:8000", shape="new"}': "0+0"},
        {"shape": "new"},
    ),
    # Query processes of the build before, whose projectors are gone.
    Trouble(
        "ReadsStandStill",
        {'read_models_read{instance="query_api_2:8000", shape="old"}': "1+0"},
        {"shape": "old"},
    ),
    Trouble(
        "ProcessAway",
        {'up{instance="command_api_1:8000"}': "0+0"},
        {"instance": "command_api_1:8000"},
    ),
    Trouble("ReadsLag", {"projector_lag_seconds": "31+0"}),
    Trouble("JournalAway", {'notifier_available{what="journal"}': "0+0"}),
    Trouble("TablesAway", {'projector_available{what="tables"}': "0+0"}),
    Trouble("NoticesOverdue", {'notifier_notices_total{state="sent"}': "60+0"}),
    Trouble(
        "NoticesParked", {'notifier_notices_total{state="parked"}': "7+1"}, {"state": "parked"}
    ),
    Trouble("DeadLetters", {"projector_dead_letters_total": "3+1"}),
    Trouble(
        "ClockSkewed", {'command_api_clock_skew_seconds{instance="command_api_1:8000"}': "-21+0"}
    ),
    Trouble(
        "DiskFills",
        {'practix_disk_free_ratio{instance="projector:8000", what="verify"}': "0.09+0"},
        {"instance": "projector:8000", "what": "verify"},
    ),
    Trouble(
        "CheckpointOld",
        {'command_api_checkpoint_position{instance="command_api_1:8000"}': "1+0"},
        {"instance": "command_api_1:8000"},
    ),
    Trouble(
        "CircuitOpen",
        {'practix_circuit_open{instance="notifier:8000", service="notification"}': "1+0"},
        {"service": "notification"},
    ),
    Trouble("VerifyFailed", {"projector_verify_failed": "1+0"}),
    # The evaluation is four hours after the epoch, so the last verify was a day before it.
    Trouble("VerifyOld", {"projector_verified_timestamp_seconds": "-90000+0"}),
    Trouble("ShapeDiffers", {"projector_shape_differs": "1+0"}),
    Trouble("WordsOfErased", {"projector_erased_on_disk": "1+0"}),
    Trouble("PublicationsStuck", {"notifier_publications_stuck": "1+0"}),
]


def read_rules() -> dict[str, Any]:
    (group,) = yaml.safe_load(RULES.read_text())["groups"]
    return {rule["alert"]: rule for rule in group["rules"]}


def expect_of(trouble: Trouble | None, name: str, rule: dict[str, Any]) -> dict[str, Any]:
    """What promtool is to find of one rule: one alert if this is its trouble, else none."""
    expected = []
    if trouble is not None and trouble.alert == name:
        labels = trouble.labels

        def fill(text: str) -> str:
            return re.sub(r"{{ \$labels\.(\w+) }}", lambda found: labels[found[1]], text)

        expected.append(
            {
                "exp_labels": {**rule["labels"], **trouble.labels},
                "exp_annotations": {key: fill(one) for key, one in rule["annotations"].items()},
            }
        )
    return {"eval_time": EVALUATED_AFTER, "alertname": name, "exp_alerts": expected}


def build_test(trouble: Trouble | None) -> dict[str, Any]:
    figures = {**WELL, **(trouble.figures if trouble is not None else {})}
    return {
        "interval": "1m",
        "input_series": [
            {"series": name, "values": f"{values}{ALWAYS}"} for name, values in figures.items()
        ],
        "alert_rule_test": [expect_of(trouble, *one) for one in read_rules().items()],
    }


def test_every_alert_has_a_trouble_that_it_tells_and_a_line_of_what_to_do() -> None:
    rules = read_rules()
    assert set(rules) == {trouble.alert for trouble in TROUBLES}
    headings = re.findall(r"^##+ (.*)$", (ROOT / "docs/operations.md").read_text(), re.MULTILINE)
    for name, rule in rules.items():
        assert rule["labels"]["severity"] in ("page", "ticket"), name
        runbook = rule["annotations"]["runbook"]
        named = re.findall(r'\("([^"]*)"\)', runbook)
        assert set(named) <= set(headings), name


def test_each_trouble_fires_its_own_alert_and_a_system_that_is_well_fires_none(
    tmp_path: Path,
) -> None:
    if shutil.which("promtool") is None:
        unavailable("promtool is not installed (Debian: apt-get install prometheus)")
    tests = {
        "rule_files": [str(RULES)],
        "evaluation_interval": "1m",
        "tests": [build_test(trouble) for trouble in (None, *TROUBLES)],
    }
    (file := tmp_path / "tests.yml").write_text(yaml.safe_dump(tests))
    told = subprocess.run(
        ["promtool", "test", "rules", str(file)], capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stdout + told.stderr
