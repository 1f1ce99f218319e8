"""What a backup leaves out, what it notices about itself, and what a restore refuses."""

import errno
import io
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from launcher.backups import restoring
from launcher.backups.copying import copy_folder
from launcher.backups.making import CELL, POSTGRES, SHARED, NothingToCopy, make_backup
from launcher.backups.manifest import NAME, BackupDamaged, read_manifest, write_manifest
from launcher.backups.restoring import DataThere, restore_backup
from launcher.data_directory import DataDirectory, DataInUse
from launcher.servers.postgres_copy import BASE, restore_cluster


def write(path: Path, content: bytes = b"x") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    """A backup whose cluster is one file."""
    folder = tmp_path / "backup"
    write(folder / CELL / "journal.sqlite", b"the journal")
    write(folder / CELL / POSTGRES / "postgres.password", b"password")
    with tarfile.open(folder / CELL / POSTGRES / BASE, "w:gz") as archive:
        (entry := tarfile.TarInfo("PG_VERSION")).size = 3
        archive.addfile(entry, io.BytesIO(b"16\n"))
    write(folder / SHARED / "secrets" / "token", b"secret of the tokens")
    write(folder / SHARED / "neighbours" / "neighbours.db", b"people")
    write_manifest(folder, cell="", made_at="2026-01-01T00:00:00+00:00", position=1)
    return folder


