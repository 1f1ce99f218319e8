"""A version is tagged only if code, changelog and repository say the same."""

import subprocess
from pathlib import Path
from typing import Final

import pytest
from typer.testing import CliRunner

from deploy import release
from launcher import cli
from runtime.version import VERSION

CODE: Final = 'VERSION = "1.2.0"\n'
CHANGELOG: Final = "# Changelog\n\n## Unreleased\n\n## 1.2.0 — 2030-01-01\n\n- New.\n\n## 1.1.0\n"


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Anna", "-c", "user.email=anna@example.org")
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Anna")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "anna@example.org")
    (tmp_path / "runtime").mkdir()
    (tmp_path / "runtime" / "version.py").write_text(CODE)
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    git(tmp_path, "init", "--quiet")
    commit_all(tmp_path)
    return tmp_path


def commit_all(repository: Path) -> None:
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", "All")


def test_a_release_is_tagged_once(repository: Path) -> None:
    assert list(release.find_obstacles("1.2.0", repository)) == []
    release.tag("1.2.0", repository)
    assert git(repository, "cat-file", "-t", "v1.2.0") == "tag"
    assert "tag v1.2.0" in str(list(release.find_obstacles("1.2.0", repository)))


@pytest.mark.parametrize("version", ["", "1.2", "v1.2.0", "1.3.0"])
def test_another_version_is_refused(repository: Path, version: str) -> None:
    assert list(release.find_obstacles(version, repository))


@pytest.mark.parametrize(
    ("changelog", "fault"),
    [
        (CHANGELOG.replace("## 1.2.0 — 2030-01-01\n\n", ""), "Unreleased"),
        (CHANGELOG.replace("## Unreleased\n", "## Unreleased\n\n- More.\n"), "Unreleased"),
        (CHANGELOG.replace("- New.\n", ""), "nothing"),
        (CHANGELOG.replace(" — 2030-01-01", ""), "date"),
    ],
)
def test_a_changelog_that_does_not_tell_of_it_is_refused(
    repository: Path, changelog: str, fault: str
) -> None:
    (repository / "CHANGELOG.md").write_text(changelog)
    commit_all(repository)
    assert fault in str(list(release.find_obstacles("1.2.0", repository)))


def test_what_is_not_committed_is_not_released(repository: Path) -> None:
    (repository / "new.txt").touch()
    assert "not committed" in str(list(release.find_obstacles("1.2.0", repository)))


def test_the_command_line_says_its_version() -> None:
    said = CliRunner().invoke(cli.app, ["--version"])
    assert (said.exit_code, said.output.strip()) == (0, f"practix {VERSION}")
    assert release.read_version() == VERSION
