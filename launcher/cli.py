"""The `practix` command. Every verb accepts `--json` and exits 0 only on success.

Verbs import heavy modules themselves, so that `practix token` starts quickly.
"""

import asyncio
import sys
from collections.abc import Coroutine
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, TypeVar

import msgspec
import typer
import uvloop
from yarl import URL

from launcher.analyst_client import AnalystClient
from launcher.client import NotRunning, RequestRefused, log_in
from launcher.connections import Connections
from launcher.data_directory import ClockTurnedBack, DataDirectory, DataInUse, SecretUnusable
from launcher.servers.process import ServerError
from launcher.settings import Settings
from launcher.terminal import PrintVersion, make_progress_bar
from launcher.verbs import analysts, backup, investigate, journal, questions, ratings
from launcher.verbs.analysts import AsJson, BaseUrl
from launcher.verbs.demo.player import Demo
from launcher.verbs.demo.summary import DemoSummary, build_report, print_outcomes
from launcher.verbs.machine import servers
from launcher.verbs.operators import acts, dead
from launcher.verbs.operators.link import OperatorLink
from launcher.verbs.verify import (
    Result,
    print_rebuilt,
    print_result,
    rebuild_running,
    show_progress,
    verify_running,
)
from runtime.http.harmless_text import escape_controls
from runtime.journal.port import JournalError
from runtime.service.settings import SettingsWrong, exit_for_wrong_settings, load_settings

T = TypeVar("T")

