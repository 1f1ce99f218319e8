"""Chooses which process of a service gets a request. One that is about to stop gets none."""

import asyncio
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import Final

_NUMBER: Final = re.compile(r"_\d+$")

POLL_S: Final = 0.02


def service_of(process: str) -> str:
    """Return the name of the service that the process runs: `projector` for `projector_2`."""
    return _NUMBER.sub("", process)


class Rotation:
    """The processes behind a gateway, by turns."""

    def __init__(self, addresses: Mapping[str, str]) -> None:
        """`addresses` has every process by its name."""
        self.addresses: Final = addresses
        self._turns = count()
        self._out: set[str] = set()
        self._waiting: Counter[str] = Counter()
        """Number of requests that were sent to a process and are not answered."""

    def list_turns(self, service: str) -> list[str]:
        """Return the processes of the service, the one whose turn it is first. Those that are out
        come last, for a request that nobody else takes."""
        processes = [name for name in self.addresses if service_of(name) == service]
        found = [name for name in processes if name not in self._out]
        out = [name for name in processes if name in self._out]
        if not found:
            found, out = out, []
        turn = next(self._turns) % len(found)
        return found[turn:] + found[:turn] + out

    @contextmanager
    def ask(self, process: str) -> Iterator[str]:
        """Count the process as asked inside the `with` block, and return its address."""
        self._waiting[process] += 1
        try:
            yield self.addresses[process]
        finally:
            self._waiting[process] -= 1

    async def take_out(self, process: str, patience_s: float) -> None:
        """Send no more requests to the process, and wait until those it has are answered, for at
        most `patience_s` seconds."""
        self._out.add(process)
        loop = asyncio.get_running_loop()
        until = loop.time() + patience_s
        while self._waiting[process] and loop.time() < until:
            await asyncio.sleep(POLL_S)

    def put_back(self, process: str) -> None:
        """Send requests to the process again."""
        self._out.discard(process)
