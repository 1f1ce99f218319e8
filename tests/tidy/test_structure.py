"""The shape of the code: who may import whom, how long a file may get, what never belongs."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.paths import ROOT

SERVICES = frozenset({"command_api", "query_api", "projector", "notifier", "neighbours"})
OURS = SERVICES | {"contracts", "runtime", "launcher"}
LINES_MAX = 400
TEST_LINES_MAX = 600

ROOMS_OF_CONTRACTS = ("values", "events", "journal")
"""Imports point to the left only."""

PARTS_OF_COMMAND_API = ("domain", "leader", "http")
"""Imports point to the left only."""

ROOMS_OF_RUNTIME = (
    *("process", "confinement", "http", "calls", "postgres", "clickhouse", "journal", "following"),
    *("auth", "limits", "openapi", "outside", "service"),
)
"""Imports point to the left only."""

ROOMS_OF_QUERY_API = (
    "edge",
    "people",
    "announcements",
    "bookings",
    "ratings",
    "history",
    "analysts",
)
"""Imports point to the left only."""

ROOMS_OF_NOTIFIER = ("policies", "planning", "texts", "delivery", "store", "http")
"""Imports point to the left only."""

ROOMS_OF_PROJECTOR = ("history", "read_models", "proof")
"""Imports point to the left only."""


def python_files(folder: str = ".") -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", f"{folder}/*.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).exists()]


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def offenders(folder: str, forbidden: frozenset[str]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in python_files(folder)
        for name in imports_of(path)
        if any(name == one or name.startswith(f"{one}.") for one in forbidden)
    ]


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_services_never_import_each_other(service: str) -> None:
    assert offenders(service, (SERVICES - {service}) | {"launcher", "tests"}) == []


def test_contracts_import_nothing_of_ours() -> None:
    assert offenders("contracts", frozenset(OURS - {"contracts"})) == []


def test_runtime_names_no_event_and_no_service() -> None:
    assert offenders("runtime", SERVICES | {"launcher", "contracts.events"}) == []


def test_the_domain_imports_only_contracts() -> None:
    assert offenders("command_api/domain", OURS - {"contracts", "command_api"}) == []


@pytest.mark.parametrize(
    ("service", "rooms"),
    [
        ("contracts", ROOMS_OF_CONTRACTS),
        ("command_api", PARTS_OF_COMMAND_API),
        ("notifier", ROOMS_OF_NOTIFIER),
        ("projector", ROOMS_OF_PROJECTOR),
        ("query_api", ROOMS_OF_QUERY_API),
        ("runtime", ROOMS_OF_RUNTIME),
    ],
)
def test_imports_within_a_service_point_one_way(service: str, rooms: tuple[str, ...]) -> None:
    for place, room in enumerate(rooms):
        right = {f"{service}.{other}" for other in rooms[place + 1 :]}
        assert python_files(f"{service}/{room}")
        assert offenders(f"{service}/{room}", frozenset(right)) == []


def test_the_read_side_never_reads_the_journal() -> None:
    journal = frozenset({"runtime.journal", "runtime.following"})
    assert offenders("query_api", journal) == []


def test_no_file_holds_more_than_one_idea() -> None:
    long = []
    for path in python_files():
        lines = len(path.read_text().splitlines())
        if lines > (TEST_LINES_MAX if (ROOT / "tests") in path.parents else LINES_MAX):
            long.append(f"{path.relative_to(ROOT)}: {lines} lines")
    assert long == []


def test_package_files_are_empty() -> None:
    full = [path for path in python_files() if path.name == "__init__.py" and path.read_text()]
    assert full == []


def test_no_machine_and_no_registry_is_named() -> None:
    listed = subprocess.run(
        [
            "git",
            "grep",
            "-nIE",
            r"/(root|home)/[a-z]+/|pypi\.org|files\.pythonhosted|"
            r"repo1?\.maven|registry\.npmjs",
            "--",
            ".",
            ":!tests/tidy",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert listed.stdout == ""


def test_the_readme_names_only_targets_that_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z-]+)", (ROOT / "README.md").read_text()))
    assert named
    assert named <= targets


def test_a_migration_of_the_notifier_says_so_in_its_name() -> None:
    """A rebuild forgets all others (docs/operations.md): what was sent is never rebuilt."""
    for file in (ROOT / "migrations" / "postgres").glob("*.sql"):
        schemas = set(re.findall(r"\b(notifier|read_model)\.\w", file.read_text()))
        assert schemas == ({"notifier"} if "notifier" in file.name else {"read_model"}), file.name
