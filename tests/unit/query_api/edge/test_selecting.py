"""A statement selects the fields of a representation in their order, and its position."""

from typing import Any

from msgspec import Struct

from query_api.edge.selecting import build, columns_of, read_selected, with_position
from tests.unit.query_api.edge.rows import Row


class ShownFilm(Struct, frozen=True):
    title: str
    year: int
    is_old: bool


def test_columns_are_the_fields_in_their_order() -> None:
    columns = columns_of(ShownFilm, {"is_old": "f.year < 2000"}, "f")
    assert columns == "f.title AS title, f.year AS year, f.year < 2000 AS is_old"


def test_a_row_begins_with_the_representation() -> None:
    row: Any = ("Solaris", 1972, True, "a further column", 7)
    assert build(ShownFilm, row) == ShownFilm("Solaris", 1972, True)


def test_the_position_comes_also_if_nothing_is_found() -> None:
    rows: Any = [Row(title=None, position_of_tables=7)]
    assert read_selected(rows) == ([], 7)
    rows = [Row(title="Solaris", position_of_tables=7), Row(title="Mirror", position_of_tables=7)]
    assert read_selected(rows) == (rows, 7)


def test_before_the_first_record_the_position_is_zero() -> None:
    rows: Any = [Row(title=None, position_of_tables=None)]
    assert read_selected(rows) == ([], 0)


def test_an_order_is_that_of_the_whole_statement() -> None:
    assert with_position("SELECT 1 AS one", "one").endswith("ORDER BY one")
    assert "ORDER BY" not in with_position("SELECT 1 AS one")
