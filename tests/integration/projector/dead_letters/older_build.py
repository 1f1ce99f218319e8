"""Parks a part of a history."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from msgspec import Raw

from contracts.events.stored.codec import decode_event, read_fields
from contracts.events.stored.domain_event import DomainEvent
from projector.read_models import intake


@contextmanager
def older_build(does_not_know: Callable[[dict[str, Any]], bool]) -> Iterator[None]:
    """Project as a build does that cannot decode some events."""

    def decode(stored: Raw) -> DomainEvent:
        if does_not_know(read_fields(stored)):
            raise ValueError
        return decode_event(stored)

    with mock.patch.object(intake, "decode_event", decode):
        yield


def teleported(announcement_id: str) -> dict[str, Any]:
    """An event that no build knows."""
    return {"type": "announcement.teleported.v1", "announcement_id": announcement_id}
