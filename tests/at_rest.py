"""Looks for bytes in files, as somebody with the disk would."""

import os
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path


def find_files_with(canary: bytes, *roots: Path) -> list[Path]:
    """Return the files under `roots` that hold the canary."""
    return list(find_traces([canary], *roots))


def find_traces(canaries: Collection[bytes], *roots: Path) -> dict[Path, list[bytes]]:
    """Return by file which of the canaries it holds. What is deleted, or renamed, while it is
    looked for may be missed."""
    found = {}
    for path in sorted(file for root in roots for file in list_files(root)):
        with suppress(FileNotFoundError):
            content = path.read_bytes()
            if held := [one for one in canaries if one in content]:
                found[path] = held
    return found


def list_files(root: Path) -> Iterator[Path]:
    """Yield the files below `root`, of which servers may be making and deleting some."""
    for folder, _, files in os.walk(root):  # Passes over a folder that is gone by now.
        yield from (path for name in files if (path := Path(folder, name)).is_file())
