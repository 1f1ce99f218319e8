"""The `practix` command. Every verb knows `--json` and exits 0 only on success.

What only some verbs need is imported by them: a token should not wait for all services.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import aiohttp
import msgspec
import typer
import uvloop
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from yarl import URL

from launcher.client import NotRunning, RequestRefused, log_in, stream_operator_lines
from launcher.data_directory import ClockTurnedBack, DataDirectory, DataInUse, SecretUnusable
from launcher.servers.process import ServerError
from launcher.settings import Settings
from launcher.terminal import escape_controls
from launcher.verbs import analysts, ratings
from launcher.verbs.analyst_client import AnalystClient
from launcher.verbs.demo import Demo, Summary
from runtime.journal.port import JournalError
from runtime.service.settings import SettingsWrong, exit_for_wrong_settings, load_settings

T = TypeVar("T")

app = typer.Typer(
    name="practix",
    help="PRACTIX: film evenings together, never over-booked.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
console = Console(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on the last line.")]
BaseUrl = Annotated[
    str | None, typer.Option("--base-url", envvar="BASE_URL", help="A running system's address.")
]


@app.command()
def run(as_json: AsJson = False) -> None:
    """Start a system in the foreground. PORT, PRACTIX_DATA and PRACTIX_PROFILE apply.

    With --json the object comes once the system is ready.
    """
    chosen = settings()
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
def token(
    login: str,
    base_url: BaseUrl = None,
    is_super: Annotated[
        bool, typer.Option("--super", help="A super-user's; takes the operator token.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Print a token for LOGIN from the stand-in's Auth."""
    operator = operator_token() if is_super else None
    answer = ask(log_in(address(base_url), login, operator))
    print(msgspec.json.encode(answer).decode() if as_json else answer["access_token"])


