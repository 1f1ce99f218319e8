"""`make release VERSION=1.2.0`: makes the annotated tag `v1.2.0` if everything says so.

The version stands in `runtime/version.py`, and its section of the changelog directly under an
empty "Unreleased". Nothing may be uncommitted.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from runpy import run_path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
FORM: Final = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+")
SECTION: Final = re.compile(r"^## (?P<title>.+)\n(?P<text>(?:(?!## ).*\n)*)", re.MULTILINE)


def read_version(root: Path = ROOT) -> str:
    version: str = run_path(str(root / "runtime" / "version.py"))["VERSION"]
    return version


def find_obstacles(version: str, root: Path = ROOT) -> Iterator[str]:
    """Yield each reason why this version cannot be released as it is."""
    if not FORM.fullmatch(version):
        yield f"{version!r} is no version: it looks like 1.2.0"
    if read_version(root) != version:
        yield f"runtime/version.py says {read_version(root)}"
    yield from _find_faults_of_changelog(version, (root / "CHANGELOG.md").read_text("utf-8"))
    if _git(root, "status", "--porcelain"):
        yield "there are changes that are not committed"
    if _git(root, "tag", "--list", f"v{version}"):
        yield f"there is a tag v{version} already"


def tag(version: str, root: Path = ROOT) -> None:
    """Make the tag. Raises subprocess.CalledProcessError."""
    message = f"PRACTIX {version}\n\nSee CHANGELOG.md."
    _git(root, "tag", "--annotate", f"v{version}", "--message", message)


def main(arguments: list[str]) -> None:
    version = arguments[0] if arguments else ""
    if obstacles := list(find_obstacles(version)):
        sys.exit("not released: " + "; ".join(obstacles))
    tag(version)
    print(f"tagged v{version}; `git push origin v{version}` publishes it")


def _find_faults_of_changelog(version: str, changelog: str) -> Iterator[str]:
    sections = [(found["title"], found["text"].strip()) for found in SECTION.finditer(changelog)]
    if sections[:1] != [("Unreleased", "")]:
        yield "the changelog does not begin with an empty section Unreleased"
    title, text = sections[1] if len(sections) > 1 else ("", "")
    if not re.fullmatch(rf"{re.escape(version)} — [0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}", title):
        yield f"the next section of the changelog is not '{version} — <date>'"
    elif not text:
        yield f"the changelog says nothing of {version}"


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout.strip()


if __name__ == "__main__":
    main(sys.argv[1:])
