"""The verbs for analysts: `practix ask`, `report`, `export` and `analysts export`."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, TypeVar

import msgspec
import typer

from launcher.analyst_client import AnalystClient
from launcher.exports.exporting import FILE_POSITIONS, export_new
from launcher.verbs.ask import ask, choose_form, print_questions, print_table
from launcher.verbs.export import ExportRequest, export
from launcher.verbs.report import ask_everything

T = TypeVar("T")

Connect = Callable[[str | None], AnalystClient]
"""Makes a client for `--base-url`, or for the system of this machine."""

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on the last line.")]
BaseUrl = Annotated[
    str | None, typer.Option("--base-url", envvar="BASE_URL", help="A running system's address.")
]


class RunToEnd(Protocol):
    def __call__(self, work: Coroutine[Any, Any, T], /) -> T:
        """Return the result of `work`. NotRunning or RequestRefused ends the program."""
        ...


def register(app: typer.Typer, connect: Connect, run: RunToEnd) -> None:
    """Add the three verbs to `app`."""
    _register_ask(app, connect, run)
    _register_report(app, connect, run)
    _register_export(app, connect, run)


def register_incremental_export(group: typer.Typer, connect: Connect, run: RunToEnd) -> None:
    """Add the verb `export` to the group `analysts`."""

    @group.command("export")
    def incremental_export_verb(
        into: Annotated[Path, typer.Option(help="The folder, which may be there already.")],
        file_positions: Annotated[
            int, typer.Option(min=1, help="How many positions one file covers at most.")
        ] = FILE_POSITIONS,
        as_json: AsJson = False,
        base_url: BaseUrl = None,
    ) -> None:
        """Export what is new of all tables into a folder of Parquet files, and go on from there
        the next time."""
        done = run(export_new(connect(base_url), into, file_positions))
        if as_json:
            print(msgspec.json.encode(done._asdict()).decode())
        else:
            print(
                f"{into} is at position {done.position:,}: {done.files:,} new files, "
                f"{done.rows:,} rows, {done.bytes:,} bytes"
            )


def _register_ask(app: typer.Typer, connect: Connect, run: RunToEnd) -> None:
    @app.command("ask")
    def ask_verb(
        name: Annotated[str | None, typer.Argument(help="Name of a ready question.")] = None,
        parameter: Annotated[
            list[str] | None,
            typer.Option("--set", "-p", help="A parameter, as NAME=VALUE."),
        ] = None,
        sql: Annotated[str | None, typer.Option(help="Your own read-only SQL.")] = None,
        as_csv: Annotated[bool, typer.Option("--csv")] = False,
        as_json: AsJson = False,
        base_url: BaseUrl = None,
    ) -> None:
        """Ask the history. Without NAME and --sql: list the ready questions."""
        client = connect(base_url)
        if name is None and sql is None:
            print_questions(run(client.list_questions()), as_json=as_json)
            return
        table = run(ask(client, name, sql, _parse_pairs(parameter or [])))
        print_table(table, choose_form(as_json=as_json, as_csv=as_csv))


def _register_report(app: typer.Typer, connect: Connect, run: RunToEnd) -> None:
    @app.command("report")
    def report_verb(
        out: Annotated[Path, typer.Option(help="The file to write.")] = Path("report.html"),
        as_json: AsJson = False,
        base_url: BaseUrl = None,
    ) -> None:
        """Write one self-contained HTML page with a plot of every ready question."""
        report = run(ask_everything(connect(base_url)))
        _write(out, report.page)
        summary = {"out": str(out), "rows": report.rows}
        print(msgspec.json.encode(summary).decode() if as_json else f"wrote {out}")


def _register_export(app: typer.Typer, connect: Connect, run: RunToEnd) -> None:
    @app.command("export")
    def export_verb(
        out: Annotated[Path, typer.Option(help="The file to write.")],
        form: Annotated[Literal["parquet", "csv", "ndjson"], typer.Option("--format")] = "parquet",
        first: Annotated[int, typer.Option("--from", min=1, help="First position.")] = 1,
        last: Annotated[int | None, typer.Option("--to", min=0, help="Last position.")] = None,
        table: Literal["events", "refusals", "ratings"] = "events",
        as_json: AsJson = False,
        base_url: BaseUrl = None,
    ) -> None:
        """Write a range of positions of the history to a file."""
        if last is not None and last < first:
            raise typer.BadParameter("it is after --to", param_hint="--from")
        summary = run(export(connect(base_url), ExportRequest(out, table, form, first, last)))
        if as_json:
            print(msgspec.json.encode(summary).decode())
        else:
            print(f"wrote {summary['rows']:,} rows, {summary['bytes']:,} bytes to {out}")


def _parse_pairs(texts: list[str]) -> dict[str, str]:
    pairs = [one.partition("=") for one in texts]
    if wrong := [name for name, separator, _ in pairs if not separator]:
        raise typer.BadParameter(f"{wrong[0]} is not NAME=VALUE", param_hint="--set")
    return {name: value for name, _, value in pairs}


def _write(out: Path, page: str) -> None:
    try:
        out.write_text(page, encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(str(error), param_hint="--out") from error
