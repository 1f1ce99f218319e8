"""Plots are right about the numbers and safe with people's words."""

from xml.etree import ElementTree

import pytest

from query_api.analysts.plots import BadPlot, Canvas, choose_ticks, draw_plot, series_names

SVG = "{http://www.w3.org/2000/svg}"
LINE = {"kind": "line", "x": "day", "ys": ["a", "b"], "by": None}
BARS = {"kind": "bars", "x": "day", "ys": ["a"], "by": None}
COLUMNS = ["day", "a", "b"]


@pytest.mark.parametrize("highest", [0.004, 1, 3, 7, 10, 99, 100, 12_345])
def test_ticks_are_few_and_reach_above_the_highest_value(highest: float) -> None:
    marks = choose_ticks(highest)
    assert marks[0] == 0
    assert marks[-2] < highest <= marks[-1] * (1 + 1e-9)
    assert 4 <= len(marks) <= 6


def test_nothing_has_ticks_too() -> None:
    assert choose_ticks(0) == [0.0, 1.0]


def test_a_line_has_a_dot_for_each_value_and_none_for_a_gap() -> None:
    drawn = ElementTree.fromstring(
        draw_plot(
            LINE, COLUMNS, [["1", 1, 5], ["2", None, 6], ["2b", float("nan"), 6], ["3", 3, 7]]
        )
    )
    assert [len(line.attrib["points"].split()) for line in drawn.iter(SVG + "polyline")] == [2, 4]
    assert len(list(drawn.iter(SVG + "circle"))) == 6


def test_higher_values_lie_higher() -> None:
    drawn = ElementTree.fromstring(draw_plot(LINE, COLUMNS, [["1", 1, 0], ["2", 10, 0]]))
    low, high = (float(dot.attrib["cy"]) for dot in list(drawn.iter(SVG + "circle"))[:2])
    assert high < low


def test_bars_are_as_long_as_their_values() -> None:
    drawn = ElementTree.fromstring(draw_plot(BARS, COLUMNS, [["x", 10, 0], ["y", 5, 0]]))
    first, second = (float(bar.attrib["width"]) for bar in drawn.iter(SVG + "rect"))
    assert first == pytest.approx(2 * second, abs=0.2)


def test_what_people_wrote_is_text_not_markup() -> None:
    title = "<script>alert('x')</script> & \"more\""
    drawn = ElementTree.fromstring(draw_plot(BARS, COLUMNS, [[title, 1, 0]]))
    assert list(drawn.iter(SVG + "script")) == []
    assert title in "".join(drawn.itertext())


def test_a_column_can_split_a_line_into_series() -> None:
    plot = {"kind": "line", "x": "day", "ys": ["a"], "by": "b"}
    rows = [["1", 5, "host"], ["1", 6, "guest"], ["2", 7, "host"]]
    assert series_names(plot, COLUMNS, rows) == ["host", "guest"]


def test_one_step_and_no_rows_are_drawn_as_well() -> None:
    ElementTree.fromstring(draw_plot(LINE, COLUMNS, [["1", 0, 0]]))
    assert draw_plot(LINE, COLUMNS, []) == ""


def test_a_plot_is_as_wide_as_its_canvas_and_named_for_readers_who_cannot_see_it() -> None:
    canvas = Canvas(width=300, label='The "funnel"')
    drawn = ElementTree.fromstring(draw_plot(LINE, COLUMNS, [["1", 1, 2], ["2", 3, 4]], canvas))
    assert drawn.attrib["viewBox"].split()[2] == "300"
    assert drawn.attrib["aria-label"] == 'The "funnel"'
    assert all(float(dot.attrib["cx"]) <= 300 for dot in drawn.iter(SVG + "circle"))


def test_plots_of_one_scale_can_be_compared() -> None:
    rows = [["x", 5, 0]]
    alone, beside = (
        ElementTree.fromstring(draw_plot(BARS, COLUMNS, rows, Canvas(highest=highest)))
        for highest in (5, 10)
    )
    (long,), (short,) = alone.iter(SVG + "rect"), beside.iter(SVG + "rect")
    assert float(long.attrib["width"]) == pytest.approx(2 * float(short.attrib["width"]), abs=0.2)


@pytest.mark.parametrize(
    ("plot", "value"),
    [
        ({**LINE, "x": "hour"}, 1),
        ({**LINE, "ys": ["c"]}, 1),
        ({**LINE, "by": "c"}, 1),
        (LINE, "much"),
    ],
)
def test_what_cannot_be_drawn_is_refused(plot: dict[str, object], value: object) -> None:
    with pytest.raises(BadPlot):
        draw_plot(plot, COLUMNS, [["1", value, 2]])


def test_plots_with_the_same_steps_have_them_at_the_same_places() -> None:
    steps = ("1", "2", "3")
    drawn = ElementTree.fromstring(draw_plot(LINE, COLUMNS, [["3", 5, 0]], Canvas(steps=steps)))
    whole = ElementTree.fromstring(draw_plot(LINE, COLUMNS, [[step, 5, 0] for step in steps]))
    last = list(whole.iter(SVG + "circle"))[2]
    assert next(drawn.iter(SVG + "circle")).attrib["cx"] == last.attrib["cx"]
