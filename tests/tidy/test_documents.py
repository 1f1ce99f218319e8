"""Documents name only what exists; each decision record has its own number."""

import re
import subprocess
from collections import Counter
from pathlib import Path

from tests.paths import ROOT

RECORDS = sorted((ROOT / "docs" / "decisions").glob("*.md"))


def test_every_record_has_a_number_of_its_own() -> None:
    numbers = Counter(record.name[:4] for record in RECORDS)
    assert RECORDS
    assert [number for number, times in numbers.items() if times > 1] == []


def test_a_record_says_its_number() -> None:
    for record in RECORDS:
        assert record.read_text().startswith(f"# {record.name[:4]} "), record.name


def test_every_record_that_is_named_exists() -> None:
    pattern = r"[Dd]ecisions?[ /]([0-9]{4})"
    listed = subprocess.run(
        ["git", "grep", "-hoE", pattern, "--", "*.md", "*.py", ":!tests/tidy"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    named = set(re.findall(r"[0-9]{4}", listed.stdout))
    assert named
    assert named <= {record.name[:4] for record in RECORDS}


def test_every_test_that_the_page_of_security_names_exists() -> None:
    page = (ROOT / "docs" / "security.md").read_text()
    named = re.findall(r"`((?:attack|contract|unit|integration|simulation|e2e)/[a-z0-9_/]+)`", page)
    assert len(named) > 20
    assert [name for name in named if not (ROOT / "tests" / f"{name}.py").exists()] == []


def documents() -> list[Path]:
    return [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]


def test_every_path_that_a_document_names_exists() -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir()}
    missing = [
        f"{page.relative_to(ROOT)}: {name}"
        for page in documents()
        for name in re.findall(r"`([a-z_]+/[A-Za-z0-9_./-]*)`", page.read_text())
        if name.split("/")[0] in folders and not (ROOT / name).exists()
    ]
    assert missing == []


def test_every_link_between_documents_leads_somewhere() -> None:
    missing = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in documents()
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
        if not (page.parent / target).exists()
    ]
    assert missing == []
