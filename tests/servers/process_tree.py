"""Finds processes that a system under test has started, by their command lines."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def find_descendant(pid: int, words: str) -> int:
    """Return the first process under `pid` whose command line contains `words`.

    Raises LookupError if there is none.
    """
    for descendant in descendants(pid):
        with suppress(OSError):  # It has ended in the meantime.
            line = Path(f"/proc/{descendant}/cmdline").read_bytes().replace(b"\0", b" ")
            if os.fsencode(words) in line:
                return descendant
    raise LookupError(f"no process {words!r} under {pid}")


def descendants(pid: int) -> Iterator[int]:
    for thread in Path(f"/proc/{pid}/task").glob("*"):
        children = ""
        with suppress(OSError):  # The thread has ended in the meantime.
            children = (thread / "children").read_text()
        for child in map(int, children.split()):
            yield child
            yield from descendants(child)
