"""Which terms of an announcement a client may state, must state and may leave out."""

import msgspec
import pytest
from msgspec import UNSET

from command_api.domain.announcement.terms import AnnouncementTerms
from command_api.http.nouns.announcement import (
    ChangeAnnouncementBody,
    CreateAnnouncementBody,
    TermsBody,
)
from contracts.errors import Malformed
from contracts.events.announcement import CHANGEABLE_FIELDS
from runtime.http.json_body import parse_body

NEW = {
    "title": "Solaris together",
    "description": "",
    "sub_only": True,
    "is_free": True,
    "ticket_count": 2,
    "event_time": "2030-01-01T19:00:00+03:00",
    "event_location": "Moscow",
}


def parse_new(**changes: object) -> CreateAnnouncementBody:
    return parse_body(CreateAnnouncementBody, msgspec.json.encode(NEW | changes))


def parse_change(**changes: object) -> ChangeAnnouncementBody:
    return parse_body(ChangeAnnouncementBody, msgspec.json.encode(changes))


def test_every_term_can_be_stated() -> None:
    assert set(CHANGEABLE_FIELDS) < set(TermsBody.model_fields)


def test_a_new_announcement_states_every_term_that_has_no_default() -> None:
    required = {one.name for one in msgspec.structs.fields(AnnouncementTerms) if one.required}
    stated = {
        name for name, one in CreateAnnouncementBody.model_fields.items() if one.is_required()
    }
    assert stated == required - {"visibility"} | {"sub_only"}


def test_the_terms_of_a_new_announcement_are_all_terms() -> None:
    terms = parse_new().terms()
    assert set(terms) == set(CHANGEABLE_FIELDS)
    assert terms["visibility"] == "subscribers"
    assert parse_new(sub_only=False).terms()["visibility"] == "public"
    assert parse_new(sub_only=False, visibility="invite").terms()["visibility"] == "invite"


def test_a_change_has_only_the_terms_that_were_given() -> None:
    terms = msgspec.structs.asdict(parse_change(tz=None, ticket_count=3).terms())
    assert {name: value for name, value in terms.items() if value is not UNSET} == {
        "tz": None,
        "ticket_count": 3,
    }
    assert parse_change(sub_only=False).terms().visibility == "public"


@pytest.mark.parametrize("name", ["title", "event_time", "visibility", "sub_only", "status"])
def test_what_an_announcement_must_have_cannot_be_taken_away(name: str) -> None:
    with pytest.raises(Malformed):
        parse_change(**{name: None})


def test_two_ways_to_say_who_sees_it_may_not_contradict_each_other() -> None:
    for parse in (parse_new, parse_change):
        assert parse(sub_only=True, visibility="subscribers")
        with pytest.raises(Malformed):
            parse(sub_only=True, visibility="public")
