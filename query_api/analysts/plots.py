"""Draws answers as SVG: lines over ordered steps, or bars. No scripts, no fonts, no styles.

Colours are the CSS variables `--s0` to `--s3` of the page around the plot.
"""

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final, NamedTuple

from runtime.http.harmless_text import escape_controls

WIDTH: Final = 760
WIDTH_MIN: Final = 200
HEIGHT: Final = 260
HEIGHT_OF_SMALL: Final = 150
SMALL: Final = 240
"""Up to this width a plot is one of several beside each other: it is low."""
LEFT: Final = 56
RIGHT: Final = 16
TOP: Final = 12
BOTTOM: Final = 34
BAR_HEIGHT: Final = 14
BAR_LABEL_PART: Final = 0.25
BAR_LABEL_WIDTH_MIN: Final = 80
"""How much of the width the names of bars may take."""
BAR_VALUE_WIDTH: Final = 64
BARS_MAX: Final = 25
CHARACTER_WIDTH: Final = 7.3
STEP_LABEL_WIDTH: Final = 86
COLOURS: Final = 4
LARGE_DOTS_MAX: Final = 60


class BadPlot(ValueError):
    """The answer has no such column, or one that cannot be drawn."""


class Series(NamedTuple):
    name: str
    values: list[float | None]
    """One for each step; None if there is no answer."""


class Canvas(NamedTuple):
    """The size and scale of a plot."""

    width: int = WIDTH
    """In pixels."""
    highest: float | None = None
    """Value at which the scale ends, so that plots can be compared; by default the plot's own."""
    steps: tuple[Any, ...] = ()
    """Values of the steps that are drawn even if no row has them."""
    label: str = ""
    """Describes the plot to readers who cannot see it."""

    @property
    def height(self) -> int:
        return HEIGHT_OF_SMALL if self.width <= SMALL else HEIGHT

    def svg(self, height: int, parts: Sequence[str]) -> str:
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {height}" '
            f'role="img" aria-label="{escape(self.label)}">{"".join(parts)}</svg>'
        )


def draw_plot(
    plot: Mapping[str, Any],
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    canvas: Canvas = Canvas(),  # noqa: B008 - immutable
) -> str:
    """Return the SVG of a plot as `Question.summary` describes it; empty without rows. Raises
    BadPlot."""
    if not rows:
        return ""
    steps, series = _read_series(plot, columns, rows, canvas.steps)
    draw = _draw_bars if plot["kind"] == "bars" else _draw_lines
    return draw(steps, series, canvas)


def draw_legend(names: Sequence[str]) -> str:
    """Return the legend as HTML: each name with its colour in the plot."""
    marks = (
        f'<span><i class="s{number % COLOURS}"></i>{escape(name)}</span>'
        for number, name in enumerate(names)
    )
    return f'<p class="legend">{"".join(marks)}</p>'


