"""`practix investigate`: SQL on the history itself. Each use is recorded."""

from collections.abc import Callable
from typing import Annotated

import typer

from launcher.analyst_client import AnalystClient
from launcher.verbs.analysts import AsJson, BaseUrl, RunToEnd
from launcher.verbs.ask import choose_form, print_table


def register(
    app: typer.Typer, connect: Callable[[str | None], AnalystClient], run: RunToEnd
) -> None:
    """Add the verb to `app`. `connect` makes a client with the investigators' token."""

    @app.command("investigate")
    def investigate_verb(
        sql: Annotated[str, typer.Option(help="Read-only SQL.")],
        by: Annotated[str, typer.Option(help="Your name. It is recorded.")],
        why: Annotated[str, typer.Option(help="What it is for. It is recorded.")],
        as_csv: Annotated[bool, typer.Option("--csv")] = False,
        as_json: AsJson = False,
        base_url: BaseUrl = None,
    ) -> None:
        """Ask the history, with its ids and words. Operators read who did, when and why."""
        table = run(connect(base_url).ask_history(sql, by=by, why=why))
        print_table(table, choose_form(as_json=as_json, as_csv=as_csv))
