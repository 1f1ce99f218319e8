"""What a confined process can still do, tried by one, and the filter itself for each machine."""

import errno
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import pytest

from runtime.confinement.seccomp import build_filter
from runtime.confinement.syscalls import ALWAYS_ALLOWED, MACHINES, SOMETIMES_ALLOWED, number_of
from tests.paths import ROOT

PID: Final = 4711
ALLOW: Final = 0x7FFF0000
ABSENT: Final = 0x00050000 | errno.ENOSYS
KILL: Final = 0x80000000
CLONE_THREAD: Final = 0x00010000
CLONE_NEWUSER: Final = 0x10000000
EXECVE: Final = {"x86_64": 59, "aarch64": 221}
SOCKET: Final = {"x86_64": 41, "aarch64": 198}

PROBE: Final = """
import ctypes, json, os, socket, sys, threading
from pathlib import Path
from runtime.confinement.confine import confine

inside, secret, as_nobody = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] == "nobody"
if as_nobody:
    os.chown(inside, 65534, 65534)
    os.setgid(65534)
    os.setuid(65534)
unconfined = confine([inside], [])

def tried(what):
    try:
        what()
    except BaseException as error:
        return type(error).__name__
    return "done"

def in_thread():
    found = []
    thread = threading.Thread(target=lambda: found.append(tried(secret.read_text)))
    thread.start()
    thread.join()
    return found[0]

def read_link():
    (inside / "link").symlink_to(secret)
    (inside / "link").read_text()

(inside / "own").write_text("x")
results = {
    "unconfined": unconfined,
    "own file": tried((inside / "own").read_text),
    "secret": tried(secret.read_text),
    "secret in a thread": in_thread(),
    "secret by a link": tried(read_link),
    "list": tried(lambda: os.listdir("/etc")),
    "environment of others": tried(lambda: open(f"/proc/{os.getppid()}/environ").read()),
    "write": tried(lambda: secret.write_text("x")),
    "truncate": tried(lambda: os.truncate(secret, 0)),
    "remove": tried(secret.unlink),
    "mode": tried(lambda: os.chmod(secret, 0o777)),
    "internet": tried(socket.socket),
    "unix": tried(lambda: socket.socket(socket.AF_UNIX)),
    "fork": tried(os.fork),
    "program": tried(lambda: os.execv("/bin/true", ["true"])),
    "signal": tried(lambda: os.kill(os.getppid(), 0)),
    "trace": ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0),
}
print(json.dumps(results), flush=True)
os._exit(0)
"""


@pytest.fixture(params=["whoever we are", "nobody"])
def results(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    if request.param == "nobody" and os.geteuid() != 0:
        pytest.skip("only root can become somebody else; the other case is an ordinary user's")
    for folder in (tmp_path, *tmp_path.parents):
        if folder == Path(tempfile.gettempdir()):
            break
        folder.chmod(0o755)
    secret = tmp_path / "secret"
    secret.write_text("the token's secret")
    inside = tmp_path / "inside"
    inside.mkdir()
    answered = subprocess.run(
        [sys.executable, "-c", PROBE, str(inside), str(secret), request.param],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
        cwd=ROOT,
    )
    found: dict[str, Any] = json.loads(answered.stdout)
    assert secret.read_text() == "the token's secret"
    return found


def test_a_confined_process_has_its_directory_and_nothing_else(results: dict[str, Any]) -> None:
    if results["unconfined"] in ("no_landlock", "no_seccomp", "not_linux"):
        pytest.skip(f"this kernel cannot confine: {results['unconfined']}")
    assert results.pop("unconfined") is None
    assert results.pop("own file") == "done"
    assert results.pop("trace") == -1
    assert set(results.values()) <= {"PermissionError", "OSError"}, results


def test_threads_that_run_already_would_escape() -> None:
    script = (
        "import threading; from pathlib import Path;"
        "from runtime.confinement.confine import confine;"
        "go = threading.Event(); threading.Thread(target=go.wait, daemon=True).start();"
        "print(confine([Path('/tmp')], []))"
    )
    answered = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert answered.stdout.strip() == "threads_running"


def judge(machine: str, number: int, argument: int = 0, abi: int | None = None) -> int:
    """What the kernel would answer: the filter, run step by step."""
    data = {0: number, 4: MACHINES[machine] if abi is None else abi, 16: argument}
    steps = build_filter(machine, PID)
    place, loaded = 0, 0
    while True:
        code, if_true, if_false, constant = steps[place]
        place += 1
        match code:
            case 0x20:
                loaded = data[constant]
            case 0x15:
                place += if_true if loaded == constant else if_false
            case 0x35:
                place += if_true if loaded >= constant else if_false
            case 0x45:
                place += if_true if loaded & constant else if_false
            case _:
                return constant


@pytest.mark.parametrize("machine", MACHINES)
def test_the_filter_allows_what_is_listed_and_nothing_else(machine: str) -> None:
    listed = {number_of(name, machine) for name in (*ALWAYS_ALLOWED, *SOMETIMES_ALLOWED)}
    for name in ALWAYS_ALLOWED:
        number = number_of(name, machine)
        if number is not None:
            assert judge(machine, number) == ALLOW, name
    for number in set(range(600)) - listed:
        assert judge(machine, number) == ABSENT
    for barred in (EXECVE[machine], SOCKET[machine]):
        assert judge(machine, barred) == ABSENT
    assert judge(machine, 0, abi=0x40000003) == KILL  # 32-bit calls have other numbers.


@pytest.mark.parametrize("machine", MACHINES)
def test_some_calls_are_allowed_for_the_process_itself_only(machine: str) -> None:
    for name, argument, answer in (
        ("clone", CLONE_THREAD, ALLOW),
        ("clone", 17, ABSENT),  # A process.
        ("clone", CLONE_THREAD | CLONE_NEWUSER, ABSENT),
        ("tgkill", PID, ALLOW),
        ("tgkill", 1, ABSENT),
        ("prlimit64", 0, ALLOW),
        ("prlimit64", 1, ABSENT),
        ("prctl", 15, ALLOW),  # The name of a thread.
        ("prctl", 0x59616D61, ABSENT),  # Who may trace it.
    ):
        number = number_of(name, machine)
        assert number is not None
        assert judge(machine, number, argument) == answer, (name, argument)


def test_calls_of_the_other_abi_of_x86_64_are_absent() -> None:
    assert judge("x86_64", 0x40000000 | 1) == ABSENT
