"""What the greeting says to whoever runs a system otherwise than by default."""

from pathlib import Path

import pytest

from launcher.profiles.welcome import write_export
from launcher.settings import Settings


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({}, ""),
        ({"PORT": "9000"}, "export PORT=9000"),
        ({"PRACTIX_DATA": "/tmp/an evening"}, "export PRACTIX_DATA='/tmp/an evening'"),
        ({"PORT": "9000", "PRACTIX_DATA": "/tmp/x"}, "export PORT=9000 PRACTIX_DATA=/tmp/x"),
        ({"PORT": "8000", "PRACTIX_DATA": str(Path(".data").resolve())}, ""),
    ],
)
def test_only_what_differs_from_the_default_is_exported(
    changed: dict[str, str], line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PORT", "PRACTIX_DATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in changed.items():
        monkeypatch.setenv(name, value)
    assert write_export(Settings()) == line
