"""How the servers of `practix servers` say that they run, and that they will not stop."""

import os
import signal
import stat
from pathlib import Path

import pytest

from launcher import local_servers
from launcher.servers.process import ServerFailed


def test_the_state_is_written_whole_and_closed_to_others(tmp_path: Path) -> None:
    path = tmp_path / local_servers.STATE_FILE
    local_servers.write_state(path, {"pid": 1})
    local_servers.write_state(path, {"pid": 22})
    assert path.read_text() == '{"pid":22}'
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [found.name for found in tmp_path.iterdir()] == [local_servers.STATE_FILE]


def test_servers_that_do_not_stop_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    local_servers.write_state(tmp_path / local_servers.STATE_FILE, {"pid": os.getpid()})
    ours = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    monkeypatch.setattr(local_servers, "_is_keeper", lambda _pid: True)
    monkeypatch.setattr(local_servers, "STOP_S_MAX", 0.0)
    try:
        with pytest.raises(ServerFailed, match=f"pid {os.getpid()}"):
            local_servers.down(tmp_path)
    finally:
        signal.signal(signal.SIGTERM, ours)
