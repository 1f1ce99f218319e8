"""What a data directory promises: one owner who alone can open it, secrets that stay, a clock
that only advances."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.data_directory import ClockTurnedBack, DataDirectory, DataInUse, SecretUnusable
from runtime.process.private_files import close_to_others


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    """A data directory that is occupied changes it for the whole process."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_was_open_to_others_is_closed(tmp_path: Path) -> None:
    """As an earlier build, or `mkdir`, left it: 0755 with readable databases."""
    cluster = tmp_path / "data" / "postgres" / "cluster"
    cluster.mkdir(parents=True, mode=0o755)
    outside = tmp_path / "outside"
    outside.touch(mode=0o644)
    files = [tmp_path / "data" / "journal.sqlite", cluster / "PG_VERSION"]
    for file in files:
        file.touch(mode=0o644)
    script = cluster / "run"
    script.touch(mode=0o755)
    (cluster / "link").symlink_to(outside)
    data = DataDirectory(tmp_path / "data")
    data.occupy()
    assert {mode(file) for file in files} == {0o600}
    assert {mode(folder) for folder in (data.path, cluster.parent, cluster, script)} == {0o700}
    assert mode(outside) == 0o644
    later = data.path / "later.sqlite"
    later.touch()
    assert mode(later) == 0o600
    data.vacate()


def test_what_is_deleted_meanwhile_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    close_to_others(tmp_path)
    assert mode(tmp_path) == 0o700


@pytest.mark.parametrize("left", ["", "short", "\n"])
def test_a_secret_that_was_cut_short_opens_nothing(tmp_path: Path, left: str) -> None:
    data = DataDirectory(tmp_path)
    data.require_secrets()
    (tmp_path / "secrets" / "operator").write_text(left)
    with pytest.raises(SecretUnusable, match="secrets/operator"):
        data.require_secrets()
    with pytest.raises(SecretUnusable):
        data.find_token("operator")


def test_a_second_owner_is_refused_until_the_first_has_left(tmp_path: Path) -> None:
    first, second = DataDirectory(tmp_path), DataDirectory(tmp_path)
    first.occupy()
    with pytest.raises(DataInUse, match="already running"):
        second.occupy()
    first.vacate()
    second.occupy()
    second.vacate()


def test_secrets_differ_stay_and_are_for_the_owner_only(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path)
    made = {data.token_secret, data.cell_secret, data.operator_token}
    again = DataDirectory(tmp_path)
    assert len(made) == 3
    assert made == {again.token_secret, again.cell_secret, again.operator_token}
    for path in (tmp_path / "secrets").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_start_that_was_killed_leaves_no_empty_secret(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "token.unfinished").touch()
    assert len(DataDirectory(tmp_path).token_secret) >= 32
    assert [path.name for path in folder.iterdir()] == ["token"]


def test_asking_for_the_operator_token_makes_none(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path)
    assert data.find_token("operator") is None
    assert data.operator_token == data.find_token("operator")


def test_the_clock_may_advance_between_starts_and_never_turn_back(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path)
    data.remember_clock_offset(0.0)
    data.remember_clock_offset(3600.0)
    data.remember_clock_offset(3600.0)
    with pytest.raises(ClockTurnedBack, match="has seen 3600: start it with that again"):
        data.remember_clock_offset(60.0)


def test_cells_share_secrets_and_outside_services_and_nothing_else(tmp_path: Path) -> None:
    unnamed, named = DataDirectory(tmp_path), DataDirectory(tmp_path, "spb")
    named.require_secrets()
    assert unnamed.token_secret == named.token_secret
    assert unnamed.find_token("operator") == named.find_token("operator") is not None
    assert unnamed.outside_path == named.outside_path
    unnamed.occupy()
    named.occupy()  # Both run at the same time.
    with pytest.raises(DataInUse):
        DataDirectory(tmp_path, "spb").occupy()
    assert named.journal_path == tmp_path / "cells" / "spb" / "journal.sqlite"
    unnamed.remember_clock_offset(100.0)
    named.remember_clock_offset(0.0)
    for one in (unnamed, named):
        one.vacate()
