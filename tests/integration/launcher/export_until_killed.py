"""Exports into many folders; in each the first run is killed at another step. Called by
test_incremental_export: `python -m … ADDRESS TOKEN DIRECTORY FILE_POSITIONS`.

Prints how many folders there are: the last one's first run came to its end.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from launcher.analyst_client import AnalystClient
from launcher.exports.exporting import export_new

STEPS = ((os, "fsync"), (Path, "replace"), (Path, "unlink"), (Path, "open"), (Path, "mkdir"))
"""What is done to the disk. The process dies just before one of these, which is just after the
last one."""


class Killer:
    """Kills this process before one step."""

    def __init__(self, at: int) -> None:
        self._left = at

    def watch(self, step: Callable[..., Any]) -> Callable[..., Any]:
        def take(*arguments: Any, **more: Any) -> Any:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return step(*arguments, **more)

        return take


def main(url: str, token: str, directory: str, file_positions: str) -> None:
    for number in count(1):
        folder = Path(directory) / str(number)
        child = os.fork()
        if child == 0:
            killer = Killer(number)
            for owner, name in STEPS:
                setattr(owner, name, killer.watch(getattr(owner, name)))
            asyncio.run(export_new(AnalystClient(url, token), folder, int(file_positions)))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            assert os.waitstatus_to_exitcode(status) == 0
            print(number)
            return


if __name__ == "__main__":
    main(*sys.argv[1:])
