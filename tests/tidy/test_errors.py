"""The catalogue of codes is complete: a status and both languages for each."""

from pathlib import Path
from typing import get_args

import pytest
from mypy import api as mypy

from contracts import errors
from contracts.error_codes import (
    ERROR_TEXTS,
    FORMER_REFUSALS,
    RECORDED_REFUSALS,
    REFUSALS,
    ErrorCode,
    FormerRefusalCode,
    RefusalCode,
    describe,
    read_refusal,
)
from contracts.errors import CommandError
from contracts.failure_codes import FAILURES, FailureCode, RunningCode
from runtime.http.problems import STATUS


def descendants(kind: type[CommandError]) -> list[type[CommandError]]:
    return [kind] + [one for sub in kind.__subclasses__() for one in descendants(sub)]


def test_every_code_has_a_text() -> None:
    assert list(REFUSALS) == list(get_args(RefusalCode))
    assert list(FORMER_REFUSALS) == list(get_args(FormerRefusalCode))
    assert list(FAILURES) == list(get_args(FailureCode))


@pytest.mark.parametrize(("code", "fits"), [("overlap", True), ("ovrelap", False)])
def test_a_misspelt_refusal_is_a_type_error(code: str, fits: bool, tmp_path: Path) -> None:
    rule = tmp_path / "rule.py"
    rule.write_text(
        f"from contracts.errors import CommandRefused\n\nraise CommandRefused({code!r})\n"
    )
    report, errors, status = mypy.run([str(rule)])
    assert not errors
    assert (status == 0) is fits, report
    assert fits or 'rule.py:3: error: Argument 1 to "CommandRefused"' in report


def test_no_rule_gives_a_former_refusal_but_journals_have_it() -> None:
    assert not FORMER_REFUSALS.keys() & REFUSALS.keys()
    for code in FORMER_REFUSALS:
        assert describe(read_refusal(code), "en").endswith(".")


def test_every_code_has_a_status_and_every_status_a_code() -> None:
    assert set(STATUS) == set(ERROR_TEXTS)


def test_no_code_is_in_both_halves() -> None:
    assert not set(RECORDED_REFUSALS) & set(FAILURES)


def test_refusals_and_what_has_to_end_first_are_conflicts_and_nothing_else_is() -> None:
    conflicts = {*RECORDED_REFUSALS, *get_args(RunningCode)}
    assert {code for code, status in STATUS.items() if status == 409} == conflicts


@pytest.mark.parametrize("code", ERROR_TEXTS)
def test_every_code_speaks_both_languages(code: ErrorCode) -> None:
    text = ERROR_TEXTS[code]
    assert text.en.isascii()
    assert text.en.endswith(".")
    assert any("а" <= letter <= "я" for letter in text.ru.lower())


@pytest.mark.parametrize("kind", descendants(CommandError))
def test_every_error_has_a_code_of_the_catalogue(kind: type[CommandError]) -> None:
    assert kind.default_code in ERROR_TEXTS


def test_the_tree_in_the_docstring_names_every_error() -> None:
    tree = (errors.__doc__ or "").split("CommandError", 1)[1]
    here = [kind for kind in descendants(CommandError) if kind.__module__ == errors.__name__]
    assert not [kind.__name__ for kind in here[1:] if f"─ {kind.__name__}" not in tree]
