"""What `practix` says when it cannot do what it is asked: one line, and a status."""

import asyncio
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from launcher import cli
from launcher.servers.process import HOST, free_port
from launcher.verbs.demo.summary import DemoSummary
from runtime.journal.sqlite import SqliteJournal
from runtime.service.settings import WRONG_SETTINGS_STATUS
from tests.cells.embedded import PRACTIX, START_S_MAX
from tests.histories.chain import Chain
from tests.paths import ROOT
from tests.waiting import WITHIN_S

TRAFFIC = str(ROOT / "demo" / "evening_rush.jsonl")


def practix(data: Path, *arguments: str, status: int = 1, **environment: str) -> str:
    """What a verb that fails says."""
    ended = subprocess.run(
        [*PRACTIX, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PRACTIX_DATA": str(data), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=WITHIN_S,
    )
    assert ended.returncode == status, ended.stderr
    assert "Traceback" not in ended.stderr
    return ended.stderr


@pytest.mark.parametrize("verb", [["token", "anna"], ["verify"], ["demo", TRAFFIC]])
def test_a_verb_that_finds_no_system_says_where_it_looked(tmp_path: Path, verb: list[str]) -> None:
    port = str(free_port())
    said = practix(tmp_path, *verb, PORT=port, PRACTIX_OPERATOR_TOKEN="t")
    assert f"practix: no system answers at http://{HOST}:{port}" in said


@pytest.mark.parametrize("verb", [["verify"], ["demo", TRAFFIC]])
def test_what_verifies_asks_for_the_operator_token_before_anything_else(
    tmp_path: Path, verb: list[str]
) -> None:
    assert "PRACTIX_OPERATOR_TOKEN" in practix(tmp_path, *verb)


@pytest.mark.parametrize("verb", [["token", "anna"], ["verify"], ["demo", TRAFFIC]])
@pytest.mark.parametrize("url", ["nonsense", "http://", "http://host:port", "ftp://host"])
def test_what_is_no_address_is_named(tmp_path: Path, verb: list[str], url: str) -> None:
    environment = {"PRACTIX_DATA": str(tmp_path), "BASE_URL": url, "PRACTIX_OPERATOR_TOKEN": "t"}
    ended = CliRunner().invoke(cli.app, verb, env=environment)
    assert ended.exit_code == 1
    assert ended.stderr.splitlines() == [
        f"practix: {url!r} is not an address: BASE_URL looks like http://127.0.0.1:8000"
    ]


@pytest.mark.parametrize("lines", [0, 2])
def test_a_demo_of_which_no_line_could_be_sent_is_no_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: int
) -> None:
    async def replay(*_: object) -> tuple[DemoSummary, dict[str, Any]]:
        return DemoSummary(lines=lines, malformed=lines), {"ok": True}

    monkeypatch.setattr(cli, "_demo", replay)
    monkeypatch.setenv("PRACTIX_OPERATOR_TOKEN", "t")
    (file := tmp_path / "traffic.jsonl").touch()
    ended = CliRunner().invoke(cli.app, ["demo", str(file), "--json"])
    assert ended.exit_code == 1
    assert f"no line of {file} could be sent" in ended.output


def test_the_module_is_the_command_too(tmp_path: Path) -> None:
    module = [sys.executable, "-m", "launcher.cli", "verify", "--offline"]
    ended = subprocess.run(
        module,
        cwd=ROOT,
        env={**os.environ, "PRACTIX_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=WITHIN_S,
    )
    assert (ended.returncode, "there is no journal" in ended.stderr) == (1, True)


def test_a_demo_without_its_file_names_the_file(tmp_path: Path) -> None:
    assert "nothing.jsonl" in practix(tmp_path, "demo", "nothing.jsonl")


def test_verifying_offline_where_nothing_was_started_is_refused(tmp_path: Path) -> None:
    assert "there is no journal" in practix(tmp_path, "verify", "--offline")


async def test_verifying_offline_tables_of_an_older_version_asks_for_a_start(
    tmp_path: Path,
) -> None:
    """And leaves the history as it is."""
    journal = SqliteJournal(tmp_path / "journal.sqlite")
    await Chain().write_to(journal)
    await journal.close()
    said = await asyncio.to_thread(practix, tmp_path, "verify", "--offline")
    assert "older than this version" in said
    assert "start the system once" in said
    assert not (tmp_path / "clickhouse").exists()


def test_a_start_on_a_port_in_use_is_refused_and_leaves_the_data_free(tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        listener.listen()
        port = str(listener.getsockname()[1])
        for _ in range(2):
            assert f"port {port}" in practix(tmp_path, "run", PORT=port)


def test_a_setting_that_makes_no_sense_is_named(tmp_path: Path) -> None:
    assert "PORT" in practix(tmp_path, "run", status=WRONG_SETTINGS_STATUS, PORT="abc")
    assert "PRACTIX_PROFILE" in practix(
        tmp_path, "run", status=WRONG_SETTINGS_STATUS, PRACTIX_PROFILE="cloud"
    )


def test_data_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    occupied = tmp_path / "a file"
    occupied.touch()
    assert "a file" in practix(occupied, "run", PORT=str(free_port()))


async def test_a_start_can_be_read_by_a_program(tmp_path: Path) -> None:
    port = str(free_port())
    started = await asyncio.create_subprocess_exec(
        *PRACTIX,
        "run",
        "--json",
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PRACTIX_DATA": str(tmp_path), "PORT": port},
        stdout=asyncio.subprocess.PIPE,
    )
    assert started.stdout is not None
    try:
        ready = json.loads(await asyncio.wait_for(started.stdout.readline(), START_S_MAX))
    finally:
        started.terminate()
        status = await asyncio.wait_for(started.wait(), START_S_MAX)
    assert status == 0
    assert ready["url"] == f"http://{HOST}:{port}"
    assert set(ready["tokens"]) == {"anna", "boris"}
