"""What an event changes in a booking."""

from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.events.booking import (
    AnyBookingEvent,
    BookingApproved,
    BookingHoldShortened,
    BookingInvited,
    BookingOffered,
    BookingPreapproved,
    BookingRejected,
    BookingReleased,
    BookingRequested,
    BookingRevoked,
    BookingUnsettled,
)
from contracts.events.folding.booking_fields import booking_columns, booking_fields
from contracts.values.ids import AnnouncementId, BookingId, PersonId

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
AUTHOR = PersonId("author")

NOTHING: dict[str, Any] = {
    "waiting": False,
    "preapproved": False,
    "hold_until": None,
    "untold": False,
    "reason": None,
    "reason_by": None,
    "message": None,
}
"""The fields that most events leave empty."""


def said(author: bool | None, guest: bool | None) -> dict[str, Any]:
    return {
        "booking_id": BookingId("b"),
        "announcement_id": AnnouncementId("a"),
        "guest_id": PersonId("guest"),
        "author_status": author,
        "guest_status": guest,
        "taken": 1,
    }


@pytest.mark.parametrize(
    ("event", "fields", "state"),
    [
        (
            BookingRequested(**said(None, True), author_id=AUTHOR, message="Hi"),
            {"message": "Hi"},
            "requested",
        ),
        (
            BookingRequested(**said(True, True), author_id=AUTHOR, waiting=True, preapproved=True),
            {"waiting": True, "preapproved": True},
            "waitlisted",
        ),
        (
            BookingPreapproved(**said(None, True)),
            {"waiting": True, "preapproved": True},
            "waitlisted",
        ),
        (
            BookingInvited(**said(True, None), author_id=AUTHOR, hold_until=NOON),
            {"hold_until": NOON},
            "invited",
        ),
        (BookingOffered(**said(True, None), hold_until=NOON), {"hold_until": NOON}, "offered"),
        (
            BookingHoldShortened(**said(True, None), hold_until=NOON, offered=True),
            {"hold_until": NOON},
            "offered",
        ),
        (
            BookingHoldShortened(**said(True, None), hold_until=NOON, offered=False),
            {"hold_until": NOON},
            "invited",
        ),
        (BookingApproved(**said(True, True)), {}, "confirmed"),
        (
            BookingRejected(**said(False, True), reason="superseded"),
            {"reason": "superseded", "reason_by": "person"},
            "rejected",
        ),
        (
            BookingReleased(**said(True, False), reason="superseded"),
            {"reason": "superseded", "reason_by": "system"},
            "declined",
        ),
        (
            BookingUnsettled(**said(True, None), hold_until=NOON, clashes=()),
            {"hold_until": NOON, "reason": "moved_clash", "reason_by": "system"},
            "offered",
        ),
        (BookingRevoked(**said(False, None), untold=True), {"untold": True}, "revoked"),
    ],
)
def test_an_event_sets_every_field(
    event: AnyBookingEvent, fields: dict[str, Any], state: str
) -> None:
    pair = {"author_status": event.author_status, "guest_status": event.guest_status}
    assert booking_fields(event) == NOTHING | pair | fields
    assert booking_columns(event, NOON) == booking_fields(event) | {
        "state": state,
        "modified": NOON,
    }
