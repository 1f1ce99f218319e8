"""How often a cluster is copied if the copy fails, and what a failed copy leaves."""

from pathlib import Path
from typing import Any

import pytest

from launcher.servers.postgres_copy import BASE, LOG, TRIES, copy_cluster
from launcher.servers.process import ServerFailed

PIDS = "123\n/cluster\n0\n5432\n"


class FailingCopies:
    """A `pg_basebackup` that fails some times, with a file half written, and then succeeds."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.run = 0

    async def __call__(self, command: list[str], **_: Any) -> None:
        target = Path(command[command.index("--pgdata") + 1])
        if any(target.iterdir()):  # As the program itself.
            raise ServerFailed("directory exists but is not empty")
        self.run += 1
        (target / LOG).write_text("half")
        if self.run <= self.failures:
            raise ServerFailed("requested WAL segment has already been removed")
        (target / BASE).write_text("whole")


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Those of a server that runs, and of the copy."""
    home, target = tmp_path / "home", tmp_path / "copy"
    (home / "cluster").mkdir(parents=True)
    (home / "cluster" / "postmaster.pid").write_text(PIDS)
    (home / "postgres.password").write_text("password")
    target.mkdir()
    monkeypatch.setattr("launcher.servers.postgres_copy.find_installation", lambda: tmp_path)
    monkeypatch.setattr("launcher.servers.postgres_copy.prepare_home", lambda _, wanted: wanted)
    return home, target


async def test_a_copy_that_fails_is_tried_again_from_nothing(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, target = folders
    copies = FailingCopies(TRIES - 1)
    monkeypatch.setattr("launcher.servers.postgres_copy.run_command", copies)
    await copy_cluster(home, target)
    assert copies.run == TRIES
    assert (target / BASE).read_text() == "whole"
    assert (target / "postgres.password").read_text() == "password"


async def test_the_last_failure_is_told(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, target = folders
    copies = FailingCopies(TRIES)
    monkeypatch.setattr("launcher.servers.postgres_copy.run_command", copies)
    with pytest.raises(ServerFailed, match="already been removed"):
        await copy_cluster(home, target)
    assert copies.run == TRIES


async def test_a_server_that_does_not_run_is_not_asked_again(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, target = folders
    (home / "cluster" / "postmaster.pid").unlink()
    monkeypatch.setattr("launcher.servers.postgres_copy.run_command", FailingCopies(0))
    with pytest.raises(ServerFailed, match="no PostgreSQL runs"):
        await copy_cluster(home, target)
    assert list(target.iterdir()) == []
