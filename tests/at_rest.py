"""Looks for bytes in files, as somebody with the disk would."""

from collections.abc import Collection
from contextlib import suppress
from pathlib import Path


def find_files_with(canary: bytes, *roots: Path) -> list[Path]:
    """Return the files under `roots` that hold the canary."""
    return list(find_traces([canary], *roots))


def find_traces(canaries: Collection[bytes], *roots: Path) -> dict[Path, list[bytes]]:
    """Return by file which of the canaries it holds. A file that is deleted, or renamed, while it
    is looked for may be missed."""
    found = {}
    for path in sorted(path for root in roots for path in root.rglob("*") if path.is_file()):
        with suppress(FileNotFoundError):
            content = path.read_bytes()
            if held := [one for one in canaries if one in content]:
                found[path] = held
    return found
