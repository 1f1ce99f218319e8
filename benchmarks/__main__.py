"""Runs benchmarks one after another and compares their figures with the goals.

    python -m benchmarks [--quick] [--only writes,reads.streams] [--keep]

Each benchmark is a process of its own. Its figures are printed as they come, one JSON object
a line; then follow a table of all figures and one of the goals. A run of everything that is
not quick also keeps its figures (`benchmarks/harness/page.py`); `--keep` makes any run do so.
Ends with status 1 if a benchmark failed. `benchmarks/harness/catalogue.py` says what a
benchmark is.
"""

import argparse
import os
import signal
import subprocess
import sys
import threading
from typing import Final

from benchmarks.harness.catalogue import find_benchmarks
from benchmarks.harness.goals import judge_all
from benchmarks.harness.machine import describe_machine
from benchmarks.harness.page import renew_page
from benchmarks.harness.report import Figure, parse_figure, print_table

BENCHMARK_S_MAX: Final = 600.0
CLEAN_UP_S_MAX: Final = 30.0


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="", help="rooms or benchmarks, separated by commas")
    parser.add_argument("--quick", action="store_true", help="smaller amounts; for a first look")
    parser.add_argument("--keep", action="store_true", help="renew docs/performance.md")
    options = parser.parse_args()
    only = [one for one in options.only.split(",") if one]
    try:
        benchmarks = find_benchmarks(only)
    except LookupError as error:
        parser.error(str(error))
    machine = describe_machine()
    print(machine, file=sys.stderr)
    figures: dict[str, Figure] = {}
    failed = []
    for name, question in benchmarks.items():
        print(f"{name}: {question}", file=sys.stderr, flush=True)
        if not run_benchmark(name, figures, quick=options.quick):
            failed.append(name)
    print_table(figures.values())
    print_goals({one.name: one.value for one in figures.values()})
    if options.keep or not (only or options.quick or failed):
        renew_page(figures.values(), machine)
    for name in failed:
        print(f"{name} failed", file=sys.stderr)
    return 1 if failed else 0


def run_benchmark(name: str, figures: dict[str, Figure], *, quick: bool) -> bool:
    """Run a benchmark to its end and add its figures. Returns whether it succeeded in time."""
    command = [sys.executable, "-m", "benchmarks.harness.alone", name]
    process = subprocess.Popen(
        command + ["--quick"] * quick,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    watch = threading.Timer(BENCHMARK_S_MAX, stop, [process])
    watch.start()
    try:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            if (figure := parse_figure(line)) is not None:
                figures[figure.name] = figure
        return process.wait() == 0
    finally:
        watch.cancel()
        stop(process)


def stop(process: "subprocess.Popen[str]") -> None:
    """End a benchmark and what it has started. Does nothing if it has ended."""
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGINT)  # Asyncio then runs the clean-up.
    try:
        process.wait(CLEAN_UP_S_MAX)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def print_goals(values: dict[str, float]) -> None:
    """Print what is to be reached and what these figures reach, if they say anything of it."""
    measured = [one for one in judge_all(values) if one.now is not None]
    if not measured:
        return
    print(f"\n{'goal':66} {'to reach':>24} {'now':>10}")
    for goal, now, reached in measured:
        said = {True: "reached", False: "not reached", None: ""}[reached]
        print(f"{goal.what:66} {goal.limit:>24} {now:10,.2f}  {said}")


if __name__ == "__main__":
    sys.exit(main())
