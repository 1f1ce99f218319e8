"""`practix verify` and `practix rebuild`: compare the journal of a running system with its tables,
the live ones or new ones that are to take their place."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec

from launcher.client import stream_operator_lines
from launcher.terminal import make_progress_bar
from runtime.http.harmless_text import escape_controls

Result = dict[str, Any]
"""The last line of `verify`, as the projector documents it."""


async def verify_running(
    base_url: str, operator_token: str, *, from_position: int | None = None, keep: bool = False
) -> Result:
    """Verify the system at `base_url`: from zero, or from a checkpoint at or before
    `from_position`. Raises NotRunning, RequestRefused."""
    query = {} if from_position is None else {"from": str(from_position)}
    if keep:
        query["keep"] = "true"
    return await show_progress(stream_operator_lines(base_url, "verify", operator_token, query))


async def rebuild_running(
    base_url: str, operator_token: str, *, only: str | None = None, rolls_back: bool = False
) -> Result:
    """Rebuild the read models of the system at `base_url`, or `only` one table and what goes with
    it, or the history; or go back to what was live before the last switch. Raises NotRunning,
    RequestRefused."""
    query = {} if only is None else {"only": only}
    if rolls_back:
        query["roll_back"] = "true"
    lines = stream_operator_lines(base_url, "rebuild", operator_token, query)
    return await show_progress(lines, "rebuild")


async def show_progress(lines: AsyncIterator[dict[str, Any]], work: str = "verify") -> Result:
    """Show the lines of progress and return the last line, which is the result. `work` names
    what is done."""
    last: Result = {"ok": False, "problem": "no answer"}
    with make_progress_bar() as progress:
        task = progress.add_task(work, total=None)
        async for line in lines:
            last = line
            if "phase" in line:
                progress.update(
                    task,
                    description=describe_step(work, line),
                    total=line["of"],
                    completed=line["done"],
                )
    return last


def describe_step(work: str, line: dict[str, Any]) -> str:
    """Name the phase, and say how long it may still take if that is known."""
    left_s = line.get("left_s")
    left = "" if left_s is None else f", about {left_s:,} s left"
    return f"{work} {line['phase']}{left}"


def print_result(result: Result, *, as_json: bool) -> None:
    """Print a result of `verify` as JSON or as text for a person."""
    if as_json:
        print(msgspec.json.encode(result).decode())
        return
    print(f"{'verified' if result['ok'] else 'NOT VERIFIED'}: {_describe_size(result)}")
    print(_describe_findings(result))
    if result.get("seat_ledger"):
        print(f"seat ledger: {result['seat_ledger']}")
    if (result.get("generation") or 1) > 1:
        print(_describe_renewals(result))
    if result.get("from"):
        print(f"went on from the checkpoint at position {result['from']:,}")
    if result.get("kept"):
        print(f"kept a checkpoint at position {result['position']:,}")
    in_history = result.get("scores_in_history")
    compared = "not compared" if in_history is None else f"of {in_history:,} people compared"
    print(f"scores: {compared} with the votes in the history")
    if result.get("problem"):
        print(f"problem: {escape_controls(result['problem'])}")


def print_rebuilt(result: Result, *, as_json: bool) -> None:
    """Print the result of `rebuild` as JSON or as text for a person."""
    if as_json or "rows" not in result:
        print_result(result, as_json=as_json)
    else:
        _print_history(result)
    if as_json:
        return
    if result.get("switched"):
        print(f"switched: {', '.join(result.get('tables', ['history']))}")
    else:
        print("NOT SWITCHED: the tables are as they were")


def _print_history(result: Result) -> None:
    rows = ", ".join(f"{count:,} {table}" for table, count in sorted(result["rows"].items()))
    print(f"history up to position {result['position']:,}: {rows}")
    print(f"ranges of positions that differ: {result['found']['differences']:,}")
    if result.get("problem"):
        print(f"problem: {escape_controls(result['problem'])}")
    if not result.get("room_known", True):
        print("room on ClickHouse's disk: unknown")


def _describe_size(result: Result) -> str:
    after = f" after position {result['from']:,}" if result.get("from") else ""
    return (
        f"{result.get('commits', 0):,} commits{after} "
        f"up to position {result.get('position', 0):,}, "
        f"{result.get('announcements', 0):,} evenings, {result.get('bookings', 0):,} bookings"
    )


def _describe_findings(result: Result) -> str:
    """Count all that makes verify say no. The lists in the result have only examples of it."""
    found: dict[str, int] = result.get("found", {})
    return (
        f"over capacity: {found.get('over_capacity', 0):,}, "
        f"confirmed twice: {found.get('double_confirmed', 0):,}, "
        f"contradictions: {found.get('contradictions', 0):,}, "
        f"rows that differ: {found.get('differences', 0):,}, "
        f"dead letters: {result.get('dead_letters', 0):,}"
    )


def _describe_renewals(result: Result) -> str:
    changed: dict[str, int] = result["changed"]
    return (
        f"journal {result['generation']}: of {result['records']:,} records read, renewals took "
        f"erased texts out of {changed['erased']:,} and changed the format of {changed['format']:,}"
    )
