"""`python -m tests.torture --rounds 50` inflicts so many faults; `--seed 7` repeats them."""

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path
from secrets import randbelow

from launcher.servers.process import ServerUnavailable
from tests.torture.torture import say, summary_of, table_of, torture


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--rounds", type=int, default=60, help="how many faults")
    parser.add_argument("--seed", type=int, default=randbelow(10**6), help="of the plan")
    parser.add_argument("--kinds", nargs="*", help="only these kinds of faults")
    parser.add_argument("--keep", type=Path, help="keep logs and data in this new directory")
    arguments = parser.parse_args()
    say(f"the same faults again: make torture ROUNDS={arguments.rounds} SEED={arguments.seed}")
    with tempfile.TemporaryDirectory(prefix="torture-", ignore_cleanup_errors=True) as scratch:
        directory = arguments.keep or Path(scratch) / "system"
        directory.mkdir(parents=True)
        try:
            result = asyncio.run(
                torture(directory, arguments.seed, arguments.rounds, arguments.kinds)
            )
        except ServerUnavailable as error:
            print(f"cannot run here: {error}", file=sys.stderr)
            return 2
    print(table_of(result.recoveries))
    print(json.dumps(summary_of(result)))
    for finding in result.findings:
        print(f"DOES NOT HOLD: {finding}")
    return 1 if result.findings else 0


if __name__ == "__main__":
    sys.exit(main())
