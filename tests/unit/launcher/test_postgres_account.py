"""Which cluster a server gets whose account cannot reach the data directory."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

import pytest

from launcher.servers import postgres_account
from launcher.servers.postgres_account import ELSEWHERE, RESTORED, Account, prepare_home
from launcher.servers.server import OWNER_LOCK

ANYBODY = Account(uid=os.geteuid(), gid=os.getegid())


@pytest.fixture
def wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder under one that is closed to others."""
    shared = tmp_path / "shared"
    shared.mkdir()
    monkeypatch.setattr(postgres_account, "SHARED_FOLDER", shared)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    return closed / "postgres"


def lay_out(wanted: Path, name: str, *, restored: bool) -> None:
    (wanted / "cluster").mkdir(parents=True)
    (wanted / "cluster" / "name").write_text(name)
    (wanted / "postgres.password").write_text(f"password of {name}")
    if restored:
        (wanted / RESTORED).touch()


def contents(home: Path) -> tuple[str, str]:
    return (home / "cluster" / "name").read_text(), (home / "postgres.password").read_text()


def test_a_restored_cluster_takes_the_place_of_the_one_before(wanted: Path) -> None:
    lay_out(wanted, "the first", restored=False)
    home = prepare_home(ANYBODY, wanted)
    lay_out(wanted, "the restored", restored=True)
    for _ in range(2):  # The file RESTORED stays until the notifier has been told.
        assert prepare_home(ANYBODY, wanted) == home
        assert contents(home) == ("the restored", "password of the restored")
    assert {path.name for path in wanted.iterdir()} == {RESTORED, ELSEWHERE}
    assert {path.name for path in home.iterdir()} == {"cluster", "postgres.password"}


def test_a_deleted_data_directory_takes_its_cluster_with_it(wanted: Path) -> None:
    lay_out(wanted, "the first", restored=False)
    home = prepare_home(ANYBODY, wanted)
    shutil.rmtree(wanted)
    wanted.mkdir()
    (wanted / OWNER_LOCK).touch()  # As a start does.
    assert prepare_home(ANYBODY, wanted) == home
    assert list(home.iterdir()) == []
    (home / "cluster").mkdir()
    assert prepare_home(ANYBODY, wanted) == home
    assert [path.name for path in home.iterdir()] == ["cluster"]


def test_the_cluster_of_a_build_that_left_no_note_is_kept(wanted: Path) -> None:
    lay_out(wanted, "the first", restored=False)
    home = prepare_home(ANYBODY, wanted)
    (wanted / ELSEWHERE).unlink()
    (wanted / "postgres.log").touch()
    prepare_home(ANYBODY, wanted)
    assert contents(home) == ("the first", "password of the first")
    (wanted / "postgres.log").unlink()
    prepare_home(ANYBODY, wanted)
    assert contents(home) == ("the first", "password of the first")


def test_what_a_move_left_behind_is_no_newer_cluster(wanted: Path) -> None:
    lay_out(wanted, "the first", restored=False)
    home = prepare_home(ANYBODY, wanted)
    lay_out(wanted, "half of the first", restored=False)
    assert contents(prepare_home(ANYBODY, wanted)) == ("the first", "password of the first")
    assert contents(home) == ("the first", "password of the first")


@pytest.mark.parametrize("renames", [0, 1, 2, 3, 4, 5])
def test_a_start_goes_on_with_a_move_that_was_killed(
    wanted: Path, monkeypatch: pytest.MonkeyPatch, renames: int
) -> None:
    lay_out(wanted, "the first", restored=False)
    home = prepare_home(ANYBODY, wanted)
    lay_out(wanted, "the restored", restored=True)
    rename, left = Path.rename, iter(range(renames))

    def rename_until_killed(source: Path, target: Path) -> Path:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return rename(source, target)

    with monkeypatch.context() as killed, suppress(KeyboardInterrupt):
        killed.setattr(Path, "rename", rename_until_killed)
        prepare_home(ANYBODY, wanted)
    prepare_home(ANYBODY, wanted)
    assert contents(home) == ("the restored", "password of the restored")
    assert {path.name for path in home.iterdir()} == {"cluster", "postgres.password"}


def test_a_start_removes_whole_clusters_that_a_killed_move_left(wanted: Path) -> None:
    """They have texts of people who were erased since."""
    lay_out(wanted, "the first", restored=False)
    home = prepare_home(ANYBODY, wanted)
    for left in (home / "incomplete", home / "replaced", wanted / "cluster.moved"):
        left.mkdir(parents=True)
    prepare_home(ANYBODY, wanted)
    assert {path.name for path in home.iterdir()} == {"cluster", "postgres.password"}
    assert {path.name for path in wanted.iterdir()} == {ELSEWHERE}
