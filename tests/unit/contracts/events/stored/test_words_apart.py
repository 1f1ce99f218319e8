"""An event in two parts: its texts, and the event without them."""

from pathlib import Path
from typing import Any, Final, get_args

import msgspec
import pytest
from msgspec import Raw

from contracts.events.stored.base import Event
from contracts.events.stored.codec import decode_event
from contracts.events.stored.domain_event import DomainEvent
from contracts.events.stored.erasing import erase_words, list_personal_fields
from contracts.events.stored.words_apart import EventApart, join_words, take_words_apart
from contracts.values.ids import SYSTEM, PersonId
from tests.paths import SAMPLES

ANNA: Final = PersonId("1f0e8a1c-52a5-4b0e-a0ad-b7f6dfa1c001")
CANARY: Final = "canary"

sampled = pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)


def encode_with_canaries(path: Path) -> Raw:
    """Return the sample with a canary in every text that is somebody's, about Anna."""
    event = decode_event(path.read_bytes())
    fields: dict[str, Any] = msgspec.json.decode(path.read_bytes())
    for field in list_personal_fields(type(event)):
        many = isinstance(getattr(event, field.name), tuple)
        fields[field.name] = [CANARY] if many else CANARY
    if "person_id" in fields:
        fields["person_id"] = ANNA
    return Raw(msgspec.json.encode(fields))


@sampled
def test_the_parts_together_are_the_stored_event(path: Path) -> None:
    stored = encode_with_canaries(path)
    apart = take_words_apart(stored, ANNA)
    joined = join_words(apart.event, apart.words)
    assert msgspec.json.decode(joined) == msgspec.json.decode(stored)


@sampled
def test_without_its_texts_it_is_the_erased_event(path: Path) -> None:
    stored = encode_with_canaries(path)
    apart = take_words_apart(stored, ANNA)
    assert CANARY not in apart.event
    assert decode_event(join_words(apart.event, "")) == erase_words(
        decode_event(stored), ANNA, {ANNA}
    )
    assert apart.words_of == (ANNA if CANARY in apart.words else "")


@sampled
def test_an_event_without_texts_is_stored_as_it_is(path: Path) -> None:
    event = decode_event(path.read_bytes())
    if not list_personal_fields(type(event)):
        stored = Raw(path.read_bytes())
        assert take_words_apart(stored, ANNA) == EventApart(path.read_text(), "", "")


@pytest.mark.parametrize("kind", get_args(DomainEvent), ids=lambda kind: kind.__name__)
def test_the_texts_of_an_event_are_one_persons(kind: type[Event]) -> None:
    assert len({field.mark.owner for field in list_personal_fields(kind)}) <= 1


def test_an_absent_text_that_is_stated_stays_stated() -> None:
    stored = Raw(
        b'{"type":"announcement.changed.v1","announcement_id":"a","version":2,'
        b'"title":"canary","location_hint":null}'
    )
    apart = take_words_apart(stored, ANNA)
    assert decode_event(join_words(apart.event, apart.words)) == decode_event(stored)
    assert decode_event(apart.event.encode()) == erase_words(decode_event(stored), ANNA, {ANNA})


@pytest.mark.parametrize(
    "stored", [b'{"type":"poem.written.v1","text":"canary"}', b'["canary"]', b'{"type":7}']
)
def test_of_an_event_that_cannot_be_read_everything_is_text(stored: bytes) -> None:
    apart = take_words_apart(Raw(stored), ANNA)
    assert apart == EventApart("", stored.decode(), ANNA)
    assert join_words(apart.event, apart.words) == stored


def test_a_field_that_only_a_newer_version_knows_is_a_text() -> None:
    (path,) = (one for one in SAMPLES if one.stem == "booking.left.v1")
    sample = msgspec.json.decode(path.read_bytes())
    stored = Raw(msgspec.json.encode(sample | {"nick": CANARY}))
    apart = take_words_apart(stored, ANNA)
    assert CANARY not in apart.event
    assert msgspec.json.decode(apart.words)["nick"] == CANARY


def test_texts_that_nobody_can_be_erased_for_have_no_owner() -> None:
    stored = Raw(
        b'{"type":"announcement.cancelled.v1","announcement_id":"a","version":2,'
        b'"by":"operator","reason":"spam"}'
    )
    assert take_words_apart(stored, SYSTEM).words_of == ""
