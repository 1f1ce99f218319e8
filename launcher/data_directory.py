"""The data directory of a system on one machine: its secrets, its lock and its clock.

Several cells may share it. Each has a folder of its own in `cells/`, the unnamed one the
directory itself; secrets and outside services are the same for all. One process uses a cell at
a time. Secrets are made on the first start. Only the owner can read
the files, even those that an earlier build or another umask left open to others. The clock
offset may grow between starts but never shrink: an evening that was over must stay over.
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal

from runtime.auth.secret import require_long
from runtime.process.file_lock import FileLock, FileLocked, FolderLock
from runtime.process.private_files import OTHERS, close_to_others
from runtime.service.cell import UNNAMED

SECRET_BYTES: Final = 32
SECRETS: Final = "secrets"
"""The folder of the secrets."""
RESTORING: Final = "practix.restoring"
"""A folder of what a restore has not put in its place yet."""


class DataInUse(Exception):
    """Another process runs a system on this data, or restores it and may have been killed."""


class ClockTurnedBack(Exception):
    """The data was written under a later clock."""


class SecretUnusable(Exception):
    """A file in `secrets/` is empty or too short."""


class DataDirectory:
    """The files of one cell. A secret is made when it is first read.

    Reading one raises SecretUnusable if its file is empty or too short.
    """

    def __init__(self, path: Path, cell: str = UNNAMED) -> None:
        self.cell = cell
        self.shared = path.absolute()
        """The directory of all cells."""
        self.path = self.shared / "cells" / cell if cell else self.shared
        self._lock = FileLock(self.path / "practix.lock")
        self._shared_lock = FolderLock(self.shared)
        self.alone = False
        """Whether no other cell can be occupied."""

    def occupy(self, *, to_restore: bool = False) -> None:
        """Lock the directory and close all its files to other accounts. Raises DataInUse.

        Files that this process makes later are closed from the start. If a restore was killed,
        only another may have the directory. To restore also takes what cells share, if no other
        cell is occupied, until `share`.
        """
        os.umask(OTHERS)
        self.path.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire()
        except FileLocked as error:
            raise DataInUse(f"a system is already running on {self.path}") from error
        try:
            if self.restoring_path.exists() and not to_restore:
                raise DataInUse(
                    f"a restore into {self.path} did not end: empty it, and restore again"
                )
            if not (to_restore and self._take_shared()):
                self.share()
        except DataInUse:
            self._lock.release()
            raise
        close_to_others(self.path)

    def share(self) -> None:
        """Let other cells be occupied, too. Raises DataInUse."""
        try:
            self._shared_lock.acquire(shared=True)
        except FileLocked as error:
            raise DataInUse(f"a restore into {self.shared} has not ended yet") from error
        self.alone = False

    def vacate(self) -> None:
        """Unlock the directory."""
        self.alone = False
        self._shared_lock.release()
        self._lock.release()

    def _take_shared(self) -> bool:
        """Return whether no other cell is occupied, nor will be before `share`."""
        with suppress(FileLocked):
            self._shared_lock.acquire()
            self.alone = True
        return self.alone

    @property
    def lock_path(self) -> Path:
        return self._lock.path

    @property
    def restoring_path(self) -> Path:
        return self.path / RESTORING

    @property
    def shared_restoring_path(self) -> Path:
        """The same for what all cells share: the cell may have a disk of its own."""
        return self.shared / (f"{RESTORING}-{self.cell}" if self.cell else RESTORING)

    @property
    def journal_path(self) -> Path:
        return self.path / "journal.sqlite"

    @property
    def outside_path(self) -> Path:
        """Folder of the stand-in for the outside services, which all cells share."""
        return self.shared / "neighbours"

    @property
    def shared_paths(self) -> tuple[Path, ...]:
        """Folders that all cells share: the secrets, and the stand-in's."""
        return self.shared / SECRETS, self.outside_path

    @property
    def image_path(self) -> Path:
        return self.image_path_of("command_api")

    def image_path_of(self, process: str) -> Path:
        """Return the image of one of several command processes. The first is `command_api`."""
        return self.path / process / "image.sqlite"

    def verify_path_of(self, process: str) -> Path:
        """Return where one of several projectors verifies. The first is `projector`."""
        return self.path / process / "verify"

    @property
    def verify_path(self) -> Path:
        return self.verify_path_of("projector")

    @property
    def token_secret(self) -> str:
        return self._secret("token")

    @property
    def cell_secret(self) -> str:
        return self._secret("cell")

    @property
    def operator_token(self) -> str:
        return self._secret("operator")

    @property
    def analyst_token(self) -> str:
        """Token that opens the routes for analysts, and nothing else."""
        return self._secret("analyst")

    @property
    def investigator_token(self) -> str:
        """Token that opens SQL on the history itself."""
        return self._secret("investigator")

    @property
    def feed_secret(self) -> str:
        return self._secret("feed")

    @property
    def neighbour_credential(self) -> str:
        """Credential that our services present to the stand-in."""
        return self._secret("neighbours")

    @property
    def pseudonym_key(self) -> str:
        """Key of the pseudonyms that analysts and logs have in place of ids."""
        return self._secret("pseudonyms")

    def replace_pseudonym_key(self) -> None:
        """Make another key: from the next start on, everybody has another pseudonym."""
        path = self._secret_path("pseudonyms")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write_whole(path, secrets.token_urlsafe(SECRET_BYTES))

    def require_secrets(self) -> None:
        """Read or make every secret. Raises SecretUnusable."""
        for name in (
            "token",
            "cell",
            "operator",
            "feed",
            "neighbours",
            "pseudonyms",
            "analyst",
            "investigator",
        ):
            self._secret(name)

    @property
    def analyst_token_path(self) -> Path:
        """File with the analysts' token."""
        return self._secret_path("analyst")

    def find_token(self, name: Literal["operator", "investigator"]) -> str | None:
        """Return this token, or None if no system was ever started here."""
        path = self._secret_path(name)
        return _read(path) if path.exists() else None

    def remember_clock_offset(self, offset_s: float) -> None:
        """Store the clock offset. Raises ClockTurnedBack if it is smaller than the stored one."""
        path = self.path / "clock_offset_s"
        seen = float(path.read_text()) if path.exists() else 0.0
        if offset_s < seen:
            raise ClockTurnedBack(
                f"PRACTIX_CLOCK_OFFSET_S is {offset_s:g}, but this data has seen {seen:g}: start it"
                " with that again, or with another PRACTIX_DATA"
            )
        _write_whole(path, f"{offset_s}\n")

    def _secret(self, name: str) -> str:
        path = self._secret_path(name)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with FolderLock(path.parent):  # Another cell may start at the same time.
                if not path.exists():
                    _write_whole(path, secrets.token_urlsafe(SECRET_BYTES))
        return _read(path)

    def _secret_path(self, name: str) -> Path:
        return self.shared / SECRETS / name


def _read(path: Path) -> str:
    """Return the secret in the file. Raises SecretUnusable."""
    secret = path.read_text().strip()
    try:
        require_long(secret)
    except ValueError as error:
        raise SecretUnusable(f"{path}: {error}; restore it from a backup") from error
    return secret


def _write_whole(path: Path, text: str) -> None:
    """Write the file whole or not at all, even if the process is killed.

    An empty secret would sign tokens.
    """
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    unfinished.write_text(text)
    unfinished.replace(path)
