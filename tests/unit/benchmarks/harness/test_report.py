"""A report: figures as JSON lines, with ratios to others of the same run."""

import io
import json

from benchmarks.harness.load import Figures
from benchmarks.harness.report import Report, parse_figure


def test_a_figure_is_one_line_with_its_ratio() -> None:
    out = io.StringIO()
    report = Report("make bench", out=out)
    report.add("bare/rate", 100, "requests/s", 5)
    report.add("ours/rate", 80, "requests/s", 5, "bare/rate")
    first, second = (json.loads(line) for line in out.getvalue().splitlines())
    assert first["ratio"] is None
    assert (second["baseline"], second["ratio"]) == ("bare/rate", 0.8)
    assert second["command"] == "make bench"


def test_a_baseline_that_was_not_measured_gives_no_ratio() -> None:
    out = io.StringIO()
    Report("make bench", out=out).add("ours/rate", 80, "requests/s", 5, "bare/rate")
    figure = parse_figure(out.getvalue())
    assert figure is not None
    assert (figure.baseline, figure.ratio) == (None, None)


def test_a_load_gives_three_figures() -> None:
    report = Report("make bench", out=io.StringIO())
    report.add_load("ours", Figures(10, 2.0, 3.0, 7.0, {}))
    assert [report.value(f"ours/{part}") for part in ("rate", "p50", "p99")] == [5.0, 3.0, 7.0]


def test_a_quick_report_takes_smaller_amounts() -> None:
    assert Report("make bench").scale(9_000) == 9_000
    assert Report("make bench", quick=True).scale(9_000) == 1_800
    assert Report("make bench", quick=True).scale(2) == 1


def test_other_lines_are_no_figures() -> None:
    assert parse_figure("waiting for the broker") is None
    assert parse_figure('{"name": "ours"}') is None
