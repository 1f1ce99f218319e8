"""Encodes events as stored JSON, and decodes them, old versions included.

An old version is upcast: its stored dict is turned, version by version, into the newest
shape and then decoded. `tests/contract/samples` keeps a sample of every version there ever
was, and a test decodes them all.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, cast

import msgspec
from msgspec import Raw

from contracts.events.stored.domain_event import DomainEvent
from contracts.values.decoding import UNDECODABLE
from contracts.values.describing import describe_error

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]

UPCASTERS: Final[dict[str, Upcaster]] = {}
"""For each old type, the function that turns its stored dict into the next version, `type`
included. For example `"booking.requested.v1": upcast_booking_requested_v1_to_v2`."""

_decoder: Final[msgspec.json.Decoder[DomainEvent]] = msgspec.json.Decoder(DomainEvent)
_encoder: Final = msgspec.json.Encoder()


class UnreadableEvent(Exception):
    """The event has a type or a shape that this version does not know."""


def encode_event(event: DomainEvent) -> Raw:
    return Raw(_encoder.encode(event))


def decode_event(stored: Raw | bytes) -> DomainEvent:
    """Return the event. Raises UnreadableEvent if its type or its shape is unknown."""
    try:
        return _decoder.decode(stored)
    except UNDECODABLE as error:
        return _decode_old(stored, error)


def decode_events(stored: Sequence[Raw]) -> list[DomainEvent]:
    """Return the events in order. Raises UnreadableEvent if there is one among them."""
    try:
        return [_decoder.decode(one) for one in stored]
    except UNDECODABLE:
        return [decode_event(one) for one in stored]


def read_fields(stored: Raw) -> dict[str, Any]:
    """Return the fields of an event, even of an unknown type; `{}` if it is not a JSON object."""
    try:
        fields = msgspec.json.decode(stored)
    except UNDECODABLE:
        return {}
    return fields if isinstance(fields, dict) else {}


def _decode_old(stored: Raw | bytes, error: Exception) -> DomainEvent:
    try:
        event = msgspec.json.decode(stored, type=dict[str, Any])
        while upcast := UPCASTERS.get(event["type"]):
            event = upcast(event)
        return cast(DomainEvent, msgspec.convert(event, DomainEvent))
    except Exception as second:  # Upcasters, too, may meet shapes that they do not know.
        why = f"{describe_error(second)}; as the present version: {describe_error(error)}"
        raise UnreadableEvent(why) from second
