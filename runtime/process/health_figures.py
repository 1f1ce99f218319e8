"""Figures that tell whoever is on call what a process finds around it, for `/metrics`."""

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from prometheus_client import Gauge

from runtime.version import VERSION

CIRCUIT_OPEN: Final = Gauge(
    "practix_circuit_open", "1 while an outside service is not worth calling", ["service"]
)
DISK_FREE: Final = Gauge(
    "practix_disk_free_ratio", "free part of the disk on which a process keeps files", ["what"]
)

BUILD: Final = Gauge("practix_build_info", "1, with the version of the code", ["version"])
BUILD.labels(VERSION).set(1)


def show_circuits(states: Callable[[], Mapping[str, str]]) -> None:
    """Let the gauge show the state of each outside service's circuit."""
    for service in states():
        CIRCUIT_OPEN.labels(service).set_function(partial(_is_open, states, service))


def show_disk(what: str, folder: Path) -> None:
    """Let the gauge show how much of the disk under `folder` is free."""
    DISK_FREE.labels(what).set_function(lambda: measure_free(folder))


def measure_free(folder: Path) -> float:
    """Return the part of the disk under `folder` that we may still use; NaN if it is away."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return float("nan")
    return found.f_bavail / found.f_blocks if found.f_blocks else float("nan")


def _is_open(states: Callable[[], Mapping[str, str]], service: str) -> bool:
    return states()[service] != "closed"
