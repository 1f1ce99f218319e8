"""`python -m tests.simulation --seeds 1000` runs seeds; `--seed 17` replays one."""

import argparse
import logging
import multiprocessing
import os
import sys
import time
import traceback

from tests.simulation.scenario import run_seed


def attempt(seed: int) -> tuple[int, str | None, int]:
    try:
        return seed, None, run_seed(seed).steps
    except BaseException:
        return seed, traceback.format_exc(), 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--seed", type=int, help="replay this one, in this process")
    arguments = parser.parse_args()
    if arguments.seed is not None:
        run_seed(arguments.seed)
        print(f"seed {arguments.seed} holds")
        return 0
    logging.disable(logging.CRITICAL)
    started = time.monotonic()
    seeds = range(arguments.first, arguments.first + arguments.seeds)
    failed = steps = 0
    with multiprocessing.Pool(os.cpu_count()) as pool:
        for seed, failure, taken in pool.imap_unordered(attempt, seeds, chunksize=4):
            steps += taken
            if failure is not None:
                failed += 1
                print(f"seed {seed} fails; replay with: make simulate SEED={seed}\n{failure}")
    print(
        f"{arguments.seeds - failed} of {arguments.seeds} seeds hold, {steps} steps "
        f"in {time.monotonic() - started:.0f} s"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
