"""Every event has a name in both languages, for people."""

from typing import get_args

import pytest

from contracts.events.names import NAMES, name_event
from contracts.events.stored.domain_event import DomainEvent


def test_every_event_has_a_name() -> None:
    types = {one.__struct_config__.tag.rpartition(".")[0] for one in get_args(DomainEvent)}
    of_reasons = {"announcement.closed.full", "announcement.reopened.seat_freed"}
    assert NAMES.keys() == types | of_reasons
    assert all(name.en and name.ru for name in NAMES.values())


@pytest.mark.parametrize(
    ("event_type", "reason", "name"),
    [
        ("announcement.closed.v1", "full", "all seats are taken"),
        ("announcement.closed", "manual", "closed to requests"),
        ("booking.requested.v1", None, "request"),
        ("newer.event.v2", None, "newer.event"),
    ],
)
def test_a_name_says_the_reason_where_that_is_what_happened(
    event_type: str, reason: str | None, name: str
) -> None:
    assert name_event(event_type, reason, "en") == name
