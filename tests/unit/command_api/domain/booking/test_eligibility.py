"""Eligibility says beforehand what a request would come to, and repeats no rule."""

from typing import Any

import pytest
from msgspec.structs import replace

from command_api.domain.announcement.commands import FilmFacts
from command_api.domain.booking.eligibility import ALTERNATIVES_MAX, assess_eligibility
from command_api.domain.rules import DEFAULT_RULES
from contracts.errors import NeedsFact, NotFound
from contracts.representations import EligibilityResponse
from contracts.values.ids import AnnouncementId, MovieId, PersonId
from tests.unit.command_api.domain.spec import (
    ANN,
    ANNOUNCEMENT,
    AUTHOR,
    BEN,
    NOON,
    OTHER_AUTHOR,
    RIVAL,
    Spec,
    announce,
    ask,
    cancel,
    change,
    hours,
    invite,
    say,
)


def look(
    spec: Spec,
    person: PersonId,
    announcement: AnnouncementId = ANNOUNCEMENT,
    at: float = 0,
    **facts: Any,
) -> EligibilityResponse:
    return assess_eligibility(
        spec.layer,
        announcement,
        person,
        NOON + hours(at),
        DEFAULT_RULES,
        follows_author=facts.get("follows_author"),
        language=facts.get("language", "en"),
    )


def taken(spec: Spec) -> Spec:
    """The one seat is Ann's."""
    return spec.given(AUTHOR, announce(seats=1)).given(ANN, ask(ANN)).given(AUTHOR, say(True, ANN))


def alternatives(found: EligibilityResponse) -> list[AnnouncementId]:
    return [one.announcement_id for one in found.alternatives]


def test_an_open_announcement_takes_the_request(spec: Spec) -> None:
    spec.given(AUTHOR, announce())
    found = look(spec, ANN)
    assert (found.would_be_taken, found.would_wait, found.code) == (True, False, None)
    assert (found.detail, found.alternatives) == (None, [])


def test_a_full_announcement_would_have_it_wait(spec: Spec) -> None:
    found = look(taken(spec), BEN)
    assert (found.would_be_taken, found.would_wait) == (True, True)


def test_looking_changes_nothing(spec: Spec) -> None:
    spec.given(AUTHOR, announce())
    look(spec, ANN)
    assert not spec.layer.bookings.own


@pytest.mark.parametrize(
    ("person", "code"), [(AUTHOR, "own_announcement"), (ANN, "already_booked"), (BEN, "no_seats")]
)
def test_the_rule_that_would_refuse_is_named(spec: Spec, person: PersonId, code: str) -> None:
    taken(spec).given(AUTHOR, change(status="Closed"), invite(BEN))
    english, russian = look(spec, person), look(spec, person, language="ru")
    assert (english.would_be_taken, english.code) == (False, code)
    assert english.detail
    assert english.detail != russian.detail


def test_an_unanswered_announcement_at_that_time_is_told_and_does_not_block(spec: Spec) -> None:
    spec.given(AUTHOR, announce()).given(OTHER_AUTHOR, announce(RIVAL, hours=25))
    spec.given(ANN, ask(ANN, RIVAL))
    found = look(spec, ANN)
    assert found.would_be_taken
    assert [(one.announcement_id, one.blocking) for one in found.overlaps] == [(RIVAL, False)]


def test_what_is_hidden_is_hidden_here_too(spec: Spec) -> None:
    spec.given(AUTHOR, announce(visibility="subscribers"))
    with pytest.raises(NeedsFact):
        look(spec, ANN)
    with pytest.raises(NotFound):
        look(spec, ANN, follows_author=False)
    assert look(spec, ANN, follows_author=True).would_be_taken
    nowhere = AnnouncementId("nowhere")
    with pytest.raises(NeedsFact):
        look(spec, ANN, nowhere)
    with pytest.raises(NotFound):
        look(spec, ANN, nowhere, follows_author=False)


def test_alternatives_are_open_public_announcements_for_the_film_that_fit(spec: Spec) -> None:
    spec.given(AUTHOR, announce()).given(AUTHOR, change(status="Closed"))
    authors = [PersonId(f"host-{number}") for number in range(9)]

    def offer(name: str, start: float, **terms: Any) -> AnnouncementId:
        spec.given(authors.pop(), announce(AnnouncementId(name), hours=start, **terms))
        return AnnouncementId(name)

    later, sooner = offer("later", 60), offer("sooner", 40)
    offer("hidden", 41, visibility="subscribers")
    offer("draft", 42, publish=False)
    offer("of my own time", 50)
    spec.given(ANN, announce(RIVAL, hours=51))
    offer("begun", 1)
    author = authors[-1]
    spec.given(author, cancel(offer("called off", 43)))
    found = look(spec, ANN, at=2)
    assert (found.code, alternatives(found)) == ("announcement_closed", [sooner, later])
    assert found.alternatives[0].tickets_left == 2


def test_another_film_is_no_alternative_and_five_are_enough(spec: Spec) -> None:
    spec.given(AUTHOR, announce()).given(AUTHOR, change(status="Closed"))
    other = FilmFacts(MovieId("other"), "Mirror", "Зеркало", 107)
    spec.given(OTHER_AUTHOR, replace(announce(RIVAL, hours=30), film=other))
    assert alternatives(look(spec, ANN)) == []
    for number in range(ALTERNATIVES_MAX + 2):
        author = PersonId(f"host-{number}")
        spec.given(author, announce(AnnouncementId(f"e{number}"), hours=40 - number))
    assert alternatives(look(spec, ANN)) == ["e6", "e5", "e4", "e3", "e2"]


def test_the_announcements_of_a_film_are_found_newest_first(spec: Spec) -> None:
    spec.given(AUTHOR, announce()).given(OTHER_AUTHOR, announce(RIVAL))
    film = MovieId("film")
    assert [one.id for one in spec.layer.announcements_for(film)] == [RIVAL, ANNOUNCEMENT]
    assert list(spec.layer.announcements_for(MovieId("none"))) == []
