"""Draws line plots as SVG that is readable on light and dark pages.

Lines are named where they end. Nothing is loaded from elsewhere.
"""

import math
from collections.abc import Sequence
from html import escape
from typing import Final, NamedTuple

WIDTH: Final = 760
PANEL: Final = 300
LEFT, RIGHT, TOP, BOTTOM = 64, 170, 44, 44
LABEL_HEIGHT: Final = 16
STYLE: Final = """
svg{background:#fff;font:12px system-ui,sans-serif}
.title{font-size:14px;font-weight:600;fill:#1c1c1a}.text{fill:#55544f}.grid{stroke:#e4e3df}
.line{fill:none;stroke-width:2.2;stroke-linejoin:round}.plain{stroke:#8b8a84;stroke-width:1.6}
text.plain{stroke:none;fill:#6f6e68}.name{font-weight:600}.plain.name{font-weight:400}
"""
LIGHT: Final = ("#1f6fd0", "#d4581c", "#1a8a5a", "#a03fb0", "#b08500", "#c03058", "#4f6478")
DARK: Final = ("#6aaef5", "#f5935c", "#55c795", "#d58be0", "#e0bd4a", "#f07c9c", "#a3b6c8")
DASHES: Final = ("", "6 4", "2 3", "9 3 2 3")


class Line(NamedTuple):
    """Points in the order of x. What others are compared with is drawn plain."""

    name: str
    points: Sequence[tuple[float, float]]
    plain: bool = False


class Panel(NamedTuple):
    """One plot. A logarithmic axis takes values above zero only."""

    title: str
    x_label: str
    y_label: str
    lines: Sequence[Line]
    log_x: bool = False
    log_y: bool = False


def draw(panels: Sequence[Panel]) -> str:
    """Return an SVG document with the panels one below the other."""
    height = PANEL * len(panels)
    colors = "".join(
        f".c{n}{{stroke:{one}}}text.c{n}{{stroke:none;fill:{one}}}" for n, one in enumerate(LIGHT)
    )
    dark = "svg{background:#161614}.title{fill:#f2f1ec}.text{fill:#b5b4ae}.grid{stroke:#33322f}"
    dark += "text.plain{fill:#a5a49d}"
    dark += "".join(
        f".c{n}{{stroke:{one}}}text.c{n}{{stroke:none;fill:{one}}}" for n, one in enumerate(DARK)
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
            f'width="{WIDTH}" height="{height}" role="img">',
            f"<title>{escape('; '.join(one.title for one in panels))}</title>",
            f"<style>{STYLE}{colors}@media(prefers-color-scheme:dark){{{dark}}}</style>",
            *(line for n, one in enumerate(panels) for line in _draw_panel(one, n * PANEL)),
            "</svg>\n",
        ]
    )


def find_ticks(low: float, high: float, *, log: bool) -> list[float]:
    """Return round values that cover low to high: powers of ten, or 4 to 8 even steps."""
    if log:
        exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        return [10.0**one for one in exponents]
    step = 10 ** math.floor(math.log10(max(high - low, 1e-9) / 4))
    step *= next(one for one in (1, 2, 5, 10) if (high - low) / (step * one) <= 7)
    first = math.floor(low / step)
    return [step * n for n in range(first, math.ceil(high / step) + 1)]


def spread(wanted: Sequence[float], apart: float) -> list[float]:
    """Return places near the wanted ones, in their order, that are `apart` from each other."""
    groups: list[_Group] = []
    for index in sorted(range(len(wanted)), key=wanted.__getitem__):
        group = _Group([index], wanted[index])
        while groups and groups[-1].first + len(groups[-1].members) * apart > group.first:
            group = groups.pop().join(group, apart)
        groups.append(group)
    placed = {
        index: group.first + n * apart for group in groups for n, index in enumerate(group.members)
    }
    return [placed[index] for index in range(len(wanted))]


class _Group(NamedTuple):
    """Labels below each other that begin at `first`: as near to the wanted places as it gets."""

    members: list[int]
    first: float

    def join(self, below: "_Group", apart: float) -> "_Group":
        n, more = len(self.members), len(below.members)
        first = (n * self.first + more * (below.first - n * apart)) / (n + more)
        return _Group(self.members + below.members, first)


class _Axis(NamedTuple):
    low: float
    high: float
    start: float
    end: float
    log: bool

    def place(self, value: float) -> float:
        low, high, value = (
            map(math.log10, (self.low, self.high, value))
            if self.log
            else (self.low, self.high, value)
        )
        return self.start + (self.end - self.start) * (value - low) / ((high - low) or 1)


def _draw_panel(panel: Panel, top: int) -> list[str]:
    xs = sorted({x for line in panel.lines for x, _ in line.points})
    ys = [y for line in panel.lines for _, y in line.points if y > 0 or not panel.log_y]
    y_ticks = find_ticks(min(ys) if panel.log_y else 0, max(ys), log=panel.log_y)
    x_ticks = xs if panel.log_x else find_ticks(xs[0], xs[-1], log=False)
    bottom = top + PANEL - BOTTOM
    x = _Axis(x_ticks[0], x_ticks[-1], LEFT, WIDTH - RIGHT, panel.log_x)
    y = _Axis(y_ticks[0], y_ticks[-1], bottom, top + TOP, panel.log_y)
    return [
        f'<text class="title" x="{LEFT}" y="{top + 20}">{escape(panel.title)}</text>',
        f'<text class="text" x="8" y="{top + 36}">{escape(panel.y_label)}</text>',
        f'<text class="text" x="{WIDTH - RIGHT}" y="{bottom + 34}" text-anchor="end">'
        f"{escape(panel.x_label)}</text>",
        *(_draw_y_tick(one, y.place(one)) for one in y_ticks),
        *(
            f'<text class="text" x="{x.place(one):.1f}" y="{bottom + 18}" text-anchor="middle">'
            f"{one:,g}</text>"
            for one in x_ticks
        ),
        *_draw_lines(panel, x, y),
    ]


def _draw_y_tick(value: float, place: float) -> str:
    return (
        f'<path class="grid" d="M{LEFT} {place:.1f}H{WIDTH - RIGHT}"/>'
        f'<text class="text" x="{LEFT - 8}" y="{place + 4:.1f}" text-anchor="end">{value:,g}</text>'
    )


def _draw_lines(panel: Panel, x: _Axis, y: _Axis) -> list[str]:
    drawn: list[str] = []
    plain = colored = 0
    ends = [y.place(line.points[-1][1]) for line in panel.lines]
    for line, place in zip(panel.lines, spread(ends, LABEL_HEIGHT), strict=True):
        if line.plain:
            kind, dash = "plain", DASHES[plain % len(DASHES)]
            plain += 1
        else:
            kind, dash = f"c{colored % len(LIGHT)}", DASHES[colored // len(LIGHT) % len(DASHES)]
            colored += 1
        points = "L".join(f"{x.place(a):.1f} {y.place(b):.1f}" for a, b in line.points)
        end = x.place(line.points[-1][0]) + 8
        drawn += [
            f'<path class="line {kind}" stroke-dasharray="{dash or "none"}" d="M{points}"/>',
            f'<text class="name {kind}" x="{end:.1f}" y="{place + 4:.1f}">'
            f"{escape(line.name)}</text>",
        ]
    return drawn
