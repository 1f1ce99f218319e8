"""Collects the figures of a benchmark and prints each as one JSON object a line."""

import json
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, TextIO

from benchmarks.harness.load import Figures, Run

QUICK_PART: Final = 5
"""A quick run measures a fifth of what a full one measures."""


class Figure(NamedTuple):
    """One figure: `n` measurements of `command`, and its ratio to the figure `baseline`."""

    name: str
    value: float
    unit: str
    baseline: str | None
    ratio: float | None
    n: int
    command: str
    measured_at: str
    load_average: float
    """The machine's in the last minute: above its cores, compare nothing but ratios."""


class Report:
    """The figures of one run of `command`. Each is printed when it is added."""

    def __init__(self, command: str, *, quick: bool = False, out: TextIO | None = None) -> None:
        self.quick = quick
        self._command = command
        self._out = out
        self._figures: dict[str, Figure] = {}

    def scale(self, amount: int) -> int:
        """Return `amount`, or a part of it if the run is a quick one."""
        return max(1, amount // QUICK_PART) if self.quick else amount

    def value(self, name: str) -> float:
        """Return a figure that was added before."""
        return self._figures[name].value

    def add(self, name: str, value: float, unit: str, n: int, baseline: str | None = None) -> None:
        """Add one figure, with its ratio to the figure `baseline` of the same run."""
        found = self._figures.get(baseline) if baseline else None
        figure = Figure(
            name=name,
            value=round(value, 3),
            unit=unit,
            baseline=found and found.name,
            ratio=round(value / found.value, 3) if found and found.value else None,
            n=n,
            command=self._command,
            measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
            load_average=round(os.getloadavg()[0], 1),
        )
        self._figures[name] = figure
        print(json.dumps(figure._asdict()), flush=True, file=self._out)

    def add_load(self, name: str, figures: Figures, baseline: str | None = None) -> None:
        """Add rate, p50 and p99 of a load, each with its ratio to that of `baseline`."""
        for part, value, unit in (
            ("rate", figures.per_second, "requests/s"),
            ("p50", figures.p50_ms, "ms"),
            ("p99", figures.p99_ms, "ms"),
        ):
            against = f"{baseline}/{part}" if baseline else None
            self.add(f"{name}/{part}", value, unit, figures.requests, against)

    def add_run(self, name: str, run: Run, baseline: str | None = None) -> None:
        """Add the figures of a load and its server's processor time, each with its ratio."""
        self.add_load(name, run.figures, baseline)
        against = f"{baseline}/cpu" if baseline else None
        self.add(f"{name}/cpu", run.cpu_us, "us", run.figures.requests, against)

    def print(self) -> None:
        """Print all figures as a table."""
        print_table(self._figures.values())


def parse_figure(line: str) -> Figure | None:
    """Return the figure that a printed line holds; None if it holds none."""
    try:
        found: Any = json.loads(line)
        return Figure(**found)
    except (ValueError, TypeError):
        return None


def print_table(figures: Iterable[Figure]) -> None:
    """Print figures with their ratios."""
    print(f"\n{'figure':44} {'value':>12}  {'unit':12}  ratio")
    for one in figures:
        ratio = "" if one.ratio is None else f"{one.ratio:.2f} of {one.baseline}"
        print(f"{one.name:44} {one.value:12,.2f}  {one.unit:12}  {ratio}")
