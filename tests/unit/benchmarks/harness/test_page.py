"""The page of figures: what is kept and shown."""

from benchmarks.harness.page import find_lines, make_panels, merge_figures, write_goals
from benchmarks.harness.report import Figure


def figure(name: str, value: float, benchmark: str = "writes.booking") -> Figure:
    command = f"make bench ONLY={benchmark}"
    return Figure(name, value, "requests/s", None, None, 1, command, "2026-11-28T10:00:00", 2.0)


def test_figures_of_a_benchmark_are_replaced_together() -> None:
    kept = {"a": figure("a", 1), "old": figure("old", 1), "other": figure("other", 1, "reads.hot")}
    merged = merge_figures(kept, [figure("a", 0.5)])
    assert {name: one.value for name, one in merged.items()} == {"a": 0.5, "other": 1}


def test_a_full_run_replaces_a_quick_one() -> None:
    kept = {"old": figure("old", 1, "writes.booking QUICK=1")}
    assert list(merge_figures(kept, [figure("a", 2)])) == ["a"]


def test_a_row_says_what_was_reached_and_how_it_was_measured() -> None:
    figures = {
        name: figure(name, value)
        for name, value in {
            "booking/sqlite/32/rate": 900.0,
            "booking/bare/32/rate": 1_000.0,
        }.items()
    }
    rows = write_goals(figures, "two cores").splitlines()
    row = next(one for one in rows if "SQLite, of a bare FastAPI route" in one)
    assert "| at least 1 | 0.41-0.54 | 0.9 | not reached |" in row
    assert "`make bench ONLY=writes.booking`, 2026-11-28, load average 2" in row
    assert any("| not measured |" in one for one in rows)


def test_a_line_has_its_points_in_the_order_of_clients() -> None:
    figures = {
        f"booking/kafka/{clients}/rate": figure("", clients * 10) for clients in (128, 8, 32)
    }
    (line,) = find_lines(figures, "rate")
    assert (line.name, line.plain) == ("ours, Kafka", False)
    assert line.points == [(8.0, 80.0), (32.0, 320.0), (128.0, 1_280.0)]


def test_without_bookings_there_are_no_plots() -> None:
    assert make_panels({"reads/detail/rate": figure("reads/detail/rate", 1)}) == {}
