"""Where no system runs, every verb says so in one line, and ends."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import typer
from typer.testing import CliRunner

from launcher.cli import app

TOKENS: Final = {
    "PRACTIX_OPERATOR_TOKEN": "the operator's token of the tests",
    "PRACTIX_INVESTIGATOR_TOKEN": "the investigators' token of the tests",
}
ASKING: Final[dict[str, str]] = {
    "token": "anna",
    "verify": "--from 5",
    "rebuild": "--only history",
    "demo": "{directory}/demo.jsonl",
    "ask": "request_funnel",
    "report": "--out {directory}/report.html",
    "export": "--out {directory}/events.csv",
    "acts": "",
    "investigate": "--by Grace --why reason --sql SELECT",
    "analysts export": "--into {directory}/exported",
    "analysts list": "",
    "analysts show": "mine",
    "analysts save": "{directory}/mine.sql",
    "analysts delete": "mine",
    "ratings trial": "",
    "dead list": "",
    "dead show": "1-0",
    "dead retry": "",
    "dead drop": "1-0",
    "journal renew": "",
}
"""Verbs that ask a running system, and what stands behind each."""
LOCAL: Final[dict[str, tuple[str, str]]] = {
    "verify --offline": ("", "there is no journal in {directory}/data"),
    "backup": ("{directory}/backup", "there is no journal of an embedded system"),
    "restore": ("{directory}/backup", "{directory}/backup is no backup"),
    "analysts rotate": ("", "there is no data in {directory}/data"),
}
"""Verbs that look for a system on the disk, and what they say without one."""
STARTING: Final = {"run", "gateway", "servers up", "servers down"}
"""Verbs that need none."""


@pytest.fixture
def port() -> Iterator[int]:
    """One that nobody listens at, and that nobody else takes."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def names_of(group: typer.Typer, before: str = "") -> Iterator[str]:
    """Yield the names of all verbs under `group`."""
    for verb in group.registered_commands:
        assert verb.callback is not None
        yield before + (verb.name or verb.callback.__name__)
    for inner in group.registered_groups:
        assert inner.typer_instance is not None
        yield from names_of(inner.typer_instance, f"{before}{inner.name} ")


def complain(line: str, port: int, directory: Path) -> str:
    """Return the only line that the verb prints."""
    (directory / "demo.jsonl").write_text('{"op": "none"}\n')
    (directory / "mine.sql").write_text("-- title: Mine\nSELECT 1\n")
    environment = TOKENS | {"PORT": str(port), "PRACTIX_DATA": str(directory / "data")}
    words = line.format(directory=directory).split()
    ended = CliRunner(env=environment).invoke(app, words)
    assert (ended.exit_code, ended.stdout) == (1, ""), ended.output
    assert not [one for one in directory.iterdir() if one.suffix in (".csv", ".html")]
    (said,) = ended.stderr.splitlines()
    return said


def test_every_verb_is_tried() -> None:
    local = {name.partition(" --")[0] for name in LOCAL}
    assert set(names_of(app)) == ASKING.keys() | local | STARTING


@pytest.mark.parametrize("verb", ASKING)
def test_a_verb_that_asks_says_that_nothing_answers(verb: str, port: int, tmp_path: Path) -> None:
    said = complain(f"{verb} {ASKING[verb]}", port, tmp_path)
    address = f"http://127.0.0.1:{port}"
    assert (
        said == f"practix: no system answers at {address} (connection refused); make run starts one"
    )


@pytest.mark.parametrize("verb", LOCAL)
def test_a_verb_of_the_disk_says_what_is_not_there(verb: str, port: int, tmp_path: Path) -> None:
    arguments, reason = LOCAL[verb]
    said = complain(f"{verb} {arguments}", port, tmp_path)
    assert said.startswith(f"practix: {reason.format(directory=tmp_path)}")