@app.command()
def verify(
    base_url: BaseUrl = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="A stopped embedded system's PRACTIX_DATA.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Fold the journal again and compare: chain, capacity, overlaps, every row.

    Every person's scores are also computed from the votes in the history, where there is one.
    """
    if offline:
        from launcher.verbs.verify_offline import verify_offline
        from runtime.postgres.tables import TablesUnavailable

        data = DataDirectory(settings().data)
        if not data.journal_path.exists():
            fail(f"there is no journal in {data.path}")
        try:
            result = ask(_last_of(verify_offline(data)))
        except TablesUnavailable as error:
            fail(str(error))
    else:
        result = ask(_verify(address(base_url), operator_token()))
    report_verify(result, as_json=as_json)
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
    # Asked for first: it would be a pity to miss it after an hour of traffic.
    operator = operator_token()
    summary, result = ask(_demo(file, address(base_url), concurrency, operator))
    for line in summary.first_malformed:
        print(f"{file}:{line.number}: malformed: {escape_controls(line.reason)}", file=sys.stderr)
    if as_json:
        print(msgspec.json.encode(_demo_object(summary, result)).decode())
    else:
        _print_outcomes(summary)
        report_verify(result, as_json=False)
    if not summary.sent:
        fail(f"no line of {file} could be sent")
    raise typer.Exit(0 if result["ok"] else 1)


servers = typer.Typer(help="Local Kafka, PostgreSQL and ClickHouse, as the tests use them.")
app.add_typer(servers, name="servers")


@servers.command("up")
def servers_up(as_json: AsJson = False) -> None:
    """Start them in the background and print where they are."""
    from launcher import local_servers

    try:
        state = local_servers.up(servers_directory())
    except (local_servers.AlreadyUp, ServerError) as error:
        fail(str(error))
    if as_json:
        print(msgspec.json.encode(state).decode())
        return
    for name, value in state.items():
        if name.isupper():
            print(f"{name}={value}")
    for name, reason in state["unavailable"].items():
        print(f"# without {name}: {reason}")


@servers.command("down")
def servers_down(as_json: AsJson = False) -> None:
    """End them."""
    from launcher import local_servers

    stopped = local_servers.down(servers_directory())
    print(msgspec.json.encode({"stopped": stopped}).decode() if as_json else "down")


for verbs in (analysts, ratings):
    verbs.register(
        app,
        lambda base_url: AnalystClient(address(base_url), operator_token()),
        lambda work: ask(work),
    )


def main() -> None:
    app()


def settings() -> Settings:
    try:
        return load_settings(Settings)
    except SettingsWrong as wrong:
        exit_for_wrong_settings(f"practix: {wrong}")


def servers_directory() -> Path:
    return settings().data / "servers"


def address(base_url: str | None) -> str:
    if not base_url:
        return f"http://127.0.0.1:{settings().port}"
    try:
        url = URL(base_url)
    except ValueError:
        url = URL()
    if url.scheme not in ("http", "https") or not url.host:
        fail(f"{base_url!r} is no address: BASE_URL is one like http://127.0.0.1:8000")
    return base_url.rstrip("/")


def operator_token() -> str:
    chosen = settings()
    try:
        found = chosen.operator_token or DataDirectory(chosen.data).find_operator_token()
    except SecretUnusable as wrong:
        exit_for_wrong_settings(f"practix: {wrong}")
    if found is None:
        fail("no operator token: set PRACTIX_OPERATOR_TOKEN or PRACTIX_DATA")
    return found


def ask(question: Coroutine[Any, Any, T]) -> T:
    """Run to the end; what a person can mend is told without a traceback."""
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(question)
    except (NotRunning, RequestRefused, DataInUse, ServerError, JournalError) as error:
        fail(str(error))


def fail(reason: str) -> NoReturn:
    print(f"practix: {escape_controls(reason)}", file=sys.stderr)
    raise typer.Exit(1)


async def _verify(base_url: str, operator: str) -> dict[str, Any]:
    return await _last_of(stream_operator_lines(base_url, "verify", operator))


async def _last_of(lines: AsyncIterator[dict[str, Any]]) -> dict[str, Any]:
    """The result behind the lines of progress, which are shown."""
    last: dict[str, Any] = {"ok": False, "problem": "no answer"}
    with _progress() as progress:
        task = progress.add_task("verify", total=None)
        async for line in lines:
            last = line
            if "phase" in line:
                progress.update(
                    task,
                    description=f"verify {line['phase']}",
                    total=line["of"],
                    completed=line["done"],
                )
    return last


async def _demo(
    file: Path, base_url: str, concurrency: int, operator: str
) -> tuple[Summary, dict[str, Any]]:
    with _progress() as progress:
        task = progress.add_task("replaying", total=_count_lines(file))
        connector = aiohttp.TCPConnector(limit=concurrency)
        async with aiohttp.ClientSession(connector=connector) as session:
            player = Demo(session, base_url, concurrency, _advance(progress, task))
            summary = await player.run(file)
    return summary, await _verify(base_url, operator)


def _advance(progress: Progress, task: Any) -> Callable[[], None]:
    return lambda: progress.advance(task)


def _count_lines(file: Path) -> int:
    with file.open("rb") as lines:
        return sum(1 for line in lines if line.strip())


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        refresh_per_second=5,
    )


def _demo_object(summary: Summary, result: dict[str, Any]) -> dict[str, Any]:
    return {
        "lines": summary.lines,
        "malformed": summary.malformed,
        "requests": summary.requests,
        "seconds": round(summary.seconds, 3),
        "requests_per_s": round(summary.requests_per_s, 1),
        "outcomes": dict(summary.outcomes.most_common()),
        "verify": result,
    }


def _print_outcomes(summary: Summary) -> None:
    table = Table("outcome", "count")
    for code, count in summary.outcomes.most_common():
        table.add_row(code, f"{count:,}")
    Console().print(table)
    print(
        f"{summary.lines:,} lines ({summary.malformed} malformed), {summary.requests:,} requests "
        f"in {summary.seconds:.1f} s: {summary.requests_per_s:,.0f}/s"
    )


def report_verify(result: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(msgspec.json.encode(result).decode())
        return
    verdict = "verified" if result["ok"] else "NOT VERIFIED"
    print(
        f"{verdict}: {result.get('commits', 0):,} commits up to position "
        f"{result.get('position', 0):,}, {result.get('announcements', 0):,} evenings, "
        f"{result.get('bookings', 0):,} bookings; over capacity: "
        f"{len(result.get('over_capacity', ()))}, confirmed twice: "
        f"{len(result.get('double_confirmed', ()))}, rows that differ: "
        f"{len(result.get('differences', ()))}"
    )
    in_history = result.get("scores_in_history")
    compared = "not compared" if in_history is None else f"of {in_history:,} people compared"
    print(f"scores: {compared} with the votes in the history")
    if result.get("problem"):
        print(f"problem: {escape_controls(result['problem'])}")


if __name__ == "__main__":
    main()
