"""`practix backup` and `practix restore`: copies of an embedded system's data."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NoReturn

import msgspec
import typer

from launcher.data_directory import DataDirectory, DataInUse
from launcher.verbs.analysts import AsJson, RunToEnd


def register(
    app: typer.Typer,
    find_data: Callable[[], DataDirectory],
    run: RunToEnd,
    fail: Callable[[str], NoReturn],
) -> None:
    """Add `backup` and `restore` to `app`."""

    @app.command()
    def backup(
        folder: Annotated[Path, typer.Argument(help="A folder that does not exist yet.")],
        as_json: AsJson = False,
    ) -> None:
        """Copy the data of an embedded system, which may be running, into FOLDER."""
        from launcher.backups.making import NothingToCopy, TargetUnusable, make_backup

        try:
            made = run(make_backup(find_data(), folder.absolute()))
        except (NothingToCopy, TargetUnusable, OSError, sqlite3.Error) as error:
            fail(str(error))
        if as_json:
            print(msgspec.json.encode(made).decode())
        else:
            print(f"backup of {made.position} entries of the journal, begun at {made.made_at}")

    @app.command()
    def restore(
        folder: Annotated[Path, typer.Argument(help="A folder that `practix backup` wrote.")],
        as_json: AsJson = False,
    ) -> None:
        """Lay the backup in FOLDER out in PRACTIX_DATA, which is empty or not there."""
        from launcher.backups.manifest import BackupDamaged
        from launcher.backups.restoring import DataThere, restore_backup

        try:
            restored = restore_backup(folder.absolute(), find_data())
        except (BackupDamaged, DataInUse, DataThere, OSError) as error:
            fail(str(error))
        if as_json:
            print(msgspec.json.encode(restored).decode())
            return
        print(f"restored {restored.position} entries of the journal as of {restored.made_at}")
        print("Whoever was erased after that has to be erased again: see docs/operations.md.")
