"""What a data directory promises: one owner, secrets that stay, a clock that only advances."""

import stat
from pathlib import Path

import pytest

from launcher.data_directory import ClockTurnedBack, DataDirectory, DataInUse


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
    assert data.known_operator_token() is None
    assert data.operator_token == data.known_operator_token()


def test_the_clock_may_advance_between_starts_and_never_turn_back(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path)
    data.remember_clock_offset(0.0)
    data.remember_clock_offset(3600.0)
    data.remember_clock_offset(3600.0)
    with pytest.raises(ClockTurnedBack, match="PRACTIX_CLOCK_OFFSET_S"):
        data.remember_clock_offset(60.0)
