"""Makes the answer to a question: JSON with or without a drawing, or a file. Pure."""

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

import msgspec
from starlette.datastructures import QueryParams
from starlette.responses import Response

from contracts.errors import Malformed
from query_api.analysts.encodings import ENCODERS
from query_api.analysts.plots import WIDTH_MIN, BadPlot, Canvas, draw_plot, series_names
from query_api.analysts.questions import version_of
from runtime.clickhouse.port import ResultSet
from runtime.http.json_body import json_response
from runtime.http.numbers import parse_whole_number
from runtime.http.parameters import Parameter, malformed_parameter

PLOT_WIDTH_MAX: Final = 2_000
FORMATS: Final = ("json", "csv", "parquet")

FORMAT: Final = Parameter("format", "`json` by default", {"type": "string", "enum": list(FORMATS)})
PLOT_WIDTH: Final = Parameter(
    "plot_width",
    "draw the answer as well, so many pixels wide",
    {"type": "integer", "minimum": WIDTH_MIN, "maximum": PLOT_WIDTH_MAX},
)


class PlotWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to draw an answer: the columns of both axes."""

    kind: Literal["line", "bars"]
    x: str
    ys: tuple[str, ...]
    by: str | None = None
    """Column that splits the rows into series."""


class Shape(NamedTuple):
    """The form in which an answer is wanted."""

    form: str
    """One of FORMATS."""
    plot_width: int | None
    """None: without a drawing."""


class Asked(NamedTuple):
    """The question behind an answer."""

    sql: str
    """Without the values of its parameters."""
    plot: Mapping[str, Any] | None = None
    summary: dict[str, Any] | None = None
    """Of a question with a name."""


def parse_shape(given: QueryParams) -> Shape:
    """Return the form that the parameters ask for. Raises Malformed."""
    form = given.get(FORMAT.name, "json")
    if form not in FORMATS:
        raise malformed_parameter(FORMAT.name, known=list(FORMATS))
    text = given.get(PLOT_WIDTH.name)
    if text is None:
        return Shape(form, None)
    width = parse_whole_number(text)
    if width is None or not WIDTH_MIN <= width <= PLOT_WIDTH_MAX:
        raise malformed_parameter(PLOT_WIDTH.name, minimum=WIDTH_MIN, maximum=PLOT_WIDTH_MAX)
    return Shape(form, width)


def make_answer(answer: ResultSet, position: int, asked: Asked, shape: Shape) -> Response:
    """Return the answer as it was at `position`. Raises Malformed if it cannot be drawn."""
    version = version_of(asked.sql)
    headers = {"X-Position": str(position), "X-Question-Version": version}
    if shape.form != "json":
        encoder = ENCODERS[shape.form]()
        content = encoder.encode(answer) + encoder.finish()
        name = asked.summary["name"] if asked.summary else "answer"
        headers["Content-Disposition"] = f'attachment; filename="{name}.{shape.form}"'
        return Response(content, headers=headers, media_type=encoder.media_type)
    body = {
        **answer._asdict(),
        "position": position,
        "version": version,
        "question": asked.summary,
    }
    if shape.plot_width is not None:
        body["drawing"] = _draw(answer, asked, shape.plot_width)
    return json_response(body, headers=headers)


def _draw(answer: ResultSet, asked: Asked, width: int) -> dict[str, Any] | None:
    """Return the drawing with the names of its series; None without a plot or rows."""
    if asked.plot is None or not answer.rows:
        return None
    label = asked.summary["title"] if asked.summary else ""
    columns, rows = answer.columns, answer.rows
    try:
        svg = draw_plot(asked.plot, columns, rows, Canvas(width, label=label))
        return {"svg": svg, "series": series_names(asked.plot, columns, rows)}
    except BadPlot as error:
        raise Malformed("malformed_query", {"reason": str(error)}) from error
