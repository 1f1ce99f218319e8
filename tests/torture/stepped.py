"""Runs a service on a wall clock that a test may set, with nothing for that in the service.

`python -m tests.torture.stepped FILE SERVICE`: the file holds the seconds by which this
process's clock is off. Every service takes its time from `runtime.process.clock.system_clock`,
which is replaced before the service is imported. The steady clock stays as it is.
"""

import mmap
import runpy
import struct
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import runtime.process.clock

OFFSET: Final = struct.Struct("d")


class ClockFile:
    """The test's hand on the clock."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.set(0.0)

    def set(self, offset_s: float) -> None:
        with self.path.open("r+b" if self.path.exists() else "wb") as file:
            file.write(OFFSET.pack(offset_s))


def step_by(path: Path) -> None:
    """Have this process's wall clock follow the file."""
    true_clock = runtime.process.clock.system_clock
    with path.open("rb") as file:
        offset = mmap.mmap(file.fileno(), OFFSET.size, access=mmap.ACCESS_READ)

    def stepped_clock() -> datetime:
        return true_clock() + timedelta(seconds=OFFSET.unpack(offset)[0])

    runtime.process.clock.system_clock = stepped_clock


def main() -> None:
    _, path, service = sys.argv
    step_by(Path(path))
    sys.argv = [service]
    runpy.run_module(service, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
