"""Prints figures as they come, one JSON object a line, and a table at the end."""

import json
from typing import NamedTuple

from benchmarks.load import Figures

BASELINE = "row_lock"


class FigureLine(NamedTuple):
    """One figure: `n` measurements of `command`, and its ratio to the figure `baseline`."""

    name: str
    value: float
    unit: str
    baseline: str | None
    ratio: float | None
    n: int
    command: str


class Report:
    """The figures of one run of `command`. Each is printed when it is added."""

    def __init__(self, command: str) -> None:
        self._command = command
        self._lines: list[FigureLine] = []

    def add_http(self, subject: str, clients: int, figures: Figures) -> None:
        """Add figures with their ratios to the row lock at the same number of clients."""
        self._add(f"http/{subject}/{clients}", figures, f"http/{BASELINE}/{clients}")

    def add_append(self, journal: str, clients: int, figures: Figures) -> None:
        self._add(f"append/{journal}/{clients}", figures, None)

    def print(self) -> None:
        """Print all figures as a table."""
        print(f"\n{'figure':36} {'value':>12}  unit          ratio")
        for line in self._lines:
            ratio = "" if line.ratio is None else f"{line.ratio:.2f} x {line.baseline}"
            print(f"{line.name:36} {line.value:12,.2f}  {line.unit:12}  {ratio}")

    def add(self, name: str, value: float, unit: str, n: int, baseline: str | None = None) -> None:
        """Add one figure, with its ratio to the figure `baseline` of the same run."""
        found = next((one.value for one in self._lines if one.name == baseline), None)
        ratio = round(value / found, 3) if found else None
        line = FigureLine(
            name, round(value, 3), unit, baseline if found else None, ratio, n, self._command
        )
        self._lines.append(line)
        print(json.dumps(line._asdict()), flush=True)

    def _add(self, name: str, figures: Figures, baseline: str | None) -> None:
        for part, value, unit in (
            ("rate", figures.per_second, "requests/s"),
            ("p50", figures.p50_ms, "ms"),
            ("p99", figures.p99_ms, "ms"),
        ):
            against = f"{baseline}/{part}" if baseline else None
            self.add(f"{name}/{part}", value, unit, figures.requests, against)
