"""Reading the header of a ready question, and the values that a client gives it."""

from datetime import date

import pytest

from query_api.analysts.questions import (
    BadParameter,
    Plot,
    parse_question,
    read_saved,
    ready_questions,
    version_of,
    write_saved,
)

FILE = """-- name: late
-- title: Who is late
-- title.ru: Кто опаздывает
-- description: By day.
-- description.ru: По дням.
-- parameter: from_day day = 1970-01-01
-- parameter: most int = 10
-- parameter: place text = Moscow
-- plot: line day late early by place
SELECT 1
"""


def test_a_header_says_what_the_question_is() -> None:
    question = parse_question(FILE)
    assert (question.name, question.sql) == ("late", "SELECT 1")
    assert question.summary("en")["title"] == "Who is late"
    assert question.summary("ru")["title"] == "Кто опаздывает"
    assert question.summary("ru")["description"] == "По дням."
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


@pytest.mark.parametrize(
    "missing", ["name", "title:", "title.ru", "description:", "description.ru", "plot"]
)
def test_an_incomplete_header_is_an_error(missing: str) -> None:
    lines = [line for line in FILE.splitlines() if not line.startswith(f"-- {missing}")]
    with pytest.raises(KeyError):
        parse_question("\n".join(lines))


def test_the_version_is_of_the_text_alone() -> None:
    assert version_of("SELECT 1") == version_of("\nSELECT 1\n") == "e004ebd5b553"
    assert version_of("SELECT 1") != version_of("SELECT 2")


SAVED = {
    "name": "by_type",
    "title": "Events by type",
    "description": "",
    "parameters": [{"name": "pattern", "kind": "text", "default": "booking.%"}],
    "plot": {"kind": "bars", "x": "type", "ys": ["n"], "by": None},
    "sql": "-- One row a type.\nSELECT type, count() AS n FROM events\n-- All.\nGROUP BY type",
}


def test_a_saved_question_is_written_to_a_file_and_read_again() -> None:
    name, body = read_saved(write_saved(SAVED))
    assert {"name": name, **body} == SAVED
    plain = {**SAVED, "plot": None, "parameters": [], "description": "So many."}
    assert {"name": "by_type", **read_saved(write_saved(plain))[1]} == plain


def test_the_file_of_a_ready_question_can_be_changed_and_saved() -> None:
    for one in ready_questions().values():
        shown = {**one.summary("ru"), "sql": one.sql}
        name, body = read_saved(write_saved(shown))
        assert (name, body["title"]) == (one.name, one.title.ru)


@pytest.mark.parametrize(
    "change",
    [
        {"title": "two\nlines"},
        {"plot": {"kind": "bars", "x": "a type", "ys": ["n"], "by": None}},
        {"parameters": [{"name": "pattern", "kind": "text", "default": "a\nb"}]},
    ],
)
def test_what_no_header_can_hold_is_not_written(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="by_type"):
        write_saved({**SAVED, **change})


@pytest.mark.parametrize(
    ("text", "why"),
    [("SELECT 1", "no `-- title"), ("-- title: T\n-- parameter: x\nSELECT 1", "not enough")],
)
def test_a_file_that_is_no_question_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_saved(text)
