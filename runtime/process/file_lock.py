"""Advisory locks on a file or a folder.

The kernel releases the lock however the process ends, so a lock is never stale. Children
that are started with `subprocess` do not inherit it.
"""

import fcntl
import os
from pathlib import Path
from typing import Self


class FileLocked(Exception):
    """Another process (or another holder in this one) has the lock."""


class FolderLock:
    """A lock on a folder that is there. Either one has it, or any number share it.

    Where a disk has no locks, whoever asks has it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._fd: int | None = None

    def acquire(self, *, shared: bool = False, wait: bool = False) -> None:
        """Take the lock, or keep it if it is held here: then `shared` may differ. Raises OSError
        without the folder, and FileLocked unless it is to `wait`."""
        fd = os.open(self.folder, os.O_RDONLY) if self._fd is None else self._fd
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(fd, kind if wait else kind | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if self._fd is None:
                os.close(fd)
            raise FileLocked(f"{self.folder} is held by another process") from error
        except OSError:
            pass
        self._fd = fd

    def release(self) -> None:
        if self._fd is not None:
            fd, self._fd = self._fd, None
            os.close(fd)

    def __enter__(self) -> Self:
        """Take the lock inside the `with` block, and wait for it."""
        self.acquire(wait=True)
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


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
