"""Keeps the scratch files of journals that verify found right, so that a later one can go on.

A checkpoint counts only for the software that wrote it: it carries a digest of the code that
folds. Whether the journal still leads to its position is checked by who reads on from there
(R4).
"""

import asyncio
import os
import re
import shutil
import sqlite3
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

import contracts
import projector
from contracts.values.decoding import UNDECODABLE
from projector.proof.scratch.file import Scratch
from runtime.journal.tail import START, Position

KEPT_MAX: Final = 2
PARTIAL: Final = ".partial"
NAME: Final = re.compile(r"verified-(\d+)\.sqlite")
FOLDING_CODE: Final = (contracts, projector)
"""What a checkpoint follows from, beside the journal."""

CREATE: Final = "CREATE TABLE IF NOT EXISTS checkpoint (version TEXT, position BLOB)"
DELETE: Final = "DELETE FROM checkpoint"
INSERT: Final = "INSERT INTO checkpoint VALUES (?, ?)"
SELECT: Final = "SELECT version, position FROM checkpoint"


class NoCheckpoint(Exception):
    """There is no verified checkpoint to begin from, or no directory to keep one in."""


class Start(NamedTuple):
    """Where verify begins, and what remains of it."""

    from_position: int | None = None
    """Begin at the newest checkpoint at or before this position; None: at the first record."""
    keep: bool = False
    """Keep a checkpoint if everything is right. What begins at one always keeps the next."""

    @property
    def keeps(self) -> bool:
        return self.keep or self.from_position is not None


FROM_ZERO: Final = Start()


class Beginning(NamedTuple):
    """A scratch file, and the position up to which it has been filled."""

    scratch: Scratch
    position: Position


class VerifiedCheckpoints:
    """The checkpoints in a directory, of which only one process at a time makes new ones."""

    def __init__(self, directory: Path | None = None) -> None:
        """Without a directory none can be kept, and scratch files are in the system's own place
        for temporary files."""
        self._directory = directory
        self._oldest = 0

    @property
    def directory(self) -> Path:
        """Where scratch files are."""
        return self._directory or Path(tempfile.gettempdir())

    @asynccontextmanager
    async def begin(self, target: Position, start: Start) -> AsyncIterator[Beginning]:
        """Open a scratch file: an empty one, or a copy of the newest checkpoint at or before
        the position in `start` and `target`.

        Afterwards nothing is left of it unless `keep` was called, for which `start` must have
        said so. Raises NoCheckpoint.
        """
        path = self._make_file(start)
        try:
            position = START
            if start.from_position is not None:
                position = await asyncio.to_thread(
                    self._copy_checkpoint, path, start.from_position, target
                )
            scratch = Scratch(path)
            try:
                if not start.keeps:
                    path.unlink()  # The open file remains until it is closed, come what may.
                yield Beginning(scratch, position)
            finally:
                await scratch.close()
        finally:
            path.unlink(missing_ok=True)

    def keep(self, scratch: Scratch, position: Position) -> bool:
        """Keep what was folded up to `position`, which was found right. Nothing may be written
        to the file any more. Deletes older checkpoints than the newest KEPT_MAX. Returns False,
        and keeps nothing, if somebody was erased since."""
        if position.state.seq < self._oldest:
            return False
        scratch.connection.execute(CREATE)
        scratch.connection.execute(DELETE)
        scratch.connection.execute(INSERT, (find_version(), msgspec.json.encode(position)))
        scratch.connection.execute("COMMIT")
        with scratch.path.open("rb") as file:
            os.fsync(file.fileno())
        scratch.path.rename(scratch.path.with_name(f"verified-{position.state.seq}.sqlite"))
        for _, old in self._find()[KEPT_MAX:]:
            old.unlink()
        return True

    def forbid_before(self, position: int) -> None:
        """Delete the checkpoints before this position, and keep none. At it somebody was erased
        whose texts they may hold."""
        self._oldest = max(self._oldest, position)
        for at, path in self._find():
            if at < self._oldest:
                path.unlink(missing_ok=True)

    def _make_file(self, start: Start) -> Path:
        if self._directory is None:
            if start.keeps:
                raise NoCheckpoint("no directory is set to keep checkpoints in")
            return _make_private_file(None)
        self._directory.mkdir(parents=True, exist_ok=True)
        for left in self._directory.glob(f"*{PARTIAL}"):  # Of a process that was killed.
            left.unlink(missing_ok=True)
        return _make_private_file(self._directory)

    def _copy_checkpoint(self, path: Path, position: int, target: Position) -> Position:
        found = self._find()
        for at, kept in found:
            if at > min(position, target.state.seq):
                continue
            reached = _read_position(kept)
            # At the target itself it must be of the same record: no later one shows it.
            if reached is not None and (at < target.state.seq or reached == target):
                shutil.copyfile(kept, path)
                return reached
        kept_at = ", ".join(str(at) for at, path in found if path.exists()) or "none"
        raise NoCheckpoint(
            f"no verified checkpoint is at or before position {position} (kept: {kept_at}); "
            f"verify with --keep makes one"
        )

    def _find(self) -> list[tuple[int, Path]]:
        """Return the checkpoints with their positions, the newest first."""
        if self._directory is None:
            return []
        named = ((NAME.fullmatch(path.name), path) for path in self._directory.glob("verified-*"))
        return sorted(((int(name[1]), path) for name, path in named if name), reverse=True)


@cache
def find_version() -> str:
    """Return a digest of the code that folds. With other code a checkpoint does not count."""
    digest = sha256()
    for package in FOLDING_CODE:
        for path in sorted(Path(package.__path__[0]).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _read_position(path: Path) -> Position | None:
    """Return the position of a checkpoint. Deletes it, and returns None, if other software wrote
    it or if it is damaged."""
    connection = sqlite3.connect(path)
    try:
        version, position = connection.execute(SELECT).fetchone()
        if version == find_version():
            return msgspec.json.decode(position, type=Position)
    except (sqlite3.Error, TypeError, *UNDECODABLE):  # TypeError: there is no row.
        pass
    finally:
        connection.close()
    path.unlink()
    return None


def _make_private_file(directory: Path | None) -> Path:
    """Return a new file that only its owner may read."""
    number, name = tempfile.mkstemp(PARTIAL, "verify-", directory)
    os.close(number)
    return Path(name)
