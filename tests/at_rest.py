"""Looks for bytes in files, as somebody with the disk would."""

from pathlib import Path


def find_files_with(canary: bytes, *roots: Path) -> list[Path]:
    """Return the files under `roots` that hold the canary."""
    files = (path for root in roots for path in root.rglob("*"))
    return [path for path in files if path.is_file() and canary in path.read_bytes()]
