"""The data directory of an embedded system: its secrets, its lock and its clock.

One process uses it at a time. Secrets are made on the first start and readable by the
owner only. The clock offset may grow between starts and never shrink: evenings that were
over must stay over.
"""

import secrets
from pathlib import Path
from typing import Final

from runtime.file_lock import FileLock, FileLocked

SECRET_BYTES: Final = 32


class DataInUse(Exception):
    """Another process runs a system on this data."""


class ClockTurnedBack(Exception):
    """The data has seen a later clock."""


class DataDirectory:
    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._lock = FileLock(self.path / "practix.lock")

    def occupy(self) -> None:
        """Raises DataInUse."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            self._lock.acquire()
        except FileLocked as error:
            raise DataInUse(f"a system is already running on {self.path}") from error

    def vacate(self) -> None:
        self._lock.release()

    @property
    def journal_path(self) -> Path:
        return self.path / "journal.sqlite"

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
    def feed_secret(self) -> str:
        return self._secret("feed")

    def known_operator_token(self) -> str | None:
        """The operator token where a system has been started here, or None."""
        path = self._secret_path("operator")
        return path.read_text().strip() if path.exists() else None

    def remember_clock_offset(self, offset_s: float) -> None:
        """Raises ClockTurnedBack."""
        path = self.path / "clock_offset_s"
        seen = float(path.read_text()) if path.exists() else 0.0
        if offset_s < seen:
            raise ClockTurnedBack(
                f"PRACTIX_CLOCK_OFFSET_S is {offset_s:g}, but this data has seen {seen:g}"
            )
        _write_whole(path, f"{offset_s}\n")

    def _secret(self, name: str) -> str:
        path = self._secret_path(name)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write_whole(path, secrets.token_urlsafe(SECRET_BYTES))
        return path.read_text().strip()

    def _secret_path(self, name: str) -> Path:
        return self.path / "secrets" / name


def _write_whole(path: Path, text: str) -> None:
    """All or nothing, also when the process is killed: an empty secret would sign tokens."""
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    unfinished.write_text(text)
    unfinished.replace(path)
