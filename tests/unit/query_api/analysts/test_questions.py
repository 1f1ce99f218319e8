"""Reading the header of a ready question, and the values that a client gives it."""

from datetime import date

import pytest

from query_api.analysts.questions import BadParameter, Plot, parse_question, version_of

FILE = """-- name: late
-- title: Who is late
-- description: By day.
-- parameter: from_day day = 1970-01-01
-- parameter: most int = 10
-- parameter: place text = Moscow
-- plot: line day late early by place
SELECT 1
"""


def test_a_header_says_what_the_question_is() -> None:
    question = parse_question(FILE)
    assert (question.name, question.title, question.sql) == ("late", "Who is late", "SELECT 1")
    assert question.plot == Plot("line", "day", ("late", "early"), "place")
    assert [one.name for one in question.parameters] == ["from_day", "most", "place"]


def test_what_is_not_given_has_its_default() -> None:
    given = {"from_day": "2026-03-01", "place": "Omsk"}
    assert parse_question(FILE).bind(given) == {
        "from_day": date(2026, 3, 1),
        "most": 10,
        "place": "Omsk",
    }


@pytest.mark.parametrize("given", [{"most": "x"}, {"from_day": "soon"}, {"unknown": "1"}])
def test_a_value_of_another_kind_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(BadParameter):
        parse_question(FILE).bind(given)


@pytest.mark.parametrize("missing", ["name", "title", "description", "plot"])
def test_an_incomplete_header_is_an_error(missing: str) -> None:
    lines = [line for line in FILE.splitlines() if not line.startswith(f"-- {missing}")]
    with pytest.raises(KeyError):
        parse_question("\n".join(lines))


def test_the_version_is_of_the_text_alone() -> None:
    assert version_of("SELECT 1") == version_of("\nSELECT 1\n") == "e004ebd5b553"
    assert version_of("SELECT 1") != version_of("SELECT 2")
