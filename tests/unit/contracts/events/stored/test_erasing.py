"""Texts of erased persons go from events, and nothing else does."""

from typing import Annotated, Any, Final, get_args

import msgspec
import pytest
from msgspec import UNSET, Meta, Raw, UnsetType

from contracts.events.announcement import AnnouncementChanged, AnnouncementCreated
from contracts.events.booking import BookingReleased, BookingRequested
from contracts.events.person import PersonSeen, PersonSuspended
from contracts.events.rating import RatingGiven
from contracts.events.stored.base import Event
from contracts.events.stored.codec import UnreadableEvent, decode_event, encode_event
from contracts.events.stored.domain_event import DomainEvent
from contracts.events.stored.erasing import erase_stored_words, erase_words, list_personal_fields
from contracts.values.ids import OPERATOR, PersonId
from contracts.values.languages import HOME_LANGUAGE
from contracts.values.personal import (
    ERASED_NAME,
    ERASED_TEXT,
    NotPersonal,
    WordsOfActor,
    list_text_marks,
)
from contracts.values.zones import HOME_ZONE
from tests.paths import SAMPLES

ANNA: Final = PersonId("1f0e8a1c-52a5-4b0e-a0ad-b7f6dfa1c001")
BORIS: Final = PersonId("1f0e8a1c-52a5-4b0e-a0ad-b7f6dfa1c002")
CANARY: Final = "canary"
EVENTS: Final = get_args(DomainEvent)

sampled = pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)


def read_with_canaries(stored: bytes) -> DomainEvent:
    """Return the event with a canary in every text that is somebody's."""
    event = decode_event(stored)
    canaries: dict[str, Any] = {
        field.name: (CANARY,) if isinstance(getattr(event, field.name), tuple) else CANARY
        for field in list_personal_fields(type(event))
    }
    if hasattr(event, "person_id"):
        canaries["person_id"] = ANNA
    return msgspec.structs.replace(event, **canaries)


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__struct_config__.tag)
def test_every_text_of_an_event_says_whose_it_is(kind: type[Event]) -> None:
    unmarked = [
        f"{kind.__name__}.{field.name}"
        for field in msgspec.structs.fields(kind)
        if None in list_text_marks(field.type)
    ]
    assert unmarked == [], "give it a type of contracts/values/personal.py"


@pytest.mark.parametrize(
    "unmarked",
    [
        str,
        str | None,
        str | UnsetType,
        tuple[str, ...],
        tuple[WordsOfActor, str],
        Annotated[str, Meta(max_length=5)],
        dict[str, WordsOfActor],
        list[Any],
        bytes,
        PersonSeen,
    ],
)
def test_a_text_without_a_mark_is_found(unmarked: Any) -> None:
    assert None in list_text_marks(unmarked)


@sampled
def test_no_text_of_an_erased_person_stays(path: Any) -> None:
    event = read_with_canaries(path.read_bytes())
    assert CANARY not in bytes(encode_event(erase_words(event, ANNA, {ANNA}))).decode()


@sampled
def test_nothing_else_changes(path: Any) -> None:
    event = read_with_canaries(path.read_bytes())
    erased = erase_words(event, ANNA, {ANNA})
    personal = {field.name for field in list_personal_fields(type(event))}
    changed = {
        name for name in event.__struct_fields__ if getattr(erased, name) != getattr(event, name)
    }
    assert changed == personal


@sampled
def test_an_event_of_others_stays_the_same_object(path: Any) -> None:
    event = read_with_canaries(path.read_bytes())
    assert erase_words(event, ANNA, {BORIS}) is event
    assert erase_words(event, ANNA, ()) is event


@sampled
def test_erasing_twice_changes_nothing_more(path: Any) -> None:
    erased = erase_words(read_with_canaries(path.read_bytes()), ANNA, {ANNA})
    assert erase_words(erased, ANNA, {ANNA}) is erased


def sample(kind: str) -> Any:
    return decode_event(next(path for path in SAMPLES if path.stem == kind).read_bytes())


def test_a_text_that_must_not_be_empty_is_replaced_and_an_optional_one_is_absent() -> None:
    created: AnnouncementCreated = sample("announcement.created.v1")
    erased = erase_words(created, ANNA, {ANNA})
    assert (erased.title, erased.description, erased.event_location) == (ERASED_TEXT,) * 3
    assert erased.location_hint is None
    assert (erased.movie_title, erased.tz) == (created.movie_title, created.tz)


def test_what_an_event_did_not_state_stays_unstated() -> None:
    changed = AnnouncementChanged(
        announcement_id=sample("announcement.created.v1").announcement_id, version=2, title="T"
    )
    erased = erase_words(changed, ANNA, {ANNA})
    assert (erased.title, erased.description, erased.location_hint) == (ERASED_TEXT, UNSET, UNSET)


def test_a_rating_keeps_its_score_and_loses_its_words() -> None:
    given: RatingGiven = sample("rating.given.v1")
    erased = erase_words(given, ANNA, {ANNA})
    assert (erased.score, erased.text, erased.tags) == (given.score, None, ())


def test_a_person_seen_in_the_command_of_another_loses_the_name() -> None:
    seen = PersonSeen(person_id=ANNA, name="Anna", language="en", tz="Asia/Tokyo")
    erased = erase_words(seen, BORIS, {ANNA})
    assert erased == PersonSeen(
        person_id=ANNA, name=ERASED_NAME, language=HOME_LANGUAGE, tz=HOME_ZONE
    )
    assert erase_words(seen, BORIS, {BORIS}) is seen


def test_the_operator_answers_for_a_suspension_still() -> None:
    suspended = PersonSuspended(person_id=ANNA, reason="spam", by="Olga")
    erased = erase_words(suspended, OPERATOR, {ANNA})
    assert (erased.reason, erased.by) == (ERASED_TEXT, "Olga")


def test_a_code_of_the_system_is_nobodys_words() -> None:
    released: BookingReleased = sample("booking.released.v1")
    assert erase_words(released, ANNA, {ANNA}) is released


def test_a_stored_event_is_rewritten_only_if_it_loses_words() -> None:
    requested: BookingRequested = sample("booking.requested.v1")
    stored = encode_event(msgspec.structs.replace(requested, message=CANARY))
    assert erase_stored_words(stored, ANNA, {BORIS}) is stored
    assert decode_event(erase_stored_words(stored, ANNA, {ANNA})) == msgspec.structs.replace(
        requested, message=None
    )


def test_a_stored_event_that_nobody_can_read_is_refused() -> None:
    with pytest.raises(UnreadableEvent):
        erase_stored_words(Raw(b'{"type": "unheard.of.v1"}'), ANNA, {ANNA})


def test_marks_do_not_change_what_is_stored() -> None:
    class Marked(Event, frozen=True, kw_only=True, tag="marked.v1"):
        title: WordsOfActor | UnsetType | None = UNSET
        film: NotPersonal

    assert msgspec.json.encode(Marked(film="F")) == b'{"type":"marked.v1","film":"F"}'
