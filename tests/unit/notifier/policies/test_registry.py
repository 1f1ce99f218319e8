"""What a policy is shown, and what loading follows from that: neither can be forgotten."""

from collections.abc import Iterator
from inspect import isfunction
from types import FunctionType
from typing import get_args, get_type_hints

import pytest

from contracts.events.announcement import AnnouncementDone
from contracts.events.booking import BookingApproved, BookingEvent
from contracts.events.rating import RatingGiven
from contracts.notice_reasons import REASONS
from contracts.notices import Kind
from contracts.values.ids import ReviewId
from notifier import policies
from notifier.kinds import RULES
from notifier.planning.fold import decode_commit, find_needed_state
from notifier.policies import registry
from notifier.policies.effects import Effect, Occasion
from notifier.policies.policy import AnnouncementView, AnyPolicy, GuestsView, NoticePolicy
from notifier.policies.ratings import stop_asking
from notifier.policies.registry import POLICIES
from runtime.process.modules import import_modules
from tests.histories.notifier_events import (
    BEGIN,
    NotifierHistory,
    announcement,
    booking,
    created,
    edited,
    person,
    published,
    seen,
)
from tests.paths import ROOT
from tests.unit.notifier.folded import Folded


def rating(**fields: object) -> RatingGiven:
    given = {
        "review_id": ReviewId(person("review")),
        "announcement_id": announcement(),
        "rater_id": person("host"),
        "ratee_id": person("anna"),
        "role": "guest",
        "score": 9,
        "sealed_until": created().event_time,
    }
    return RatingGiven(**given | fields)  # type: ignore[arg-type]


@pytest.fixture
def history() -> NotifierHistory:
    found = NotifierHistory()
    found.tell(created(), published())
    found.tell(booking(BookingApproved, "anna", (True, True)))
    found.tell(AnnouncementDone(announcement_id=announcement(), version=3), by="system")
    found.tell(rating())
    return found


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.effects.__name__)
def test_a_policy_is_shown_the_view_that_it_takes(policy: AnyPolicy) -> None:
    parameters = list(get_type_hints(policy.effects).values())
    assert parameters[0] is policy.event_type
    assert parameters[2] is policy.shown


def test_a_type_of_event_has_one_policy() -> None:
    for policy in POLICIES:
        others = [other for other in POLICIES if other is not policy]
        assert not [one for one in others if issubclass(policy.event_type, one.event_type)]


def test_a_policy_for_a_family_is_that_of_all_its_types() -> None:
    policy = registry.policy_for(booking(BookingApproved, "anna", (True, True)))
    assert policy is not None
    assert policy.event_type is BookingEvent
    assert set(registry.POLICY_OF.values()) == set(POLICIES)


def test_a_policy_that_forgets_to_ask_for_guests_fails(
    history: NotifierHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Folded(history.commits).letters == []
    forgetful: AnyPolicy = NoticePolicy(RatingGiven, AnnouncementView, stop_asking)
    monkeypatch.setitem(registry.POLICY_OF, RatingGiven, forgetful)
    assert [letter.type for letter in Folded(history.commits).letters] == ["rating.given.v1"]


def test_guests_are_loaded_for_policies_that_are_shown_them(history: NotifierHistory) -> None:
    needs = {}
    for commit in map(decode_commit, history.commits):
        for index, event in commit.events:
            one = commit._replace(events=((index, event),))
            needs[type(event).__name__] = find_needed_state([one])
    assert {name for name, needed in needs.items() if needed.with_guests} == {
        "AnnouncementPublished",
        "AnnouncementDone",
        "RatingGiven",
    }
    assert all(needed.announcements == {announcement()} for needed in needs.values())
    assert {name for name, needed in needs.items() if needed.bookings} == {"BookingApproved"}


def test_a_change_needs_the_guests_and_a_person_needs_nothing() -> None:
    history = NotifierHistory()
    history.tell(seen("anna"), edited("other", title="T"))
    needed = find_needed_state(map(decode_commit, history.commits))
    assert needed.with_guests == needed.announcements == {announcement("other")}
    assert not needed.bookings


def test_every_kind_has_its_rules_and_its_reason() -> None:
    kinds = set(get_args(Kind))
    assert set(RULES) == kinds
    assert kinds <= set(REASONS)
    assert {key.partition(".")[0] for key in REASONS} == kinds


def test_no_policy_is_forgotten() -> None:
    written = {
        one
        for module in import_modules(policies)
        for one in vars(module).values()
        if isfunction(one) and not one.__name__.startswith("_") and decides_on_an_event(one)
    }
    assert written == {policy.effects for policy in POLICIES}


def decides_on_an_event(function: FunctionType) -> bool:
    """Whether it takes an event and its occasion, and returns effects."""
    taken = list(get_type_hints(function).values())
    return taken[1:2] == [Occasion] and taken[-1] == Iterator[Effect]


def test_the_contract_with_notification_names_every_kind() -> None:
    page = (ROOT / "docs" / "contracts" / "notification.md").read_text()
    assert [kind for kind in get_args(Kind) if f"`{kind}`" not in page] == []


def test_a_view_of_guests_shows_those_whom_a_change_concerns() -> None:
    history = NotifierHistory()
    history.tell(created(), published(), rating())
    history.tell(booking(BookingApproved, "anna", (True, True)))
    history.tell(booking(BookingApproved, "boris", (True, False)))
    change = edited(title="Stalker")
    view = GuestsView(Folded(history.commits).state, change)
    assert [one.guest_id for one in view.confirmed()] == [person("anna")]
    told = list(view.list_told(change, Occasion(change, 4, 0, BEGIN, "", (change,), 0)))
    assert [one.recipient for one, _ in told] == [person("host"), person("anna")]
    assert [own and own.guest_id for _, own in told] == [None, person("anna")]
    assert len(view.announcement.rated_guests) == 1
