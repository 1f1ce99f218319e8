"""The Russian requirements have every number and every refusal that the English ones have."""

import re

from contracts.error_codes import ERROR_TEXTS
from tests.paths import ROOT

ENGLISH = (ROOT / "docs" / "requirements.md").read_text()
RUSSIAN = (ROOT / "docs" / "requirements.ru.md").read_text()
NUMBER = re.compile(
    r"^(?:\| ([RD]\d+) |\*\*(A\d+)\.|#{2,3} (\d(?:\.\d)?) ?|(\d+)\. \*?)", re.MULTILINE
)


def numbers_of(page: str) -> list[str]:
    return ["".join(groups) for groups in NUMBER.findall(page)]


def test_both_have_the_same_numbers_in_the_same_order() -> None:
    assert len(numbers_of(ENGLISH)) > 240
    assert numbers_of(RUSSIAN) == numbers_of(ENGLISH)


def test_both_name_the_same_refusals() -> None:
    codes = set(ERROR_TEXTS)
    named = [codes.intersection(re.findall(r"`(\w+)`", page)) for page in (ENGLISH, RUSSIAN)]
    assert named[0]
    assert named[1] == named[0]
