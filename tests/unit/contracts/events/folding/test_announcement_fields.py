"""What an event changes in an announcement."""

from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.events.announcement import (
    AnnouncementCancelled,
    AnnouncementChanged,
    AnnouncementClosed,
    AnnouncementCreated,
    AnnouncementDone,
    AnnouncementPublished,
    AnnouncementReopened,
    AnyAnnouncementEvent,
)
from contracts.events.folding.announcement_fields import announcement_columns, announcement_fields
from contracts.values.ids import AnnouncementId, MovieId, PersonId

ID = AnnouncementId("a")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CREATED = AnnouncementCreated(
    announcement_id=ID,
    author_id=PersonId("p"),
    movie_id=MovieId("m"),
    movie_title="Solaris",
    movie_title_ru="Солярис",
    duration_min=167,
    title="T",
    description="D",
    visibility="public",
    is_free=True,
    ticket_count=3,
    event_time=NOON,
    event_location="L",
)


def test_a_creation_sets_every_field_that_it_states() -> None:
    fields = announcement_fields(CREATED)
    stated = set(AnnouncementCreated.__struct_fields__) - {"announcement_id"}
    assert fields.keys() == stated | {"status", "closed_reason", "cancel_reason"}
    assert (fields["status"], fields["title"], fields["tz"]) == ("Created", "T", None)


def test_a_creation_sets_every_column() -> None:
    columns = announcement_columns(CREATED, NOON)
    assert columns == announcement_fields(CREATED) | {
        "publish_to": [],
        "taken": 0,
        "created": NOON,
        "modified": NOON,
    }


@pytest.mark.parametrize(
    ("event", "changed"),
    [
        (
            AnnouncementPublished(announcement_id=ID, version=2),
            {"status": "Alive", "closed_reason": None},
        ),
        (
            AnnouncementChanged(announcement_id=ID, version=2, title="New", tz=None),
            {"title": "New", "tz": None},
        ),
        (
            AnnouncementClosed(announcement_id=ID, version=2, reason="full"),
            {"status": "Closed", "closed_reason": "full"},
        ),
        (
            AnnouncementReopened(announcement_id=ID, version=2, reason="manual"),
            {"status": "Alive", "closed_reason": None},
        ),
        (
            AnnouncementCancelled(announcement_id=ID, version=2, by="author", reason="ill"),
            {"status": "Cancelled", "cancel_reason": "ill"},
        ),
        (AnnouncementDone(announcement_id=ID, version=2), {"status": "Done"}),
    ],
)
def test_a_later_event_sets_what_it_changes(
    event: AnyAnnouncementEvent, changed: dict[str, Any]
) -> None:
    assert announcement_fields(event) == changed | {"version": 2}
    assert announcement_columns(event, NOON) == changed | {"version": 2, "modified": NOON}
