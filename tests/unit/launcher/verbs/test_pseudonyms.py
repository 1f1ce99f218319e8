"""`practix analysts rotate` replaces the key while nobody uses it."""

from pathlib import Path

import pytest

from launcher.data_directory import DataDirectory, DataInUse
from launcher.verbs.pseudonyms import rotate_pseudonyms


def test_the_key_is_another_one_afterwards(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path)
    before = data.pseudonym_key
    rotate_pseudonyms(data)
    assert data.pseudonym_key != before
    data.occupy()  # It is free again.


def test_the_key_of_a_running_system_is_not_replaced(tmp_path: Path) -> None:
    running, data = DataDirectory(tmp_path), DataDirectory(tmp_path)
    running.occupy()
    before = data.pseudonym_key
    with pytest.raises(DataInUse):
        rotate_pseudonyms(data)
    assert data.pseudonym_key == before
    running.vacate()
