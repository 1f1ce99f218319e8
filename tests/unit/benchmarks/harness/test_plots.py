"""Plots: ticks, labels that do not cover each other, and a document that can be opened."""

from xml.etree import ElementTree

import pytest

from benchmarks.harness.plots import Line, Panel, draw, find_ticks, spread


@pytest.mark.parametrize(
    ("low", "high", "log", "ticks"),
    [
        (0, 7_000, False, [0, 1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 7_000]),
        (0, 0.3, False, [0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3]),
        (0.3, 700, True, [0.1, 1, 10, 100, 1_000]),
    ],
)
def test_ticks_are_round_and_cover_all_values(
    low: float, high: float, log: bool, ticks: list[float]
) -> None:
    assert find_ticks(low, high, log=log) == pytest.approx(ticks)


def test_a_single_value_has_ticks() -> None:
    assert find_ticks(5, 5, log=False)
    assert find_ticks(0, 0, log=False)


@pytest.mark.parametrize(
    ("wanted", "placed"),
    [
        ([10, 100], [10, 100]),
        ([100, 10], [100, 10]),
        ([50, 50], [42, 58]),
        ([50, 52, 200], [43, 59, 200]),
        ([50, 50, 60], [37.333, 53.333, 69.333]),
    ],
)
def test_labels_are_moved_apart_and_no_further(wanted: list[float], placed: list[float]) -> None:
    assert spread(wanted, 16) == pytest.approx(placed, abs=0.01)


def test_a_plot_is_a_document_with_a_named_path_for_each_line() -> None:
    lines = [
        Line("ours & others", [(1, 5), (32, 80)]),
        Line("bare", [(1, 9), (32, 99)], plain=True),
    ]
    text = draw([Panel("Rate", "clients", "requests/s", lines, log_x=True, log_y=True)])
    root = ElementTree.fromstring(text)
    names = {one.text for one in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"Rate", "clients", "requests/s", "ours & others", "bare", "32", "100"} <= names
    paths = [one.get("class", "") for one in root.iter("{http://www.w3.org/2000/svg}path")]
    assert [one for one in paths if "line" in one] == ["line c0", "line plain"]
