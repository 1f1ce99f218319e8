"""Who may still be told, and how much, when a planned notice goes."""

from typing import Any, get_args

import pytest

from contracts.events.announcement import AnnouncementCreated
from contracts.notices import Kind
from contracts.values.ids import BookingId
from notifier.kinds import TOLD_ACROSS_BLOCKS, find_obstacle, needs_following
from notifier.policies.facts import HIDDEN, NoticeFacts, hide_typed
from notifier.rights import READERS_OF, Relation, select_facts
from notifier.state import KnownAnnouncement, KnownBooking
from tests.histories.notifier_events import announcement, created, person

ANNA, HOST = person("anna"), person("host")
CONFIRMED, ASKED, INVITED = (True, True), (None, True), (True, None)
REMOVED, REVOKED, LEFT, WITHDRAWN = (False, True), (False, None), (True, False), (None, False)
GONE = (REMOVED, REVOKED, LEFT, WITHDRAWN, (False, False), None)


def evening(**fields: Any) -> KnownAnnouncement:
    told: AnnouncementCreated = created()
    given = {
        name: getattr(told, name)
        for name in KnownAnnouncement.__struct_fields__
        if hasattr(told, name)
    }
    return KnownAnnouncement(**given | {"status": "Alive"} | fields)


def standing(pair: tuple[bool | None, bool | None] | None, **fields: Any) -> Relation:
    mine = pair and KnownBooking(
        BookingId("b"), announcement(), ANNA, pair, seated=pair == CONFIRMED
    )
    return Relation(evening(**fields), mine)


def why_not(kind: Kind, pair: Any, facts: NoticeFacts | None = None, **fields: Any) -> str | None:
    return find_obstacle(kind, facts or {}, ANNA, standing(pair, **fields))


@pytest.mark.parametrize("pair", GONE)
def test_who_is_no_longer_involved_hears_of_no_edit(pair: Any) -> None:
    assert why_not("announce_put", pair) == "not_involved"


@pytest.mark.parametrize("pair", [CONFIRMED, ASKED, INVITED])
def test_who_is_involved_hears_of_edits(pair: Any) -> None:
    assert why_not("announce_put", pair) is None


@pytest.mark.parametrize("kind", ["remind_day", "remind_hour", "score_request"])
def test_only_who_comes_is_reminded_and_asked_to_rate(kind: Kind) -> None:
    assert why_not(kind, CONFIRMED) is None
    for pair in (*GONE, ASKED, INVITED):
        assert why_not(kind, pair) == "not_coming"


@pytest.mark.parametrize("pair", [*GONE, CONFIRMED, INVITED])
def test_who_was_answered_meanwhile_is_not_told_of_no_answer(pair: Any) -> None:
    assert why_not("booking_unanswered", ASKED) is None
    assert why_not("booking_unanswered", pair) == "answered"


def test_an_invitation_that_was_taken_back_is_not_told() -> None:
    assert why_not("booking_new", INVITED, {"what": "invited"}) is None
    assert why_not("booking_new", LEFT, {"what": "invited"}) is None
    for pair in (REVOKED, (False, False), None):
        assert why_not("booking_new", pair, {"what": "invited"}) == "not_invited"
        assert why_not("announce_new", pair, {"invited": True}) == "not_invited"


def test_news_for_followers_need_an_evening_that_is_open_to_them() -> None:
    assert why_not("announce_new", None) is None
    assert why_not("announce_new", None, visibility="invite") == "not_for_followers"
    assert why_not("announce_new", INVITED, visibility="invite") is None
    for over in ("Cancelled", "Done", "Created"):
        assert why_not("announce_new", None, status=over) == "not_open"


def test_only_a_stranger_to_a_followers_evening_needs_to_follow() -> None:
    def needs(pair: Any, visibility: str, kind: Kind = "announce_new") -> bool:
        return needs_following(kind, ANNA, standing(pair, visibility=visibility))

    assert needs(None, "subscribers")
    assert not needs(None, "public")
    assert not needs(INVITED, "subscribers")
    assert not needs(None, "subscribers", "announce_delete")


@pytest.mark.parametrize("kind", get_args(Kind))
def test_the_author_is_told_and_a_stranger_only_of_a_new_evening(kind: Kind) -> None:
    facts = {"what": "requested"}
    assert find_obstacle(kind, facts, HOST, standing(None)) is None
    for_strangers = kind in ("announce_new", "plan_match", "operator_message")
    assert (find_obstacle(kind, facts, ANNA, standing(None)) is None) is for_strangers


@pytest.mark.parametrize("pair", [ASKED, INVITED])
def test_an_address_that_was_hidden_meanwhile_is_not_told(pair: Any) -> None:
    moved = {"old": "Tverskaya 1", "new": "Arbat 2"}
    facts: NoticeFacts = {"diff": {"event_location": moved, "title": {"old": "A", "new": "B"}}}
    told = select_facts(facts, ANNA, standing(pair, hide_location=True))
    assert told["diff"] == {"event_location": HIDDEN, "title": {"old": "A", "new": "B"}}
    assert facts["diff"]["event_location"] == moved, "the plan stays what it was"
    for sees in (standing(pair), standing(CONFIRMED, hide_location=True)):
        assert select_facts(facts, ANNA, sees) == facts
    assert select_facts(facts, HOST, standing(None, hide_location=True)) == facts


def test_what_was_planned_without_the_address_never_gets_it() -> None:
    facts: NoticeFacts = {"diff": {"event_location": HIDDEN}}
    assert select_facts(facts, ANNA, standing(CONFIRMED)) == facts


def test_where_else_a_guest_is_expected_is_not_told_to_the_host() -> None:
    facts: NoticeFacts = {"what": "released", "clashes": ["other"]}
    assert select_facts(facts, ANNA, standing(LEFT)) == facts
    assert select_facts(facts, HOST, standing(None)) == {"what": "released"}


def test_a_fact_that_is_not_listed_is_told_to_nobody() -> None:
    assert "secret" not in READERS_OF
    facts: NoticeFacts = {"secret": 1, "title": "T"}
    for recipient in (ANNA, HOST):
        assert select_facts(facts, recipient, standing(CONFIRMED)) == {"title": "T"}


@pytest.mark.parametrize("kind", get_args(Kind))
def test_across_a_block_only_who_is_confirmed_or_lost_a_seat_is_told(kind: Kind) -> None:
    for pair in (*GONE, ASKED, INVITED):
        told = find_obstacle(kind, {"what": "rejected"}, ANNA, apart(pair))
        assert told == "apart" or kind in TOLD_ACROSS_BLOCKS, (kind, pair)
    assert find_obstacle(kind, {"what": "requested"}, ANNA, apart(CONFIRMED)) == why_not(
        kind, CONFIRMED, {"what": "requested"}
    )


def apart(pair: tuple[bool | None, bool | None] | None) -> Relation:
    return standing(pair)._replace(apart=True)


def test_a_notice_says_nothing_that_an_operator_has_hidden_since() -> None:
    facts = {
        "title": "Fools",
        "diff": {"title": {"old": "A", "new": "Fools"}, "ticket_count": {"old": 1, "new": 2}},
    }
    assert hide_typed(facts, evening()) == facts
    assert hide_typed(facts, evening(hidden=True, title="[hidden]")) == {
        "title": "[hidden]",
        "diff": {"ticket_count": {"old": 1, "new": 2}},
    }
