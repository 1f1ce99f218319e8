"""Keeps figures in docs/figures.jsonl and renews what docs/performance.md shows of them.

Kept figures of a benchmark are replaced whenever it is measured again.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from benchmarks.harness.goals import Verdict, judge_all
from benchmarks.harness.plots import Line, Panel, draw
from benchmarks.harness.report import Figure, parse_figure

DOCS: Final = Path(__file__).parent.parent.parent / "docs"
FIGURES: Final = DOCS / "figures.jsonl"
PAGE: Final = DOCS / "performance.md"
PLOTS: Final = DOCS / "plots"
BEGIN: Final = "<!-- goals: renewed by make bench -->"
END: Final = "<!-- end of goals -->"
SUBJECTS: Final = {
    "bare": "bare FastAPI route",
    "row_lock": "row lock, PostgreSQL",
    "pyeventsourcing": "pyeventsourcing",
    "sqlite": "ours, SQLite",
    "kafka": "ours, Kafka",
}
COMPARED_WITH: Final = frozenset({"bare", "row_lock", "pyeventsourcing"})


def renew_page(measured: Iterable[Figure], machine: str) -> None:
    """Merge figures into those that are kept, and renew the table of goals and the plots."""
    figures = merge_figures(read_figures(), list(measured))
    FIGURES.write_text("".join(f"{json.dumps(one._asdict())}\n" for one in figures.values()))
    page = PAGE.read_text()
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n\n{write_goals(figures, machine)}\n{END}{after}")
    PLOTS.mkdir(exist_ok=True)
    for name, panel in make_panels(figures).items():
        (PLOTS / f"{name}.svg").write_text(draw([panel]))


def read_figures() -> dict[str, Figure]:
    """Return the figures that are kept, by name."""
    lines = FIGURES.read_text().splitlines() if FIGURES.exists() else []
    return {one.name: one for line in lines if (one := parse_figure(line)) is not None}


def merge_figures(kept: Mapping[str, Figure], measured: list[Figure]) -> dict[str, Figure]:
    """Return the kept figures with those of each measured benchmark replaced, by name."""
    again = {find_benchmark(one) for one in measured}
    found = {name: one for name, one in kept.items() if find_benchmark(one) not in again}
    found |= {one.name: one for one in measured}
    return dict(sorted(found.items()))


def find_benchmark(figure: Figure) -> str:
    """Return what a figure was measured by, quick or not."""
    return figure.command.removesuffix(" QUICK=1")


def write_goals(figures: Mapping[str, Figure], machine: str) -> str:
    """Return the table of everything that is to be reached, in Markdown."""
    lines = [
        f"Last measured on: {machine}.",
        "",
        "| | to reach | before | now | | measured by |",
        "|---|---|---|---|---|---|",
    ]
    for verdict in judge_all({name: one.value for name, one in figures.items()}):
        lines.append(write_verdict(verdict, figures.get(verdict.goal.figure)))
    return "\n".join([*lines, ""])


def write_verdict(verdict: Verdict, figure: Figure | None) -> str:
    """Return one row of the table."""
    goal = verdict.goal
    now = "not measured" if verdict.now is None else f"{write_value(verdict.now)} {goal.unit}"
    said = {True: "reached", False: "not reached", None: ""}[verdict.reached]
    how = ""
    if figure is not None and verdict.now is not None:
        day, load = figure.measured_at[:10], figure.load_average
        how = f"`{figure.command}`, {day}, load average {load:g}"
    return f"| {goal.what} | {goal.limit} | {goal.before} | {now.strip()} | {said} | {how} |"


def write_value(value: float) -> str:
    """Return a value with three digits at least, and no more than say anything."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def make_panels(figures: Mapping[str, Figure]) -> dict[str, Panel]:
    """Return the plots of bookings against clients, by the name of their file."""
    throughput, tail = find_lines(figures, "rate"), find_lines(figures, "p99")
    if not throughput:
        return {}
    clients = "clients, each with one request at a time"
    return {
        "throughput": Panel(
            "Bookings a second on one hot evening", clients, "requests/s", throughput, log_x=True
        ),
        "p99": Panel(
            "Time of a booking that 1 in 100 exceeds",
            clients,
            "p99, ms",
            tail,
            log_x=True,
            log_y=True,
        ),
    }


def find_lines(figures: Mapping[str, Figure], part: str) -> list[Line]:
    """Return a line for each subject: `part` of its figures against clients."""
    found = []
    for subject, label in SUBJECTS.items():
        points = [
            (float(name.split("/")[2]), one.value)
            for name, one in figures.items()
            if name.startswith(f"booking/{subject}/") and name.endswith(f"/{part}")
        ]
        if points:
            found.append(Line(label, sorted(points), plain=subject in COMPARED_WITH))
    return found