app = typer.Typer(
    name="practix",
    help="PRACTIX: film evenings together, never over-booked.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.callback()
def take_options(_version: PrintVersion = False) -> None:
    """Take what comes before a verb."""


@app.command()
def run(as_json: AsJson = False) -> None:
    """Start a system in the foreground. Reads PORT, PRACTIX_DATA and PRACTIX_PROFILE.

    With --json the object is printed once the system is ready.
    """
    chosen = read_settings()
    from launcher.profiles.listening import PortInUse
    from launcher.profiles.run import ClockNotOurs
    from launcher.profiles.run import run as run_system
    from launcher.profiles.welcome import Welcome

    def greet(ready: Welcome) -> None:
        print(msgspec.json.encode(ready).decode() if as_json else ready.text, flush=True)

    try:
        failure = run_system(chosen, greet)
    except (SettingsWrong, SecretUnusable) as wrong:
        exit_for_wrong_settings(f"practix: {wrong}")
    except (DataInUse, ClockTurnedBack, ClockNotOurs, PortInUse, ServerError, OSError) as error:
        fail(str(error))
    if failure is not None:
        fail(failure)


@app.command()
def gateway(
    cells: Annotated[list[str], typer.Argument(help="Cells, as spb=http://127.0.0.1:8001.")],
    as_json: AsJson = False,
) -> None:
    """Run one port (PORT) in front of cells: spb.localhost, or spb before a name in
    PRACTIX_HOSTS, is the cell spb. Ctrl-C stops it."""
    from launcher.profiles import cells_gateway
    from launcher.profiles.listening import PortInUse

    settings = read_settings()
    try:
        found = cells_gateway.parse_cells(cells)
    except ValueError as error:
        fail(str(error))
    urls = {name: f"http://{name}.{cells_gateway.LOCAL}:{settings.port}" for name in found}

    def greet() -> None:
        print(
            msgspec.json.encode(urls).decode() if as_json else "\n".join(urls.values()), flush=True
        )

    try:
        cells_gateway.run(settings, found, greet)
    except PortInUse as error:
        fail(str(error))


@app.command()
def token(
    login: str,
    base_url: BaseUrl = None,
    is_super: Annotated[
        bool, typer.Option("--super", help="A super-user's token; needs the operator token.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Print a token for LOGIN from the stand-in's Auth."""
    operator = find_operator_token() if is_super else None
    answer = run_to_end(log_in(resolve_address(base_url), login, operator))
    print(msgspec.json.encode(answer).decode() if as_json else answer["access_token"])


@app.command()
def verify(
    base_url: BaseUrl = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="A stopped embedded system's PRACTIX_DATA.")
    ] = False,
    from_position: Annotated[
        int | None,
        typer.Option("--from", min=0, help="Go on from a checkpoint at or before this position."),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep a checkpoint if everything is right.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Fold the journal again and compare: chain, capacity, overlaps, every row.

    If there is a history, every person's scores are also computed from the votes in it.
    """
    if offline:
        result = _verify_offline(from_position, keep=keep)
    else:
        result = run_to_end(
            verify_running(
                resolve_address(base_url),
                find_operator_token(),
                from_position=from_position,
                keep=keep,
            )
        )
    print_result(result, as_json=as_json)
    raise typer.Exit(0 if result["ok"] else 1)


@app.command()
def rebuild(
    base_url: BaseUrl = None,
    only: Annotated[
        str | None, typer.Option(metavar="TABLE", help="A table and what goes with it; or history.")
    ] = None,
    roll_back: Annotated[
        bool, typer.Option("--roll-back", help="Go back to what was live before the last switch.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Rebuild the read models beside the live ones, compare every row, and switch to them."""
    result = run_to_end(
        rebuild_running(
            resolve_address(base_url), find_operator_token(), only=only, rolls_back=roll_back
        )
    )
    print_rebuilt(result, as_json=as_json)
    raise typer.Exit(0 if result["ok"] else 1)


@app.command()
def demo(
    file: Path,
    base_url: BaseUrl = None,
    concurrency: Annotated[int, typer.Option(min=1, max=1000)] = 64,
    as_json: AsJson = False,
) -> None:
    """Replay FILE (JSON lines) against a running system, then verify."""
    if not file.is_file():
        fail(f"there is no file {file}")
    # Found before the replay: a missing token must not show up after an hour of traffic.
    operator = find_operator_token()
    summary, result = run_to_end(_demo(file, resolve_address(base_url), concurrency, operator))
    for line in summary.first_malformed:
        reason = escape_controls(line.reason)
        print(f"{file}:{line.number}: malformed: {reason}", file=sys.stderr)
    if as_json:
        print(msgspec.json.encode(build_report(summary, result)).decode())
    else:
        print_outcomes(summary)
        print_result(result, as_json=False)
    if not summary.sent:
        fail(f"no line of {file} could be sent")
    raise typer.Exit(0 if result["ok"] else 1)


analysts_group = typer.Typer(
    help="What analysts see: its pseudonyms, copies of it, and saved questions."
)
app.add_typer(analysts_group, name="analysts")


@analysts_group.command("rotate")
def rotate(as_json: AsJson = False) -> None:
    """Give everybody another pseudonym from the next start on. The system must be stopped."""
    from launcher.verbs.pseudonyms import rotate_pseudonyms

    data = find_data()
    if not data.path.exists():
        fail(f"there is no data in {data.path}")
    try:
        rotate_pseudonyms(data)
    except DataInUse as error:
        fail(str(error))
    print(msgspec.json.encode({"rotated": True}).decode() if as_json else "rotated")


def _connect_analyst(base_url: str | None) -> AnalystClient:
    token = read_settings().analyst_token or find_operator_token()
    return AnalystClient(resolve_address(base_url), token)


analysts.register(app, _connect_analyst, lambda work: run_to_end(work))
analysts.register_incremental_export(
    analysts_group, _connect_analyst, lambda work: run_to_end(work)
)

questions.register(analysts_group, _connect_analyst, lambda work: run_to_end(work))

ratings.register(
    app,
    lambda base_url: AnalystClient(resolve_address(base_url), find_operator_token()),
    lambda work: run_to_end(work),
)

for verbs in (dead, acts):
    verbs.register(
        app,
        lambda base_url: OperatorLink(resolve_address(base_url), find_operator_token()),
        lambda work: run_to_end(work),
    )

servers.register(app, lambda: read_settings().data / "servers", lambda reason: fail(reason))

journal.register(
    app,
    lambda base_url: resolve_address(base_url),
    lambda: find_operator_token(),
    lambda work: run_to_end(work),
)

backup.register(
    app,
    lambda: find_data(),
    lambda work: run_to_end(work),
    lambda reason: fail(reason),
)

investigate.register(
    app,
    lambda base_url: AnalystClient(resolve_address(base_url), find_investigator_token()),
    lambda work: run_to_end(work),
)


def main() -> None:
    app()


def read_settings() -> Settings:
    """Read the settings from the environment; a wrong one ends the program."""
    try:
        return load_settings(Settings)
    except SettingsWrong as wrong:
        exit_for_wrong_settings(f"practix: {wrong}")


def find_data() -> DataDirectory:
    """Return the data directory that the environment names, of the cell that it names."""
    settings = read_settings()
    return DataDirectory(settings.data, settings.cell)


def resolve_address(base_url: str | None) -> str:
    """Return the address of the system: `base_url`, or this machine at PORT."""
    if not base_url:
        return f"http://127.0.0.1:{read_settings().port}"
    try:
        url = URL(base_url)
    except ValueError:
        url = URL()
    if url.scheme not in ("http", "https") or not url.host:
        fail(f"{base_url!r} is not an address: BASE_URL looks like http://127.0.0.1:8000")
    return base_url.rstrip("/")


def find_operator_token() -> str:
    """Return the operator token from the environment or the data directory."""
    return _find_token("operator", read_settings().operator_token)


def find_investigator_token() -> str:
    """Return the investigators' token from the environment or the data directory."""
    return _find_token("investigator", read_settings().investigator_token)


def _find_token(name: Literal["operator", "investigator"], given: str | None) -> str:
    try:
        found = given or find_data().find_token(name)
    except SecretUnusable as wrong:
        exit_for_wrong_settings(f"practix: {wrong}")
    if found is None:
        fail(f"no {name} token: set PRACTIX_{name.upper()}_TOKEN or PRACTIX_DATA")
    return found


def run_to_end(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` and return its result.

    If it raises an error that a person can mend, print one line and end the program.
    """
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(work)
    except (NotRunning, RequestRefused, DataInUse, ServerError, JournalError) as error:
        fail(str(error))


def fail(reason: str) -> NoReturn:
    """Print the reason and end the program with status 1."""
    print(f"practix: {escape_controls(reason)}", file=sys.stderr)
    raise typer.Exit(1)


def _verify_offline(from_position: int | None, *, keep: bool) -> Result:
    from launcher.verbs.verify_offline import verify_offline
    from projector.proof.scratch.checkpoints import Start
    from runtime.journal.sqlite_file import list_generations
    from runtime.postgres.tables import TablesUnavailable

    data = find_data()
    if not list_generations(data.journal_path):
        fail(f"there is no journal in {data.path}")
    start = Start(from_position, keep)
    try:
        return run_to_end(show_progress(verify_offline(data, start)))
    except TablesUnavailable as error:
        fail(str(error))


async def _demo(
    file: Path, base_url: str, concurrency: int, operator_token: str
) -> tuple[DemoSummary, Result]:
    with make_progress_bar() as progress:
        task = progress.add_task("replaying", total=_count_lines(file))
        with closing(Connections(base_url)) as connections:
            player = Demo(connections, concurrency, lambda: progress.advance(task))
            summary = await player.run(file)
    return summary, await verify_running(base_url, operator_token)


def _count_lines(file: Path) -> int:
    with file.open("rb") as lines:
        return sum(1 for line in lines if line.strip())


if __name__ == "__main__":
    main()
