"""`practix ask`: prints the ready questions and answers to questions or SQL."""

import csv
import sys
from collections.abc import Mapping
from typing import Any, Literal

import msgspec
import rich.table
from rich.console import Console
from rich.text import Text

from launcher.analyst_client import AnalystClient, AnswerTable
from launcher.client import RequestRefused
from runtime.http.harmless_text import escape_controls, escape_formulas

Form = Literal["table", "csv", "json"]


def choose_form(*, as_json: bool, as_csv: bool) -> Form:
    """Return the form that a verb's options ask for."""
    return "json" if as_json else "csv" if as_csv else "table"


async def ask(
    client: AnalystClient, name: str | None, sql: str | None, parameters: Mapping[str, str]
) -> AnswerTable:
    """Return the answer to the ready question `name` or to `sql`.

    Raises NotRunning, RequestRefused.
    """
    if sql is not None:
        if name is not None or parameters:
            raise RequestRefused("either a ready question with its parameters, or --sql")
        return await client.ask_sql(sql)
    return await client.ask(name or "", parameters)


def print_questions(questions: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print(msgspec.json.encode({"questions": questions}).decode())
        return
    table = rich.table.Table("question", "answers", "parameters", show_lines=True)
    for one in questions:
        parameters = [escape_controls(f"{p['name']}={p['default']}") for p in one["parameters"]]
        title, description = escape_controls(one["title"]), escape_controls(one["description"])
        text = Text.assemble((title, "bold"), "\n", description)
        table.add_row(Text(escape_controls(one["name"])), text, Text("\n".join(parameters)))
    Console().print(table)


def print_table(table: AnswerTable, form: Form) -> None:
    match form:
        case "json":
            print(msgspec.json.encode(_rows_as_objects(table)).decode())
        case "csv":
            writer = csv.writer(sys.stdout, lineterminator="\n")
            # A file gets the text as it is, except formulas. A terminal would obey controls.
            shown = escape_controls if sys.stdout.isatty() else _leave_as_is
            writer.writerow(map(shown, escape_formulas(table.columns)))
            writer.writerows(map(shown, escape_formulas(row)) for row in table.rows)
        case "table":
            Console().print(_draw_table(table))
            version = f", question's version {table.version}" if table.version else ""
            print(f"{len(table.rows):,} rows, as of position {table.position:,}{version}")


def _leave_as_is(value: Any) -> Any:
    return value


def _rows_as_objects(table: AnswerTable) -> dict[str, Any]:
    """Return each row as an object, for scripts."""
    return {
        "position": table.position,
        "version": table.version,
        "columns": table.columns,
        "rows": [dict(zip(table.columns, row, strict=True)) for row in table.rows],
    }


def _draw_table(table: AnswerTable) -> rich.table.Table:
    title = Text(escape_controls(table.question["title"])) if table.question else None
    drawn = rich.table.Table(title=title)
    for name, kind in zip(table.columns, table.types, strict=True):
        numeric = "Int" in kind or "Float" in kind
        drawn.add_column(Text(escape_controls(name)), justify="right" if numeric else "left")
    for row in table.rows:
        # Text, not markup: people may have typed square brackets.
        drawn.add_row(*(Text(escape_controls(value)) for value in row))
    return drawn