def series_names(
    plot: Mapping[str, Any], columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> list[str]:
    """Return the names of the lines or bars, in the order of their colours. Raises BadPlot."""
    return [one.name for one in _read_series(plot, columns, rows)[1]]


def highest_value(
    plot: Mapping[str, Any], columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> float:
    """Return the highest value that the plot shows; 0 without rows. Raises BadPlot."""
    return _highest(_read_series(plot, columns, rows)[1])


def choose_ticks(highest: float) -> list[float]:
    """Return four to six round values from 0 to just above `highest`."""
    if highest <= 0:
        return [0.0, 1.0]
    decade = 10.0 ** math.floor(math.log10(highest))
    steps = (2 * decade, decade, decade / 2, decade / 5)
    step = next(one for one in steps if highest / one > 2)
    return [step * number for number in range(math.ceil(highest / step - 1e-9) + 1)]


def format_number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}".rstrip("0")


def _read_series(
    plot: Mapping[str, Any],
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    known: Sequence[Any] = (),
) -> tuple[list[str], list[Series]]:
    """Return the labels of the steps and the series over them. Raises BadPlot."""
    place = {name: number for number, name in enumerate(columns)}
    by = plot["by"]
    asked = (plot["x"], *plot["ys"], *([by] if by else []))
    if missing := [name for name in asked if name not in place]:
        raise BadPlot(f"no column {missing[0]}")
    x = place[plot["x"]]
    steps = list(dict.fromkeys(map(escape_controls, [*known, *(row[x] for row in rows)])))
    step_of = {step: number for number, step in enumerate(steps)}
    found: dict[str, list[float | None]] = {}
    for row in rows:
        for y in plot["ys"]:
            name = escape_controls(row[place[by]]) if by else y
            values = found.setdefault(name, [None] * len(steps))
            values[step_of[escape_controls(row[x])]] = _number(row[place[y]], y)
    return steps, [Series(name, values) for name, values in found.items()]


def _number(value: Any, column: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, int | float):
        return value if math.isfinite(value) else None
    raise BadPlot(f"column {column} has something else than numbers")


def _highest(series: Sequence[Series]) -> float:
    return max((value for one in series for value in one.values if value is not None), default=0)


def _draw_lines(steps: Sequence[str], series: Sequence[Series], canvas: Canvas) -> str:
    width, height = canvas.width, canvas.height
    marks = choose_ticks(_highest(series) if canvas.highest is None else canvas.highest)
    across = (width - LEFT - RIGHT) / max(len(steps) - 1, 1)
    up = (height - TOP - BOTTOM) / marks[-1]
    parts = [_draw_grid_line(height - BOTTOM - mark * up, mark, width) for mark in marks]
    labels_max = max((width - LEFT - RIGHT) // STEP_LABEL_WIDTH, 1)
    for number in range(0, len(steps), math.ceil(len(steps) / labels_max)):
        is_last = number and number == len(steps) - 1
        anchor = "end" if is_last else "middle" if width > SMALL else "start"
        parts.append(
            f'<text x="{LEFT + number * across:.1f}" y="{height - 12}" text-anchor="{anchor}">'
            f"{escape(steps[number])}</text>"
        )
    for index, one in enumerate(series):
        points = [
            (LEFT + number * across, height - BOTTOM - value * up, value, steps[number])
            for number, value in enumerate(one.values)
            if value is not None
        ]
        parts.append(_draw_line(points, one.name, f"var(--s{index % COLOURS})"))
    return canvas.svg(height, parts)


def _draw_line(points: Sequence[tuple[float, float, float, str]], name: str, colour: str) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _, _ in points)
    radius = 3 if len(points) <= LARGE_DOTS_MAX else 1.5
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{colour}">'
        f"<title>{escape(f'{step}, {name}: {format_number(value)}')}</title></circle>"
        for x, y, value, step in points
    )
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>{dots}'


def _draw_grid_line(y: float, mark: float, width: int) -> str:
    return (
        f'<line class="grid" x1="{LEFT}" x2="{width - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{format_number(mark)}</text>'
    )


def _draw_bars(steps: Sequence[str], series: Sequence[Series], canvas: Canvas) -> str:
    left = max(round(canvas.width * BAR_LABEL_PART), BAR_LABEL_WIDTH_MIN)
    highest = _highest(series) if canvas.highest is None else canvas.highest
    scale = (canvas.width - left - BAR_VALUE_WIDTH) / (highest or 1)
    parts: list[str] = []
    y = 4.0
    for number, step in enumerate(steps[:BARS_MAX]):
        middle = y + BAR_HEIGHT * len(series) / 2 + 4
        short = _shorten(step, int((left - 8) / CHARACTER_WIDTH))
        parts.append(
            f'<text x="{left - 8}" y="{middle:.1f}" text-anchor="end">'
            f"{escape(short)}<title>{escape(step)}</title></text>"
        )
        for index, one in enumerate(series):
            value = one.values[number]
            parts.append(_draw_bar(left, y, max(value or 0, 0) * scale, value, index))
            y += BAR_HEIGHT
        y += 8
    return canvas.svg(round(y), parts)


def _draw_bar(left: int, y: float, width: float, value: float | None, index: int) -> str:
    if value is None:
        return ""
    return (
        f'<rect x="{left}" y="{y:.1f}" width="{max(width, 1):.1f}" '
        f'height="{BAR_HEIGHT - 2}" rx="2" fill="var(--s{index % COLOURS})"/>'
        f'<text x="{left + width + 6:.1f}" y="{y + BAR_HEIGHT - 4:.1f}">'
        f"{format_number(value)}</text>"
    )


def _shorten(label: str, characters_max: int) -> str:
    return label if len(label) <= characters_max else label[: characters_max - 1] + "…"
