"""Looking through a folder in which a server works."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.at_rest import find_traces


def test_a_folder_that_is_deleted_meanwhile_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    (tmp_path / "kept").write_bytes(b"a canary")
    scan = os.scandir

    def delete_and_scan(path: Any) -> Iterator[os.DirEntry[str]]:
        if Path(path).name == "gone":
            Path(path).rmdir()
        return scan(path)

    monkeypatch.setattr(os, "scandir", delete_and_scan)
    assert find_traces([b"canary"], tmp_path) == {tmp_path / "kept": [b"canary"]}
