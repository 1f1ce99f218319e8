"""One process at a time: an advisory lock on a file, gone with the process that holds it.

The kernel releases it however the process ends, so a lock is never stale, and it is not
inherited by children that are started with `subprocess`.
"""

import fcntl
import os
from pathlib import Path


class FileLocked(Exception):
    """Another process (or another holder in this one) has the lock."""


class FileLock:
    """An exclusive lock on `path`, a file that exists for nothing else."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd: int | None = None

    def acquire(self) -> None:
        """Take the lock, or go on holding it. Never waits: raises FileLocked."""
        if self._fd is not None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(fd)
            raise FileLocked(f"{self.path} is held by another process") from error
        self._fd = fd

    def release(self) -> None:
        if self._fd is not None:
            fd, self._fd = self._fd, None
            os.close(fd)
