"""Reads what the shipped dashboard asks of the metrics."""

import json
from collections.abc import Iterator

from tests.paths import ROOT


def list_expressions() -> Iterator[str]:
    dashboard = json.loads((ROOT / "deploy/grafana/dashboards/practix.json").read_text())
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield target["expr"]
