"""Every defect of the earlier implementation has a regression test named after it."""

import re
import subprocess

import pytest

from tests.paths import ROOT

NUMBERS = re.findall(r"^\| (D\d+) \|", (ROOT / "docs/requirements.md").read_text(), re.MULTILINE)


def test_the_requirements_list_the_defects() -> None:
    assert len(NUMBERS) >= 20


@pytest.mark.parametrize("number", NUMBERS)
def test_a_test_is_named_after_the_defect(number: str) -> None:
    name = rf"def test_\w*{number.lower()}_"
    found = subprocess.run(["git", "grep", "-qE", name, "--", "tests/**/*.py"], cwd=ROOT)
    assert found.returncode == 0
