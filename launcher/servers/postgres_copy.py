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
from launcher.servers.postgres_account import choose_account, prepare_home
from launcher.servers.process import HOST, ServerFailed, ServerUnavailable, run_command

BASE: Final = "base.tar.gz"
PORT_LINE: Final = 3
"""The line of `postmaster.pid` that has the port."""
RESTORED: Final = "restored"
"""A file beside a cluster that was restored, until the notifier has been told."""


async def copy_cluster(data_dir: Path, target: Path) -> None:
    """Write a copy of the running server's cluster into the empty folder `target`.

    Raises ServerUnavailable, and ServerFailed if no server runs on `data_dir` or it cannot be
    copied.
    """
    installed = find_installation()
    if installed is None:
        raise ServerUnavailable(why_unavailable())
    home = prepare_home(choose_account(), data_dir)
    await run_command(
        [
            str(installed / "bin" / "pg_basebackup"),
            *("--host", HOST, "--port", str(_find_port(home)), "--username", USER),
            *("--pgdata", str(target), "--format", "tar", "--gzip"),
            *("--wal-method", "fetch", "--checkpoint", "fast", "--no-password"),
        ],
        env={**os.environ, "PGPASSFILE": os.devnull, "PGPASSWORD": password_file(home).read_text()},
    )
    shutil.copyfile(password_file(home), password_file(target))


def restore_cluster(copy: Path, data_dir: Path) -> None:
    """Lay the cluster out in `data_dir`, which is new. The next server there continues it. The
    journal may be newer: the file RESTORED says so."""
    cluster = data_dir / "cluster"
    cluster.mkdir(parents=True, mode=0o700)
    with tarfile.open(copy / BASE) as archive:
        archive.extractall(cluster, filter="data")
    shutil.copyfile(password_file(copy), password_file(data_dir))
    (data_dir / RESTORED).touch()


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
