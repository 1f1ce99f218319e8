"""`practix dead`: lists, shows, retries and drops events that could not be projected, and notices
and fan-outs that the notifier has parked."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, Literal

import msgspec
import rich.table
import typer
from rich.console import Console
from rich.text import Text

from launcher.verbs.analysts import AsJson, BaseUrl, RunToEnd
from launcher.verbs.operators import parked
from launcher.verbs.operators.link import Connect, OperatorLink
from launcher.verbs.verify import show_progress
from runtime.http.harmless_text import escape_controls

LETTERS: Final = "dead-letters"
COLUMNS: Final = ("id", "event", "key", "parked", "since", "reason")

LetterId = Annotated[str, typer.Argument(metavar="ID", help="As `practix dead list` shows it.")]
Of = Annotated[
    Literal["events", "notices", "fan-outs"],
    typer.Option(help="What was parked: events by the projector, the others by the notifier."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be; change nothing.")]


def register(app: typer.Typer, connect: Connect, run: RunToEnd) -> None:
    """Add the group `dead` to `app`."""
    dead = typer.Typer(help="Dead letters: events that could not be projected.")
    app.add_typer(dead, name="dead")

    @dead.command("list")
    def list_verb(of: Of = "events", as_json: AsJson = False, base_url: BaseUrl = None) -> None:
        """List the events that stopped a key, and how many are parked with each; or the parked
        notices, or fan-outs."""
        letters = run(_list(connect(base_url), of))
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
        of: Of = "events",
        dry_run: DryRun = False,
        as_json: AsJson = False,
        base_url: BaseUrl = None,
    ) -> None:
        """Project parked events with the projections of today, one key after another; or let
        parked notices be sent, or fan-outs be told, from now on."""
        if of != "events":
            again = parked.retry_notices if of == "notices" else parked.retry_fanouts
            result = run(again(connect(base_url), letter, dry_run=dry_run))
            if as_json:
                print(msgspec.json.encode(result).decode())
            else:
                done = "would be tried again" if dry_run else "are tried again"
                print(f"{result['retried']:,} of {result['parked']:,} {of} {done}")
            raise typer.Exit(0 if result["ok"] else 1)
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
        of: Of = "events",
        by: Annotated[str | None, typer.Option(help="Who answers for it.")] = None,
        dry_run: DryRun = False,
        as_json: AsJson = False,
        base_url: BaseUrl = None,
    ) -> None:
        """Give one event, notice or fan-out up for good. Events behind it follow at the next
        retry."""
        found = run(_drop(connect(base_url), of, letter, by, dry_run=dry_run))
        if as_json:
            print(msgspec.json.encode(found).decode())
            return
        print(f"{'would drop' if dry_run else 'dropped'} {found['event']} ({found['id']})")
        if found.get("parked", 1) > 1:
            print(f"{found['parked'] - 1:,} behind it: practix dead retry")


async def _list(link: OperatorLink, of: str) -> list[dict[str, Any]]:
    match of:
        case "notices":
            return await parked.list_notices(link)
        case "fan-outs":
            return await parked.list_fanouts(link)
        case _:
            return await link.list_all(LETTERS, {})


async def _drop(
    link: OperatorLink, of: str, letter: str, by: str | None, *, dry_run: bool
) -> dict[str, Any]:
    match of:
        case "notices":
            return await parked.drop_notice(link, letter, by, dry_run=dry_run)
        case "fan-outs":
            return await parked.drop_fanout(link, letter, by, dry_run=dry_run)
        case _:
            found: dict[str, Any] = await link.drop(f"{LETTERS}/{letter}", by, dry_run=dry_run)
            return found


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
        # Text, not markup: `[erased]` would be read as a style.
        table.add_row(*(Text(escape_controls(one[name])) for name in columns))
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
