"""`practix dead`: lists, shows, retries and drops events that could not be projected."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final

import msgspec
import rich.table
import typer
from rich.console import Console

from launcher.verbs.analysts import AsJson, BaseUrl, RunToEnd
from launcher.verbs.operators.link import Connect
from launcher.verbs.verify import show_progress
from runtime.http.harmless_text import escape_controls

LETTERS: Final = "dead-letters"
COLUMNS: Final = ("id", "event", "key", "parked", "since", "reason")

LetterId = Annotated[str, typer.Argument(metavar="ID", help="As `practix dead list` shows it.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be; change nothing.")]


def register(app: typer.Typer, connect: Connect, run: RunToEnd) -> None:
    """Add the group `dead` to `app`."""
    dead = typer.Typer(help="Dead letters: events that could not be projected.")
    app.add_typer(dead, name="dead")

    @dead.command("list")
    def list_verb(as_json: AsJson = False, base_url: BaseUrl = None) -> None:
        """List the events that stopped a key, and how many are parked with each."""
        letters = run(connect(base_url).list_all(LETTERS, {}))
        if as_json:
            print(msgspec.json.encode({"dead_letters": letters}).decode())
        else:
            print_letters(letters)

    @dead.command("show")
    def show_verb(letter: LetterId, as_json: AsJson = False, base_url: BaseUrl = None) -> None:
        """Show one dead letter, and what is parked with it."""
        found = run(connect(base_url).send("GET", f"{LETTERS}/{letter}"))
        if as_json:
            print(msgspec.json.encode(found).decode())
            return
        print(f"key: {escape_controls(found['key'])}, {found['parked']:,} parked")
        print_letters(found["events"])

    @dead.command("retry")
    def retry_verb(
        letter: Annotated[
            str | None, typer.Argument(metavar="[ID]", help="One of the key; without it, all.")
        ] = None,
        dry_run: DryRun = False,
        as_json: AsJson = False,
        base_url: BaseUrl = None,
    ) -> None:
        """Project parked events with the projections of today, one key after another."""
        path = f"{LETTERS}/retry" if letter is None else f"{LETTERS}/{letter}/retry"
        lines = connect(base_url).stream(path, dry_run=dry_run)
        result = run(show_progress(lines, "retry"))
        if as_json:
            print(msgspec.json.encode(result).decode())
        else:
            print_retried(result)
        raise typer.Exit(0 if result["ok"] else 1)

    @dead.command("drop")
    def drop_verb(
        letter: LetterId,
        by: Annotated[str | None, typer.Option(help="Who answers for it.")] = None,
        dry_run: DryRun = False,
        as_json: AsJson = False,
        base_url: BaseUrl = None,
    ) -> None:
        """Give one event up for good. Those behind it follow at the next retry."""
        body = {} if by is None else {"by": by}
        client = connect(base_url)
        found = run(client.send("DELETE", f"{LETTERS}/{letter}", body, dry_run=dry_run))
        if as_json:
            print(msgspec.json.encode(found).decode())
            return
        print(f"{'would drop' if dry_run else 'dropped'} {found['event']} ({found['id']})")
        if found["parked"] > 1:
            print(f"{found['parked'] - 1:,} behind it: practix dead retry")


def print_letters(letters: Iterable[Mapping[str, Any]]) -> None:
    """Print parked events as a table."""
    letters = list(letters)
    if not letters:
        print("nothing is parked")
        return
    columns = [name for name in COLUMNS if name in letters[0]]
    table = rich.table.Table(box=None, pad_edge=False)
    for name in columns:
        table.add_column(name, overflow="fold")  # An id that is cut short could not be copied.
    for one in letters:
        table.add_row(*(escape_controls(one[name]) for name in columns))
    Console().print(table)


def print_retried(result: Mapping[str, Any]) -> None:
    """Print the result of a retry."""
    done = "would be projected" if result.get("dry_run") else "projected"
    keys = result.get("keys", ())
    for one in keys:
        print(
            f"{one['id']} {escape_controls(one['key'])}: {one['projected']:,} of "
            f"{one['parked']:,} {done}"
            + (f"; left: {escape_controls(one['reason'])}" if one["left"] else "")
        )
    print(f"{sum(one['projected'] for one in keys):,} {done}")
    if result.get("keys_left"):
        print(f"{result['keys_left']:,} keys were not tried: retry again")
    if result.get("problem"):
        print(f"problem: {escape_controls(result['problem'])}")
