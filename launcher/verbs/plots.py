"""Draws answers as SVG: lines over ordered steps, or bars. No scripts, no fonts.

Colours are the CSS variables `--s0` to `--s3` of the page around the plot.
"""

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final, NamedTuple

from launcher.terminal import escape_controls

WIDTH: Final = 760
HEIGHT: Final = 260
LEFT: Final = 56
RIGHT: Final = 16
TOP: Final = 12
BOTTOM: Final = 34
BAR_HEIGHT: Final = 14
BAR_LABEL_WIDTH: Final = 190
BARS_MAX: Final = 25
STEPS_LABELLED_MAX: Final = 8
COLOURS: Final = 4
LARGE_DOTS_MAX: Final = 60


class Series(NamedTuple):
    name: str
    values: list[float | None]
    """One for each step; None if there is no answer."""


def draw_plot(
    plot: Mapping[str, Any], columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> str:
    """Return the SVG of a plot as `Question.summary` describes it; empty without rows."""
    if not rows:
        return ""
    steps, series = _read_series(plot, columns, rows)
    return _draw_bars(steps, series) if plot["kind"] == "bars" else _draw_lines(steps, series)


def draw_legend(names: Sequence[str]) -> str:
    """Return the legend as HTML: each name with its colour in the plot."""
    marks = (
        f'<span><i style="background:var(--s{number % COLOURS})"></i>{escape(name)}</span>'
        for number, name in enumerate(names)
    )
    return f'<p class="legend">{"".join(marks)}</p>'


def series_names(
    plot: Mapping[str, Any], columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> list[str]:
    """Return the names of the lines or bars, in the order of their colours."""
    return [one.name for one in _read_series(plot, columns, rows)[1]]


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
    plot: Mapping[str, Any], columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> tuple[list[str], list[Series]]:
    """Return the labels of the steps and the series over them."""
    place = {name: number for number, name in enumerate(columns)}
    x, by = place[plot["x"]], plot["by"]
    steps = list(dict.fromkeys(escape_controls(row[x]) for row in rows))
    step_of = {step: number for number, step in enumerate(steps)}
    found: dict[str, list[float | None]] = {}
    for row in rows:
        for y in plot["ys"]:
            name = escape_controls(row[place[by]]) if by else y
            values = found.setdefault(name, [None] * len(steps))
            values[step_of[escape_controls(row[x])]] = row[place[y]]
    return steps, [Series(name, values) for name, values in found.items()]


def _highest(series: Sequence[Series]) -> float:
    return max((value for one in series for value in one.values if value is not None), default=0)


def _draw_lines(steps: Sequence[str], series: Sequence[Series]) -> str:
    marks = choose_ticks(_highest(series))
    across = (WIDTH - LEFT - RIGHT) / max(len(steps) - 1, 1)
    up = (HEIGHT - TOP - BOTTOM) / marks[-1]
    parts = [_draw_grid_line(HEIGHT - BOTTOM - mark * up, mark) for mark in marks]
    every = math.ceil(len(steps) / STEPS_LABELLED_MAX)
    for number in range(0, len(steps), every):
        anchor = "end" if number and number == len(steps) - 1 else "middle"
        parts.append(
            f'<text x="{LEFT + number * across:.1f}" y="{HEIGHT - 12}" text-anchor="{anchor}">'
            f"{escape(steps[number])}</text>"
        )
    for index, one in enumerate(series):
        points = [
            (LEFT + number * across, HEIGHT - BOTTOM - value * up, value, steps[number])
            for number, value in enumerate(one.values)
            if value is not None
        ]
        parts.append(_draw_line(points, one.name, f"var(--s{index % COLOURS})"))
    return _svg(HEIGHT, parts)


def _draw_line(points: Sequence[tuple[float, float, float, str]], name: str, colour: str) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _, _ in points)
    radius = 3 if len(points) <= LARGE_DOTS_MAX else 1.5
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{colour}">'
        f"<title>{escape(f'{step}, {name}: {format_number(value)}')}</title></circle>"
        for x, y, value, step in points
    )
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>{dots}'


def _draw_grid_line(y: float, mark: float) -> str:
    return (
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{format_number(mark)}</text>'
    )


def _draw_bars(steps: Sequence[str], series: Sequence[Series]) -> str:
    scale = (WIDTH - BAR_LABEL_WIDTH - 80) / (_highest(series) or 1)
    parts: list[str] = []
    y = 4.0
    for number, step in enumerate(steps[:BARS_MAX]):
        middle = y + BAR_HEIGHT * len(series) / 2 + 4
        parts.append(
            f'<text x="{BAR_LABEL_WIDTH - 8}" y="{middle:.1f}" text-anchor="end">'
            f"{escape(_shorten(step))}<title>{escape(step)}</title></text>"
        )
        for index, one in enumerate(series):
            parts.append(_draw_bar(y, (one.values[number] or 0) * scale, one.values[number], index))
            y += BAR_HEIGHT
        y += 8
    return _svg(round(y), parts)


def _draw_bar(y: float, width: float, value: float | None, index: int) -> str:
    if value is None:
        return ""
    return (
        f'<rect x="{BAR_LABEL_WIDTH}" y="{y:.1f}" width="{max(width, 1):.1f}" '
        f'height="{BAR_HEIGHT - 2}" rx="2" fill="var(--s{index % COLOURS})"/>'
        f'<text x="{BAR_LABEL_WIDTH + width + 6:.1f}" y="{y + BAR_HEIGHT - 4:.1f}">'
        f"{format_number(value)}</text>"
    )


def _shorten(label: str, characters_max: int = 26) -> str:
    return label if len(label) <= characters_max else label[: characters_max - 1] + "…"


def _svg(height: int, parts: Sequence[str]) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img">{"".join(parts)}</svg>'
