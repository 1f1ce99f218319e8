"""Facts lose what an erased person typed, and nothing else."""

from typing import Any, Final

import pytest

from notifier.policies.facts import NoticeFacts, erase_facts, erased_people_in, people_in
from tests.histories.notifier_events import person

HOST, ANNA, BORIS = person("host"), person("anna"), person("boris")
FACTS: Final[NoticeFacts] = {
    "title": "Together",
    "film": "Solaris",
    "author_id": HOST,
    "guest_id": ANNA,
    "diff": {
        "title": {"old": "A", "new": "B"},
        "event_location": {"hidden": True},
        "ticket_count": {"old": 5, "new": 7},
    },
    "message": "Hello",
    "words_by": ANNA,
    "clashes": [],
}


def test_an_author_typed_the_title_and_the_texts_of_a_change() -> None:
    facts = erase_facts(FACTS, HOST)
    assert facts["title"] == "[erased]"
    assert facts["diff"] == {"ticket_count": {"old": 5, "new": 7}}
    assert (facts["message"], facts["film"]) == ("Hello", "Solaris")
    assert erased_people_in(facts) == {HOST}
    assert people_in(facts) == people_in(FACTS), "ids stay"


def test_a_guest_typed_the_message() -> None:
    facts = erase_facts(FACTS, ANNA)
    assert "message" not in facts
    assert (facts["title"], facts["diff"]) == (FACTS["title"], FACTS["diff"])
    assert erased_people_in(facts) == {ANNA}


def test_what_was_planned_before_writers_were_noted_loses_the_words_of_both() -> None:
    earlier = {name: fact for name, fact in FACTS.items() if name != "words_by"}
    assert "message" not in erase_facts(earlier, HOST)
    assert "message" not in erase_facts(earlier, ANNA)


def test_an_operators_reason_stays() -> None:
    facts = {"author_id": HOST, "title": "T", "reason": "Fraud", "words_by": "operator"}
    assert erase_facts(facts, HOST)["reason"] == "Fraud"


def test_erasing_again_or_somebody_else_changes_nothing() -> None:
    once = erase_facts(FACTS, HOST)
    assert erase_facts(once, HOST) == once
    assert erase_facts(FACTS, BORIS) is FACTS
    assert erased_people_in(erase_facts(once, ANNA)) == {HOST, ANNA}


@pytest.mark.parametrize("facts", [{}, {"erase_at": "2026-03-09T09:00:00+00:00"}])
def test_facts_about_a_persons_own_data_name_nobody(facts: Any) -> None:
    assert erase_facts(facts, HOST) is facts
