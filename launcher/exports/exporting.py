"""Exports what is new into a folder, as Parquet files that each cover a range of positions.

A file gets its name once it is whole and on the disk, and then the manifest names it. A run that is
killed in between leaves a file that the manifest does not name: the next run deletes it and exports
these positions again. So no row is missing or there twice, wherever a run ends.
"""

import os
from pathlib import Path
from typing import Any, Final, NamedTuple

from launcher.analyst_client import AnalystClient
from launcher.client import RequestRefused
from launcher.exports.manifest import (
    NAME,
    TABLES,
    ExportedFile,
    ExportManifest,
    FolderDamaged,
    load_manifest,
    save_manifest,
    sync_folder,
)
from launcher.exports.receiving import receive
from runtime.process.file_lock import FileLock, FileLocked

FILE_POSITIONS: Final = 1_000_000
"""How many positions one file covers at most, unless said otherwise."""
LOCK: Final = ".lock"


class ExportSummary(NamedTuple):
    """The result of one run."""

    position: int
    """Position up to which everything is in the folder."""
    files: int
    """How many are new."""
    rows: int
    bytes: int


async def export_new(
    client: AnalystClient, folder: Path, file_positions: int = FILE_POSITIONS
) -> ExportSummary:
    """Bring the folder to the position at which the tables are now, all tables to the same one.

    Raises NotRunning, and RequestRefused if the export broke off, another one writes into the
    folder, the folder is damaged, or its rows have other pseudonyms. What was written until then
    stays, and the next run goes on.
    """
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire()  # Makes the folder.
        export = _Export(client, folder, load_manifest(folder), file_positions)
        return await export.run()
    except (OSError, FileLocked, FolderDamaged) as error:
        raise RequestRefused(str(error)) from error
    finally:
        lock.release()


class _Export:
    """One run. Its methods raise what `export_new` raises, and OSError."""

    def __init__(
        self, client: AnalystClient, folder: Path, manifest: ExportManifest, file_positions: int
    ) -> None:
        self._client = client
        self._folder = folder
        self._manifest = manifest
        self._file_positions = file_positions
        self._new: list[ExportedFile] = []
        self._until: int | None = None
        """The position to which this run goes: that of the tables when they answered first."""

    async def run(self) -> ExportSummary:
        self._remove_unfinished()
        for table in TABLES:
            while await self._export_next(table):
                pass
        return ExportSummary(
            min(self._manifest.table(one).position for one in TABLES),
            len(self._new),
            sum(one.rows for one in self._new),
            sum(one.bytes for one in self._new),
        )

    def _remove_unfinished(self) -> None:
        """Delete what a run that was killed has left behind."""
        (self._folder / f"{NAME}.part").unlink(missing_ok=True)
        for table in TABLES:
            named = {self._folder / one.name for one in self._manifest.table(table).files}
            (self._folder / table).mkdir(exist_ok=True)
            for path in (self._folder / table).iterdir():
                if path not in named and path.suffix in (".parquet", ".part"):
                    path.unlink()

    async def _export_next(self, table: str) -> bool:
        """Export the next file of a table. Returns False if there is nothing more to do."""
        done = self._manifest.table(table)
        first = done.position + 1
        last = done.position + self._file_positions
        if self._until is not None:
            last = min(last, self._until)
        if last < first:
            return False
        growing = self._folder / table / f"{first:020}.part"
        try:
            with growing.open("wb") as file:
                query = {"table": table, "format": "parquet", "from": str(first), "to": str(last)}
                end = await receive(self._client, query, file)
                file.flush()
                os.fsync(file.fileno())
            self._until = end["position"] if self._until is None else self._until
            if end["to"] < first:
                return False
            self._demand_same_filling(end["filling"])
            if end["rows"]:
                self._keep(table, growing, end)
        finally:
            growing.unlink(missing_ok=True)
        done.position = end["to"]
        save_manifest(self._folder, self._manifest)
        return True

    def _demand_same_filling(self, filling: str) -> None:
        known = self._manifest.filling
        if known and known != filling:
            raise RequestRefused(
                f"{self._folder} has rows of {known}, and the system has those of {filling}: "
                "pseudonyms or columns are others. Export into a new folder"
            )
        self._manifest.filling = filling

    def _keep(self, table: str, growing: Path, end: dict[str, Any]) -> None:
        """Give the file its name, and note it in the manifest, which is not saved yet."""
        name = f"{table}/{end['from']:020}-{end['to']:020}.parquet"
        growing.replace(self._folder / name)
        sync_folder(self._folder / table)
        kept = ExportedFile(name, end["from"], end["to"], end["rows"], end["bytes"], end["sha256"])
        self._manifest.table(table).files.append(kept)
        self._new.append(kept)
