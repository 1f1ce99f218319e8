"""Lets a reader of the journal know less than this build does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any
from unittest import mock

from msgspec import Raw

from contracts.events.stored.codec import decode_event, read_fields
from contracts.events.stored.domain_event import DomainEvent

DoesNotKnow = Callable[[dict[str, Any]], bool]
"""Whether the reader cannot decode an event with these fields."""


@contextmanager
def knowing_less(reader: ModuleType, does_not_know: DoesNotKnow) -> Iterator[None]:
    """Let the module decode as a build does that cannot decode some events."""

    def decode(stored: Raw) -> DomainEvent:
        if does_not_know(read_fields(stored)):
            raise ValueError
        return decode_event(stored)

    with mock.patch.object(reader, "decode_event", decode):
        yield


def teleported(announcement_id: str) -> dict[str, Any]:
    """An event that no build knows."""
    return {"type": "announcement.teleported.v1", "announcement_id": announcement_id}
