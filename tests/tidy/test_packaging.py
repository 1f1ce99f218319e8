"""What an installation in a fresh clone rests on."""

import re
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

from runtime.version import VERSION
from tests.paths import ROOT
from tests.tidy.test_structure import (
    SERVICES,
    import_graph,
    imported_names,
    module_name,
    python_files,
)

LOCKS = sorted(ROOT.glob("requirements*.txt"))
PIN = re.compile(r"^[a-z0-9._-]+(\[[a-z,]+\])?==\S+", re.MULTILINE)
TOOLS = ("mypy", "ruff", "pytest", "hypothesis", "schemathesis", "uv", "coverage", "py-spy")
UNUSED = ("pandas", "numpy")
"""What a package names as a requirement and we do without (requirements-excludes.in)."""


def pins(lock: Path) -> set[str]:
    """Return the locked packages with their versions: `name==version`."""
    return {found.group() for found in PIN.finditer(lock.read_text())}


def test_the_package_names_its_dependencies_in_a_file_that_setuptools_reads() -> None:
    """It knows no `-r` lines, and says so only while installing."""
    dynamic = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["dynamic"]
    for file in dynamic["dependencies"]["file"]:
        lines = (ROOT / file).read_text().splitlines()
        assert lines
        assert [line for line in lines if line.startswith("-")] == []


def test_the_version_has_its_section_in_the_changelog() -> None:
    titles = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert titles[0] == "Unreleased"
    assert titles[1].startswith(f"{VERSION} — ")


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_locked_package_has_a_version_and_hashes(lock: Path) -> None:
    text = lock.read_text()
    starts = [m.start() for m in re.finditer(r"^[a-z0-9]", text, re.MULTILINE)]
    packages = [text[a:b] for a, b in zip(starts, [*starts[1:], len(text)], strict=True)]
    assert packages
    assert [one for one in packages if not PIN.match(one) or "--hash=sha256:" not in one] == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_holds_what_is_asked_for_and_no_addresses(lock: Path) -> None:
    text = lock.read_text()
    asked = re.findall(r"^[a-z][a-z0-9-]*", lock.with_suffix(".in").read_text(), re.MULTILINE)
    assert [name for name in asked if f"\n{name}" not in f"\n{text}"] == []
    assert "://" not in text
    assert "index-url" not in text


def test_what_runs_is_installed_without_tools() -> None:
    locked = {one.partition("==")[0] for one in pins(ROOT / "requirements.txt")}
    assert locked
    assert locked.isdisjoint((*TOOLS, *UNUSED))


def test_one_environment_has_one_version_of_each_package() -> None:
    """The larger locks hold all of the smaller ones: `make` installs one on top of another."""
    locks = sorted(map(pins, LOCKS), key=len)
    for smaller, larger in pairwise(locks):
        assert smaller - larger == set()


@pytest.mark.parametrize("service", sorted(SERVICES - {"query_api"}))
def test_a_service_imports_nothing_that_only_the_query_api_has(service: str) -> None:
    """The image of the others has no requirements-query.txt."""
    reached = modules_behind(f"{service}.__main__")
    paths = {module_name(path): path for path in python_files()}
    imported = {
        name.partition(".")[0] for module in reached for name in imported_names(paths[module])
    }
    assert len(reached) > 20
    assert imported.isdisjoint(("icalendar", "manimgx_fonts", "PIL", "pyarrow"))


def test_the_image_has_what_the_nightly_export_imports() -> None:
    copied = list_copied()
    paths = {module_name(path): path for path in python_files()}
    needed = modules_behind("launcher.exports.exporting")
    files = [paths[one].relative_to(ROOT) for one in needed if one.startswith("launcher")]
    assert len(files) > 3
    assert [one for one in files if not any(one.is_relative_to(name) for name in copied)] == []
    imported = {name.partition(".")[0] for one in needed for name in imported_names(paths[one])}
    assert imported.isdisjoint(("typer", "rich", "pyarrow"))


def test_the_build_context_has_what_the_image_copies() -> None:
    """An engine sees only what .dockerignore lets in, and refuses to build without the rest."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    let_in = [line.removeprefix("!") for line in lines if line.startswith("!")]
    copied = list_copied()
    assert len(copied) > 10
    assert "*" in lines
    assert [
        one for one in copied if not any(Path(one).is_relative_to(name) for name in let_in)
    ] == []


def list_copied() -> list[str]:
    """Return the files and folders of this repository that the Dockerfile copies."""
    steps = (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
    copies = [step.split() for step in steps if step.startswith("COPY ")]
    return [name for words in copies if "--from" not in words[1] for name in words[1:-1]]


def modules_behind(module: str) -> set[str]:
    """Return the module and all of ours that it imports, also by others."""
    graph = import_graph()
    reached, waiting = {module}, [module]
    while waiting:
        found = graph[waiting.pop()] - reached
        reached |= found
        waiting += found
    return reached
