"""Stores the texts that a person typed apart from the event that has them.

The history in ClickHouse keeps both, in two columns. Once the person is erased, the column of
the texts is emptied. The rest is the event as `contracts.events.stored.erasing` leaves it.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import msgspec
from msgspec import Raw

from contracts.events.stored.base import Event
from contracts.events.stored.codec import UnreadableEvent, decode_event, encode_event, read_fields
from contracts.events.stored.domain_event import DomainEvent
from contracts.events.stored.erasing import list_personal_fields
from contracts.values.ids import PersonId, canonical_uuid


class EventApart(NamedTuple):
    """A stored event in two parts."""

    event: str
    """The event without its texts, as JSON. Empty if this version cannot read the event: then
    `words` has all of it."""
    words: str
    """The fields that are somebody's texts, as a JSON object. Empty if there are none."""
    words_of: str
    """Id of the person who goes with these texts; empty if there are none, or if nobody who
    could be erased typed them."""


def take_words_apart(
    stored: Raw, actor: PersonId, fields: Mapping[str, Any] | None = None
) -> EventApart:
    """Return the parts of an event. `actor` is the one who gave the command of its Commit;
    `fields` are what `read_fields` returns, if the caller has them."""
    try:
        event = decode_event(stored)
    except UnreadableEvent:
        return EventApart("", _text(stored), _find_owner_of_unreadable(stored, actor))
    fields = _renew_fields(read_fields(stored) if fields is None else fields, event)
    if _list_wordless_fields(type(event)).issuperset(fields):
        return EventApart(_text(stored), "", "")
    without, words = _split_fields(fields, event)
    if not words:
        return EventApart(_text(stored), "", "")
    return EventApart(_encode(without), _encode(words), _find_owner(event, actor))


def join_words(event: str, words: str) -> bytes:
    """Return the event as it was stored. If its texts are gone, it is without them."""
    if not words or not event:
        return (event or words).encode()
    return msgspec.json.encode({**msgspec.json.decode(event), **msgspec.json.decode(words)})


def _renew_fields(fields: Mapping[str, Any], event: DomainEvent) -> Mapping[str, Any]:
    """Return the fields of the stored event in the shape of the present version."""
    same_version = fields.get("type") == type(event).__struct_config__.tag
    return fields if same_version else read_fields(encode_event(event))


@cache
def _list_wordless_fields(kind: type[Event]) -> frozenset[str]:
    """Return the names of the fields, as stored, that are nobody's texts."""
    personal = {field.name for field in list_personal_fields(kind)}
    return frozenset({"type", *kind.__struct_fields__} - personal)


def _split_fields(
    fields: Mapping[str, Any], event: DomainEvent
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the fields without texts, and the texts. A field that this version does not know
    counts as a text."""
    personal = {field.name: field for field in list_personal_fields(type(event))}
    known = {"type", *event.__struct_fields__}
    without: dict[str, Any] = {}
    words: dict[str, Any] = {}
    for name, value in fields.items():
        if name in personal:
            without[name] = msgspec.to_builtins(personal[name].erase(getattr(event, name)))
            if value != without[name]:
                words[name] = value
        elif name in known:
            without[name] = value
        else:
            words[name] = value
    return without, words


def _find_owner(event: DomainEvent, actor: PersonId) -> str:
    owners = {field.mark.owner for field in list_personal_fields(type(event))}
    owner = getattr(event, "person_id", actor) if "person" in owners else actor
    return canonical_uuid(owner) or ""


def _find_owner_of_unreadable(stored: Raw, actor: PersonId) -> str:
    person_id = read_fields(stored).get("person_id")
    owner = person_id if isinstance(person_id, str) else actor
    return canonical_uuid(owner) or ""


def _encode(fields: dict[str, Any]) -> str:
    return msgspec.json.encode(fields).decode()


def _text(stored: Raw) -> str:
    return bytes(stored).decode("utf-8", "replace")
