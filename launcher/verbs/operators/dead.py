"""`practix dead`: lists, shows, retries and drops what was parked: events by the projector and by
the notifier, and the notifier's notices and fan-outs."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Final, Literal

import msgspec
import rich.table
import typer
from rich.console import Console
from rich.text import Text

from contracts.journal.places import parse_place
from launcher.client import Path, RequestRefused
from launcher.verbs.analysts import AsJson, BaseUrl, RunToEnd
from launcher.verbs.operators import parked
from launcher.verbs.operators.link import PAGE, Connect, OperatorLink
from launcher.verbs.verify import show_progress
from runtime.http.harmless_text import escape_controls

PATHS: Final = {"events": ("dead-letters",), "untold-events": ("notices", "dead-letters")}
"""Paths of parked events, by who has parked them."""
COLUMNS: Final = ("id", "event", "key", "parked", "since", "reason")
FOLDED: Final = "folded"
COLUMNS_IN_FULL: Final = (*COLUMNS, "request_id")

LetterId = Annotated[str, typer.Argument(metavar="ID", help="As `practix dead list` shows it.")]
Of = Annotated[
    Literal["events", "untold-events", "notices", "fan-outs"],
    typer.Option(help="What was parked: events by the projector, the others by the notifier."),
]
OfEvents = Annotated[
    Literal["events", "untold-events"],
    typer.Option(help="Who has parked it: the projector, or the notifier."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be; change nothing.")]


def register(app: typer.Typer, connect: Connect, run: RunToEnd) -> None:
    """Add the group `dead` to `app`."""
    dead = typer.Typer(help="Dead letters: events that could not be projected or told of.")
    app.add_typer(dead, name="dead")

    @dead.command("list")
    def list_verb(of: Of = "events", as_json: AsJson = False, base_url: BaseUrl = None) -> None:
        """List the events that stopped a key, and how many are parked with each; or the parked
        notices or fan-outs."""
        letters = run(_list(connect(base_url), of))
        if as_json:
            print(msgspec.json.encode({"dead_letters": letters}).decode())
        else:
            print_letters(letters)

    @dead.command("show")
    def show_verb(
        letter: LetterId, of: OfEvents = "events", as_json: AsJson = False, base_url: BaseUrl = None
    ) -> None:
        """Show one parked event, and all that are parked with it. The request id leads to the
        lines in the logs."""
        found = run(_show(connect(base_url), of, letter))
        if as_json:
            print(msgspec.json.encode(found).decode())
            return
        print(f"key: {escape_controls(found['key'])}, {found['parked']:,} parked")
        print_letters(found["events"], COLUMNS_IN_FULL)

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
        """Fold parked events as the running build does, one key after another; or let parked
        notices be sent, or fan-outs be told, from now on."""
        if of not in PATHS:
            again = parked.retry_notices if of == "notices" else parked.retry_fanouts
            result = run(again(connect(base_url), letter, dry_run=dry_run))
            if as_json:
                print(msgspec.json.encode(result).decode())
            else:
                done = "would be tried again" if dry_run else "are tried again"
                print(f"{result['retried']:,} of {result['parked']:,} {of} {done}")
            raise typer.Exit(0 if result["ok"] else 1)
        result = run(_retry(connect(base_url), of, letter, dry_run=dry_run))
        if as_json:
            print(msgspec.json.encode(result).decode())
        else:
            print_retried(result, "projected" if of == "events" else FOLDED)
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
            return await link.list_all(PATHS[of], {})


async def _show(link: OperatorLink, of: str, letter: str) -> dict[str, Any]:
    """Return the parked event, with all events of its key."""
    path, query = _path_of(of, letter), {"limit": str(PAGE)}
    found, cursor = await link.read_page(path, query, None)
    while cursor is not None:
        more, cursor = await link.read_page(path, query, cursor)
        found["events"] += more["events"]
    shown: dict[str, Any] = found
    return shown


async def _retry(
    link: OperatorLink, of: str, letter: str | None, *, dry_run: bool
) -> dict[str, Any]:
    """Retry the parked events of one key, or of all. Returns the result."""
    chosen = PATHS[of] if letter is None else _path_of(of, letter)
    return await show_progress(link.stream((*chosen, "retry"), dry_run=dry_run), "retry")


async def _drop(
    link: OperatorLink, of: str, letter: str, by: str | None, *, dry_run: bool
) -> dict[str, Any]:
    match of:
        case "notices":
            return await parked.drop_notice(link, letter, by, dry_run=dry_run)
        case "fan-outs":
            return await parked.drop_fanout(link, letter, by, dry_run=dry_run)
        case _:
            found: dict[str, Any] = await link.drop(_path_of(of, letter), by, dry_run=dry_run)
            return found


def _path_of(of: str, letter: str) -> Path:
    """Return the path of a parked event. Raises RequestRefused if `letter` is no id of one."""
    if parse_place(letter) is None:
        raise RequestRefused(f"{letter!r} is no id of a parked event")
    return *PATHS[of], letter


def print_letters(letters: Iterable[Mapping[str, Any]], wanted: Sequence[str] = COLUMNS) -> None:
    """Print parked events as a table of those of the wanted columns that they have."""
    letters = list(letters)
    if not letters:
        print("nothing is parked")
        return
    columns = [name for name in wanted if name in letters[0]]
    table = rich.table.Table(box=None, pad_edge=False)
    for name in columns:
        table.add_column(name, overflow="fold")  # An id that is cut short could not be copied.
    for one in letters:
        # Text, not markup: `[erased]` would be read as a style.
        table.add_row(*(Text(escape_controls(one[name])) for name in columns))
    Console().print(table)


def print_retried(result: Mapping[str, Any], done: str) -> None:
    """Print the result of a retry; `done` is what was done with the events."""
    would, go = ("would be ", "would go") if result.get("dry_run") else ("", "go")
    keys = result.get("keys", ())
    for one in keys:
        print(
            f"{one['id']} {escape_controls(one['key'])}: {one[done]:,} of "
            f"{one['parked']:,} {would}{done}"
            + (f"; left: {escape_controls(one['reason'])}" if one["left"] else "")
        )
    print(f"{sum(one[done] for one in keys):,} {would}{done}")
    if done == FOLDED:
        going, late = (sum(one[name] for one in keys) for name in ("notices", "too_late"))
        print(f"notices and fan-outs: {going:,} {go} from now on, {late:,} too late")
    if result.get("keys_left"):
        print(f"{result['keys_left']:,} keys were not tried: retry again")
    if result.get("problem"):
        print(f"problem: {escape_controls(result['problem'])}")
