"""`practix report`: writes every ready question to one page that needs only a browser."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any, Final, NamedTuple

from launcher.analyst_client import AnalystClient, AnswerTable
from query_api.analysts.plots import (
    SMALL,
    Canvas,
    draw_legend,
    draw_plot,
    highest_value,
    series_names,
)
from query_api.analysts.questions import DAYS_OF_WEEK, OF_EVENINGS, WEEKDAY
from runtime.http.harmless_text import escape_controls

TABLE_ROWS_MAX: Final = 100
DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

STYLE: Final = """
:root { --ink:#1d2330; --soft:#667085; --line:#e4e7ec; --page:#f7f8fa; --card:#fff;
  --s0:#3056d3; --s1:#e4761b; --s2:#12876a; --s3:#a63fb8; color-scheme:light dark }
@media (prefers-color-scheme: dark) { :root { --ink:#e8eaf0; --soft:#98a2b3; --line:#2c3340;
  --page:#12151c; --card:#1a1f29; --s0:#7d9bff; --s1:#f5a05a; --s2:#4fc3a1; --s3:#d58be4 } }
* { box-sizing:border-box }
body { margin:0; background:var(--page); color:var(--ink);
  font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif }
header,main { max-width:1680px; margin:0 auto; padding:24px }
h1 { font-size:26px; margin:0 0 4px } h2 { font-size:17px; margin:0 }
p { margin:4px 0 0; color:var(--soft) }
nav { margin-top:12px; display:flex; flex-wrap:wrap; gap:6px 16px } a { color:var(--s0) }
main { columns:2 520px; column-gap:20px }
section { background:var(--card); border:1px solid var(--line); border-radius:12px; padding:20px;
  margin-bottom:20px; break-inside:avoid }
svg { width:100%; height:auto; margin-top:8px; display:block }
svg text { fill:var(--soft); font-size:11px } .grid { stroke:var(--line) }
.legend { display:flex; gap:16px; font-size:13px }
.legend i { display:inline-block; width:10px; height:10px; border-radius:3px; margin-right:6px }
.s0 { background:var(--s0) } .s1 { background:var(--s1) }
.s2 { background:var(--s2) } .s3 { background:var(--s3) }
.nothing { padding:28px 0; text-align:center }
.small { display:grid; grid-template-columns:repeat(auto-fill,minmax(200px,1fr)); gap:8px }
figure { margin:0 } figcaption { font-size:13px; color:var(--soft) }
details { margin-top:12px } summary { cursor:pointer; color:var(--soft); font-size:13px }
.scroll { overflow-x:auto } table { border-collapse:collapse; font-size:13px; margin-top:8px }
th,td { padding:3px 12px 3px 0; text-align:left; border-bottom:1px solid var(--line) }
.number { text-align:right; font-variant-numeric:tabular-nums }
"""


class ReportPage(NamedTuple):
    page: str
    rows: dict[str, int]
    """Number of rows of each question's answer."""


class Answers(NamedTuple):
    """The answers to one question."""

    whole: AnswerTable
    by_day: tuple[AnswerTable, ...] = ()
    """About the evenings of each day of the week, from Monday on, if it can be asked so."""


async def ask_everything(client: AnalystClient) -> ReportPage:
    """Ask every ready question and return the page. Raises NotRunning, RequestRefused."""
    questions = [one for one in await client.list_questions() if one["saved_at"] is None]
    answers = {one["name"]: await _ask(client, one["name"]) for one in questions}
    page = render_report(questions, answers, datetime.now(UTC))
    return ReportPage(page, {name: len(answer.whole.rows) for name, answer in answers.items()})


async def _ask(client: AnalystClient, name: str) -> Answers:
    whole = await client.ask(name, {})
    if name not in OF_EVENINGS or not whole.rows:
        return Answers(whole)
    days = range(1, DAYS_OF_WEEK + 1)
    return Answers(whole, tuple([await client.ask(name, {WEEKDAY: str(day)}) for day in days]))


def render_report(
    questions: Sequence[Mapping[str, Any]], answers: Mapping[str, Answers], at: datetime
) -> str:
    """Return the whole page. Everything that people typed is escaped."""
    position = max((answer.whole.position for answer in answers.values()), default=0)
    links = "".join(
        f'<a href="#{escape(one["name"])}">{escape(one["title"])}</a>' for one in questions
    )
    sections = "".join(_render_section(one, answers[one["name"]]) for one in questions)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>PRACTIX: what the history says</title><style>{STYLE}</style></head><body>"
        "<header><h1>What the history says</h1>"
        f"<p>PRACTIX, up to position {position:,}, written {at:%Y-%m-%d %H:%M} UTC</p>"
        f"<nav>{links}</nav></header><main>{sections}</main></body></html>\n"
    )


def _render_section(question: Mapping[str, Any], answers: Answers) -> str:
    plot, answer = question["plot"], answers.whole
    if not answer.rows:
        drawn = '<p class="nothing">Nothing yet.</p>'
    else:
        names = series_names(plot, answer.columns, answer.rows)
        drawn = (
            draw_legend(names)
            + draw_plot(plot, answer.columns, answer.rows, Canvas(label=question["title"]))
            + _render_days(question, answers)
            + _render_details(answer)
        )
    return (
        f'<section id="{escape(question["name"])}"><h2>{escape(question["title"])}</h2>'
        f"<p>{escape(question['description'])}</p>{drawn}</section>"
    )


def _render_days(question: Mapping[str, Any], answers: Answers) -> str:
    """Return a small plot for each day of the week, all with the same steps and scale."""
    if not answers.by_day:
        return ""
    plot, whole = question["plot"], answers.whole
    highest = max(highest_value(plot, one.columns, one.rows) for one in answers.by_day)
    steps = tuple(row[whole.columns.index(plot["x"])] for row in whole.rows)
    figures = "".join(
        f"<figure><figcaption>{day}</figcaption>"
        + (
            draw_plot(
                plot,
                one.columns,
                one.rows,
                Canvas(SMALL, highest, steps, f"{question['title']}, {day}"),
            )
            or '<p class="nothing">Nothing yet.</p>'
        )
        + "</figure>"
        for day, one in zip(DAYS, answers.by_day, strict=True)
    )
    return (
        "<details open><summary>By the day of the week on which the evening begins (UTC)</summary>"
        f'<div class="small">{figures}</div></details>'
    )


def _render_details(answer: AnswerTable) -> str:
    classes = [' class="number"' if "Int" in k or "Float" in k else "" for k in answer.types]
    head = "".join(
        f"<th{kind}>{escape(escape_controls(name))}</th>"
        for name, kind in zip(answer.columns, classes, strict=True)
    )
    rows = "".join(
        "<tr>"
        + "".join(
            f"<td{kind}>{escape(escape_controls(value))}</td>"
            for value, kind in zip(row, classes, strict=True)
        )
        + "</tr>"
        for row in answer.rows[:TABLE_ROWS_MAX]
    )
    more = len(answer.rows) - TABLE_ROWS_MAX
    note = f"<p>{more:,} more rows: practix ask</p>" if more > 0 else ""
    return (
        f'<details><summary>{len(answer.rows):,} rows</summary><div class="scroll">'
        f"<table><tr>{head}</tr>{rows}</table>{note}</div></details>"
    )
