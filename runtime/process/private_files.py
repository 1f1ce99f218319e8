"""Makes folders and files private to their owner, even if they were created otherwise."""

import os
import stat
from pathlib import Path
from typing import Final

OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
"""All rights of group and others. Used as a umask, it leaves them nothing."""


def close_to_others(folder: Path) -> None:
    """Remove all rights of group and others from `folder` and everything in it.

    The owner's rights stay. Links are not followed.
    """
    _close(folder)
    for root, folders, files in os.walk(folder):
        for name in (*folders, *files):
            _close(Path(root, name))


def _close(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
        if not stat.S_ISLNK(mode) and mode & OTHERS:
            path.chmod(stat.S_IMODE(mode) & ~OTHERS)
    except FileNotFoundError:
        pass  # A server that outlived its parent may still be tidying up.
