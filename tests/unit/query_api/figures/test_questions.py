"""No table of a host's question is read without the condition that it is about the own evenings."""

import re

import pytest

from query_api.analysts.questions import ReadyQuestion, narrow
from query_api.figures.questions import OWN_EVENINGS, list_questions
from query_api.figures.wording import WORDINGS

NEWEST = "(SELECT max(at_ms) FROM events)"


def test_a_condition_is_put_before_those_there_are() -> None:
    assert (
        narrow("FROM events\nWHERE a = 1", OWN_EVENINGS)
        == f"FROM events WHERE {OWN_EVENINGS} AND a = 1"
    )


def test_a_table_without_a_condition_has_one() -> None:
    assert (
        narrow("(SELECT x FROM evenings)", OWN_EVENINGS)
        == f"(SELECT x FROM evenings WHERE {OWN_EVENINGS})"
    )


def test_the_newest_event_of_all_stays_as_it_is() -> None:
    assert narrow(NEWEST, OWN_EVENINGS) == NEWEST


@pytest.mark.parametrize("asked", list_questions(), ids=lambda one: str(one.name))
def test_every_table_is_narrowed(asked: ReadyQuestion) -> None:
    rest = asked.sql.replace(OWN_EVENINGS, "OWN").replace(NEWEST, "")
    for table, condition in re.findall(r"FROM (\w+)\s+(.{0,40})", rest):
        own = "WHERE ratee_id IN" if table == "ratings" else "WHERE OWN"
        assert condition.startswith(own), (table, condition)
    assert not re.search(r"OWN[^)]* OR ", rest)  # An OR would open what the condition closed.


@pytest.mark.parametrize("asked", list_questions(), ids=lambda one: str(one.name))
def test_a_host_reads_plain_words(asked: ReadyQuestion) -> None:
    wording = WORDINGS[asked.name]
    assert set(wording.columns) <= set(asked.plot.ys)
    assert wording.columns
    said = f"{wording.title} {wording.description} {list(wording.columns.values())}"
    assert not re.search(r"UTC|_|\bhosts?\b|автор", said)  # A host is "you".
    texts = wording.title, wording.description, *wording.columns.values(), *wording.labels.values()
    for text in texts:
        assert text.en.replace("–", "-").isascii()
        assert re.search("[а-я]", text.ru)


@pytest.mark.parametrize("asked", list_questions(), ids=lambda one: str(one.name))
def test_every_value_that_is_a_word_has_a_label(asked: ReadyQuestion) -> None:
    named = re.search(rf"multiIf\(([^)]*)\) AS {asked.plot.x}", asked.sql)
    values = re.findall("'([^']+)'", named[1]) if named else []
    assert list(WORDINGS[asked.name].labels) == values


def test_there_are_words_for_these_questions_only() -> None:
    assert set(WORDINGS) == {asked.name for asked in list_questions()}
