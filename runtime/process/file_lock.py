"""An advisory lock on a file, which one process at a time can hold.

The kernel releases the lock however the process ends, so a lock is never stale. Children
that are started with `subprocess` do not inherit it.
"""

import fcntl
import os
from pathlib import Path


class FileLocked(Exception):
    """Another process (or another holder in this one) has the lock."""


class FileLock:
    """An exclusive lock on `path`, a file that serves no other purpose."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd: int | None = None

    def acquire(self) -> None:
        """Take the lock, or keep it if it is held here. Never waits: raises FileLocked."""
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
