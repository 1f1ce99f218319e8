"""Runs one benchmark in this process: `python -m benchmarks.harness.alone NAME [--quick]`."""

import argparse
from importlib import import_module

import uvloop

from benchmarks.harness.report import Report


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    module = import_module(f"benchmarks.{options.name}")
    command = f"make bench ONLY={options.name}" + (" QUICK=1" if options.quick else "")
    uvloop.run(module.main(Report(command, quick=options.quick)))


if __name__ == "__main__":
    main()
