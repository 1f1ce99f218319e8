"""Copies a whole PostgreSQL cluster while it runs, with the program `pg_basebackup`.

The copy is physical: it has roles, passwords and transaction ids as they are, and a server of the
same major version continues it.
"""

import os
import shutil
import tarfile
from pathlib import Path
from typing import Final

from launcher.servers.postgres import USER, find_installation, password_file, why_unavailable
from launcher.servers.postgres_account import RESTORED, choose_account, prepare_home
from launcher.servers.process import HOST, ServerFailed, ServerUnavailable, run_command

BASE: Final = "base.tar.gz"
LOG: Final = "pg_wal.tar.gz"
"""The write-ahead log of the time of copying. In an earlier copy BASE has it."""
TRIES: Final = 3
"""A checkpoint may remove the log in the very moment at which the copy asks to keep it."""
PORT_LINE: Final = 3
"""The line of `postmaster.pid` that has the port."""


async def copy_cluster(data_dir: Path, target: Path) -> None:
    """Write a copy of the running server's cluster into the empty folder `target`.

    Raises ServerUnavailable, and ServerFailed if no server runs on `data_dir` or it cannot be
    copied.
    """
    installed = find_installation()
    if installed is None:
        raise ServerUnavailable(why_unavailable())
    home = prepare_home(choose_account(), data_dir)
    for left in reversed(range(TRIES)):
        try:
            await _copy_once(installed, home, target)
            break
        except ServerFailed:
            if not left:
                raise
            _empty(target)
    shutil.copyfile(password_file(home), password_file(target))


def _empty(folder: Path) -> None:
    """Delete what a killed program left: the next one takes only an empty folder."""
    for path in folder.iterdir():
        path.unlink()


async def _copy_once(installed: Path, home: Path, target: Path) -> None:
    """Copy everything into the empty folder `target`. Raises ServerFailed."""
    await run_command(
        [
            str(installed / "bin" / "pg_basebackup"),
            *("--host", HOST, "--port", str(_find_port(home)), "--username", USER),
            *("--pgdata", str(target), "--format", "tar", "--gzip"),
            # Streamed, and not fetched at the end: a checkpoint meanwhile removes it.
            *("--wal-method", "stream", "--checkpoint", "fast", "--no-password"),
        ],
        env={**os.environ, "PGPASSFILE": os.devnull, "PGPASSWORD": password_file(home).read_text()},
    )


def restore_cluster(copy: Path, data_dir: Path) -> None:
    """Lay the cluster out in `data_dir`, which is new. The next server there continues it. The
    journal may be newer: the file RESTORED says so."""
    cluster = data_dir / "cluster"
    cluster.mkdir(parents=True, mode=0o700)
    _extract(copy / BASE, cluster)
    if (copy / LOG).exists():
        _extract(copy / LOG, cluster / "pg_wal")
    shutil.copyfile(password_file(copy), password_file(data_dir))
    (data_dir / RESTORED).touch()


def _extract(packed: Path, folder: Path) -> None:
    with tarfile.open(packed) as archive:
        archive.extractall(folder, filter="data")


def is_restored(data_dir: Path) -> bool:
    """Return whether the cluster was restored, and nobody has called `forget_restore` since."""
    return (data_dir / RESTORED).exists()


def forget_restore(data_dir: Path) -> None:
    (data_dir / RESTORED).unlink()


def _find_port(home: Path) -> int:
    try:
        return int((home / "cluster" / "postmaster.pid").read_text().splitlines()[PORT_LINE])
    except (OSError, ValueError, IndexError) as error:
        raise ServerFailed(f"no PostgreSQL runs on {home}") from error
