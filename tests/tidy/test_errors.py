"""The catalogue of codes is complete: a status and both languages for each."""

import pytest

from contracts import errors
from contracts.errors import ERROR_CODES, FAILURES, REFUSALS, CommandError
from runtime.problems import STATUS


def descendants(kind: type[CommandError]) -> list[type[CommandError]]:
    return [kind] + [one for sub in kind.__subclasses__() for one in descendants(sub)]


def test_every_code_has_a_status_and_every_status_a_code() -> None:
    assert set(STATUS) == set(ERROR_CODES)


def test_no_code_is_in_both_halves() -> None:
    assert not set(REFUSALS) & set(FAILURES)


def test_every_refusal_is_a_conflict_and_nothing_else_is() -> None:
    assert {code for code, status in STATUS.items() if status == 409} == set(REFUSALS)


@pytest.mark.parametrize("code", ERROR_CODES)
def test_every_code_speaks_both_languages(code: str) -> None:
    text = ERROR_CODES[code]
    assert text.en.isascii()
    assert text.en.endswith(".")
    assert any("а" <= letter <= "я" for letter in text.ru.lower())


@pytest.mark.parametrize("kind", descendants(CommandError))
def test_every_error_has_a_code_of_the_catalogue(kind: type[CommandError]) -> None:
    assert kind.default_code in ERROR_CODES


def test_the_tree_in_the_docstring_names_every_error() -> None:
    tree = (errors.__doc__ or "").split("CommandError", 1)[1]
    here = [kind for kind in descendants(CommandError) if kind.__module__ == errors.__name__]
    assert not [kind.__name__ for kind in here[1:] if f"─ {kind.__name__}" not in tree]
