"""In which form an answer is given, and what is told with it."""

import csv
import io
import json
from typing import Any, Final

import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from starlette.datastructures import QueryParams

from contracts.errors import Malformed
from query_api.analysts.answers import Asked, Shape, make_answer, parse_shape
from query_api.analysts.questions import version_of
from runtime.clickhouse.port import ResultSet

ANSWER: Final = ResultSet(
    ("day", "n", "share", "names"),
    ("String", "Nullable(UInt64)", "Float64", "Array(UInt8)"),
    [("2026-03-01", 3, 0.5, [1, 2]), ("=1+1", None, 1.0, [])],
)
PLOT: Final[dict[str, Any]] = {"kind": "line", "x": "day", "ys": ["n"], "by": None}
JSON: Final = Shape("json", None)


def body_of(asked: Asked, shape: Shape) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(bytes(make_answer(ANSWER, 7, asked, shape).body))
    return body


def test_json_has_the_position_and_the_version_of_the_text() -> None:
    response = make_answer(ANSWER, 7, Asked("SELECT 1"), JSON)
    body = json.loads(bytes(response.body))
    assert (body["position"], body["version"]) == (7, version_of("SELECT 1"))
    assert response.headers["X-Position"] == "7"
    assert response.headers["X-Question-Version"] == version_of("SELECT 1")
    assert "drawing" not in body


def test_csv_has_a_header_and_no_formulas() -> None:
    asked = Asked("SELECT 1", summary={"name": "funnel", "title": "The funnel"})
    response = make_answer(ANSWER, 7, asked, Shape("csv", None))
    rows = list(csv.reader(io.StringIO(bytes(response.body).decode())))
    assert rows[0] == ["day", "n", "share", "names"]
    assert rows[2][:2] == ["'=1+1", ""]
    assert response.headers["Content-Disposition"] == 'attachment; filename="funnel.csv"'
    assert response.headers["X-Position"] == "7"


def test_parquet_keeps_numbers_and_writes_the_rest_as_text() -> None:
    response = make_answer(ANSWER, 7, Asked("SELECT 1"), Shape("parquet", None))
    table = pq.read_table(io.BytesIO(bytes(response.body)))
    assert table["n"].to_pylist() == [3, None]
    assert table["share"].to_pylist() == [0.5, 1.0]
    assert table["names"].to_pylist() == ["[1,2]", "[]"]


def test_columns_of_one_name_are_all_written() -> None:
    twice = ResultSet(("n", "n"), ("UInt8", "UInt8"), [(1, 2)])
    response = make_answer(twice, 7, Asked("SELECT 1"), Shape("parquet", None))
    assert pq.ParquetFile(io.BytesIO(bytes(response.body))).metadata.num_columns == 2


def test_a_drawing_is_made_if_one_is_wanted_and_there_is_a_plot() -> None:
    wanted = Shape("json", 300)
    assert body_of(Asked("SELECT 1"), wanted)["drawing"] is None
    drawn = body_of(Asked("SELECT 1", PLOT, {"name": "f", "title": "F"}), wanted)["drawing"]
    assert drawn["series"] == ["n"]
    assert 'viewBox="0 0 300 ' in drawn["svg"]
    assert 'aria-label="F"' in drawn["svg"]


def test_a_column_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(Malformed) as caught:
        make_answer(ANSWER, 7, Asked("SELECT 1", plot={**PLOT, "x": "hour"}), Shape("json", 300))
    assert "hour" in caught.value.facts["reason"]


@pytest.mark.parametrize("query", ["format=xml", "plot_width=1", "plot_width=wide"])
def test_another_form_is_refused(query: str) -> None:
    with pytest.raises(Malformed):
        parse_shape(QueryParams(query))
