"""Answers have every field of the brief, under its name and of its type (R93-R137)."""

from datetime import datetime
from typing import Any, get_type_hints

import msgspec
import pytest

from contracts.events.announcement import AnnouncementStatus
from contracts.representations import (
    AnnouncementResponse,
    BookingResponse,
    DetailAnnouncementResponse,
    DetailBookingResponse,
)
from contracts.values.ids import AnnouncementId, BookingId, PersonId

BRIEF: dict[type, dict[str, Any]] = {
    AnnouncementResponse: {
        "id": AnnouncementId,
        "status": AnnouncementStatus,
        "title": str,
        "author_id": PersonId,
        "sub_only": bool,
        "is_free": bool,
        "ticket_count": int,
        "event_time": datetime,
        "event_location": str | None,  # None only where the host hides the place.
    },
    DetailAnnouncementResponse: {
        "id": AnnouncementId,
        "status": AnnouncementStatus,
        "title": str,
        "description": str,
        "movie_title": str,
        "author_name": str,
        "sub_only": bool,
        "is_free": bool,
        "ticket_count": int,
        "event_time": datetime,
        "event_location": str | None,
        "created": datetime,
        "modified": datetime,
        "author_rating": float,
    },
    BookingResponse: {
        "booking_id": BookingId,
        "guest_name": str,
        "author_status": bool | None,
        "guest_status": bool | None,
        "guest_rating": float,
    },
    DetailBookingResponse: {
        "booking_id": BookingId,
        "announcement_id": AnnouncementId,
        "movie_title": str,
        "author_name": str,
        "guest_name": str,
        "author_status": bool | None,
        "guest_status": bool | None,
        "guest_rating": float,
        "author_rating": float,
        "event_time": datetime,
    },
}


@pytest.mark.parametrize("response", BRIEF, ids=lambda one: one.__name__)
def test_the_fields_of_the_brief(response: type) -> None:
    hints = get_type_hints(response)
    assert {name: hints[name] for name in BRIEF[response]} == BRIEF[response]


def test_a_guest_list_has_a_line_per_guest_with_status_and_rating() -> None:
    """A38; `?guest_list=names` gives R112's list of names."""
    hints = get_type_hints(DetailAnnouncementResponse)
    (line,) = hints["guest_list"].__args__
    names = {field.name for field in msgspec.structs.fields(line)}
    assert {
        "booking_id", "guest_id", "guest_name", "author_status", "guest_status", "guest_rating",
    } <= names  # fmt: skip


def test_no_field_is_left_out_of_an_answer() -> None:
    """A client may read a field without asking whether it is there."""
    for response in BRIEF:
        assert all(field.required for field in msgspec.structs.fields(response))