def test_a_database_is_copied_with_what_is_in_its_log_only(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    write(source / "practix.lock")
    write(source / "clickhouse" / "rows")
    write(source / "deeper" / "clickhouse" / "kept")
    with closing(sqlite3.connect(source / "words.db", isolation_level=None)) as writing:
        writing.execute("PRAGMA journal_mode = WAL")
        writing.execute("CREATE TABLE words (word TEXT)")
        writing.execute("INSERT INTO words VALUES ('late')")
        copy_folder(source, target, {"clickhouse"})
    with closing(sqlite3.connect(target / "words.db")) as copied:
        assert copied.execute("SELECT word FROM words").fetchall() == [("late",)]
    names = {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()}
    assert names == {"words.db", "deeper/clickhouse/kept"}


def test_a_restored_system_has_what_the_backup_has_and_only_its_owner_reads_it(
    tmp_path: Path, backup: Path
) -> None:
    data = DataDirectory(tmp_path / "data")
    assert restore_backup(backup, data).position == 1
    assert data.journal_path.read_bytes() == b"the journal"
    assert (data.path / POSTGRES / "cluster" / "PG_VERSION").read_text() == "16\n"
    assert (data.path / POSTGRES / "postgres.password").read_text() == "password"
    assert (data.outside_path / "neighbours.db").read_bytes() == b"people"
    assert not [path for path in data.path.rglob("*") if path.stat().st_mode & 0o077]


def lose(backup: Path) -> None:
    (backup / CELL / "journal.sqlite").unlink()


def change(backup: Path) -> None:
    write(backup / CELL / "journal.sqlite", b"another")


def add(backup: Path) -> None:
    write(backup / CELL / "more")


def forget(backup: Path) -> None:
    (backup / NAME).unlink()


def set_format(backup: Path, number: int) -> None:
    manifest = (backup / NAME).read_bytes()
    write(backup / NAME, manifest.replace(b'"format": 2', f'"format": {number}'.encode()))


def outdate(backup: Path) -> None:
    set_format(backup, 3)


def empty(backup: Path) -> None:
    shutil.rmtree(backup)
    backup.mkdir()
    write_manifest(backup, cell="", made_at="2026-01-01T00:00:00+00:00", position=1)


def lose_cluster(backup: Path) -> None:
    (backup / CELL / POSTGRES / BASE).unlink()
    write_manifest(backup, cell="", made_at="2026-01-01T00:00:00+00:00", position=1)


@pytest.mark.parametrize("harm", [lose, change, add, forget, outdate, empty, lose_cluster])
def test_a_backup_that_is_not_as_it_was_written_is_refused_and_leaves_nothing(
    tmp_path: Path, backup: Path, harm: Callable[[Path], None]
) -> None:
    read_manifest(backup)
    harm(backup)
    with pytest.raises(BackupDamaged):
        restore_backup(backup, DataDirectory(tmp_path / "data"))
    assert not (tmp_path / "data").exists()


def test_a_backup_without_a_stand_in_is_restored_without_one(tmp_path: Path, backup: Path) -> None:
    shutil.rmtree(backup / SHARED / "neighbours")
    write_manifest(backup, cell="", made_at="2026-01-01T00:00:00+00:00", position=1)
    data = DataDirectory(tmp_path / "data")
    restore_backup(backup, data)
    assert not data.outside_path.exists()
    assert data.journal_path.exists()


def test_a_backup_of_an_earlier_version_is_still_restored(tmp_path: Path, backup: Path) -> None:
    set_format(backup, 1)
    assert restore_backup(backup, DataDirectory(tmp_path / "data")).format == 1


def test_data_that_is_there_is_never_overwritten(tmp_path: Path, backup: Path) -> None:
    write(tmp_path / "data" / "journal.sqlite", b"today's")
    with pytest.raises(DataThere):
        restore_backup(backup, DataDirectory(tmp_path / "data"))
    assert (tmp_path / "data" / "journal.sqlite").read_bytes() == b"today's"


def test_a_cell_is_restored_beside_others_of_the_same_secrets_only(
    tmp_path: Path, backup: Path
) -> None:
    write_manifest(backup, cell="spb", made_at="2026-01-01T00:00:00+00:00", position=1)
    with pytest.raises(BackupDamaged, match="cell"):
        restore_backup(backup, DataDirectory(tmp_path / "data"))
    spb = DataDirectory(tmp_path / "data", "spb")
    token = tmp_path / "data" / "secrets" / "token"
    write(token, b"another secret")
    with pytest.raises(DataThere, match="secrets"):
        restore_backup(backup, spb)
    write(token, b"secret of the tokens")
    write(spb.outside_path / "neighbours.db", b"people of today")
    restore_backup(backup, spb)
    assert spb.journal_path.read_bytes() == b"the journal"
    assert (spb.outside_path / "neighbours.db").read_bytes() == b"people of today"


def test_a_restore_that_was_killed_is_no_data_and_gives_way_to_another(
    tmp_path: Path, backup: Path
) -> None:
    data = DataDirectory(tmp_path / "data")
    write(data.restoring_path / CELL / "half")
    with pytest.raises(DataInUse, match="did not end"):
        data.occupy()
    restore_backup(backup, data)
    assert data.journal_path.read_bytes() == b"the journal"
    assert not data.restoring_path.exists()
    data.occupy()


def intervene(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Have something happen in the middle of a restore."""

    def lay_out_later(copy: Path, data_dir: Path) -> None:
        monkeypatch.undo()
        act()
        restore_cluster(copy, data_dir)

    monkeypatch.setattr("launcher.backups.restoring.restore_cluster", lay_out_later)


def test_of_two_restores_at_once_the_second_is_refused_and_harms_nothing(
    tmp_path: Path, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def restore_too() -> None:
        with pytest.raises(DataInUse):
            restore_backup(backup, DataDirectory(tmp_path / "data"))

    intervene(monkeypatch, restore_too)
    data = DataDirectory(tmp_path / "data")
    restore_backup(backup, data)
    assert data.journal_path.read_bytes() == b"the journal"
    assert (data.outside_path / "neighbours.db").read_bytes() == b"people"


def test_a_restore_that_fails_at_the_end_leaves_nothing(
    tmp_path: Path, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = DataDirectory(tmp_path / "data")
    intervene(monkeypatch, lambda: write(data.path / POSTGRES / "of another"))
    with pytest.raises(DataThere, match=POSTGRES):
        restore_backup(backup, data)
    assert {path.name for path in data.path.iterdir()} == {POSTGRES, data.lock_path.name}
    assert [path.name for path in (data.path / POSTGRES).iterdir()] == ["of another"]


@pytest.mark.parametrize("left", ["lost+found", "practix.lock"])
def test_a_disk_of_its_own_is_filled_and_not_replaced(
    tmp_path: Path, backup: Path, left: str
) -> None:
    disk = tmp_path / "disk"
    (disk / left).mkdir(parents=True) if left == "lost+found" else write(disk / left)
    number = disk.stat().st_ino
    (tmp_path / "data").symlink_to(disk)
    data = DataDirectory(tmp_path / "data")
    restore_backup(backup, data)
    assert data.path.is_symlink()
    assert disk.stat().st_ino == number
    assert (disk / left).exists()
    assert data.journal_path.read_bytes() == b"the journal"


@pytest.fixture
def other_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that nothing can be renamed into from elsewhere, or out of it."""
    disk = tmp_path / "disk"
    disk.mkdir()
    rename = Path.rename

    def rename_on_one_disk(source: Path, target: Path) -> Path:
        inside = {one.resolve().is_relative_to(disk) for one in (source.parent, target.parent)}
        if len(inside) > 1:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        return rename(source, target)

    monkeypatch.setattr(Path, "rename", rename_on_one_disk)
    return disk


def test_no_cell_starts_while_what_it_shares_is_restored(
    tmp_path: Path, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would make secrets of its own."""
    other = DataDirectory(tmp_path / "data", "spb")
    tried = []

    def lay_out(*_: Path) -> None:
        with pytest.raises(DataInUse, match="restore"):
            other.occupy()
        tried.append(1)

    monkeypatch.setattr(restoring, "restore_cluster", lay_out)
    restore_backup(backup, DataDirectory(tmp_path / "data"))
    assert tried
    other.occupy()
    other.vacate()


def test_nothing_that_cells_share_is_restored_under_one_that_runs(
    tmp_path: Path, backup: Path
) -> None:
    """It has read or made secrets that are not there yet."""
    other = DataDirectory(tmp_path / "data", "spb")
    other.occupy()
    write_manifest(backup, cell="msk", made_at="2026-01-01T00:00:00+00:00", position=1)
    data = DataDirectory(tmp_path / "data", "msk")
    with pytest.raises(DataInUse, match="another cell"):
        restore_backup(backup, data)
    assert not data.journal_path.exists()
    other.vacate()
    restore_backup(backup, data)


def test_a_cell_starts_while_another_is_restored_beside_the_secrets(
    tmp_path: Path, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, other = DataDirectory(tmp_path / "data"), DataDirectory(tmp_path / "data", "spb")
    restore_backup(backup, first)
    write_manifest(backup, cell="msk", made_at="2026-01-01T00:00:00+00:00", position=1)
    monkeypatch.setattr(restoring, "restore_cluster", lambda *_: other.occupy())
    restore_backup(backup, DataDirectory(tmp_path / "data", "msk"))
    other.vacate()


def test_a_cell_on_a_disk_of_its_own_is_restored_beside_the_secrets(
    tmp_path: Path, backup: Path, other_disk: Path
) -> None:
    write_manifest(backup, cell="spb", made_at="2026-01-01T00:00:00+00:00", position=1)
    spb = DataDirectory(tmp_path / "data", "spb")
    spb.path.parent.mkdir(parents=True)
    spb.path.symlink_to(other_disk)
    restore_backup(backup, spb)
    assert spb.journal_path.read_bytes() == b"the journal"
    assert (spb.outside_path / "neighbours.db").read_bytes() == b"people"
    assert {path.name for path in spb.shared.iterdir()} == {"cells", "secrets", "neighbours"}


@pytest.mark.parametrize("name", ["secrets", "neighbours"])
@pytest.mark.parametrize("cell", ["", "spb"])
def test_what_cells_share_may_be_an_empty_disk(
    tmp_path: Path, backup: Path, other_disk: Path, name: str, cell: str
) -> None:
    write_manifest(backup, cell=cell, made_at="2026-01-01T00:00:00+00:00", position=1)
    data = DataDirectory(tmp_path / "data", cell)
    data.shared.mkdir()
    (other_disk / "lost+found").mkdir()
    (data.shared / name).symlink_to(other_disk)
    restore_backup(backup, data)
    assert data.journal_path.read_bytes() == b"the journal"
    (file,) = (backup / SHARED / name).iterdir()
    assert (other_disk / file.name).read_bytes() == file.read_bytes()
    assert {path.name for path in other_disk.iterdir()} == {"lost+found", file.name}


async def test_a_backup_needs_a_journal_and_a_folder_of_its_own(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path / "data")
    with pytest.raises(NothingToCopy):
        await make_backup(data, tmp_path / "backup")
    write(data.journal_path)
    (tmp_path / "backup").mkdir()
    with pytest.raises(FileExistsError):
        await make_backup(data, tmp_path / "backup")
