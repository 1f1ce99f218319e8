"""Takes the past of announcements out of commits, and compares it with tables of that time."""

from collections.abc import Iterator, Sequence

from contracts.events.feed import FeedEvent
from contracts.events.person import PersonEvent
from contracts.events.plan import PlanEvent
from contracts.events.report import ReportEvent
from contracts.events.stored.codec import decode_event
from contracts.journal.records import Commit
from projector.read_models.memory import MemoryTables
from projector.read_models.projections.announcements import ANNOUNCEMENTS
from projector.read_models.projections.bookings import BOOKINGS
from query_api.history.as_of import (
    PastAnnouncement,
)
from query_api.history.events import PastEvent, columns_after


def decode_past(commits: Sequence[Commit]) -> Iterator[PastEvent]:
    for commit in commits:
        for index, stored in enumerate(commit.events):
            event = decode_event(stored)
            actor = commit.command.actor
            columns = columns_after(event, commit.decided_at)
            yield PastEvent(commit.seq, index, commit.decided_at, "", actor, event, columns)


def group_by_announcement(commits: Sequence[Commit]) -> dict[str, list[PastEvent]]:
    """Return the events of every announcement."""
    found: dict[str, list[PastEvent]] = {}
    for one in decode_past(commits):
        if not isinstance(one.event, PersonEvent | PlanEvent | FeedEvent | ReportEvent):
            found.setdefault(one.event.announcement_id, []).append(one)
    return found


def assert_agrees(standing: PastAnnouncement, tables: MemoryTables, evening_id: str) -> None:
    row = tables.row(ANNOUNCEMENTS, evening_id)
    for name in ("cancel_reason_by", "published"):  # Only an erasure and a schedule read them.
        del row[name]
    assert standing.announcement == {**row, "announcement_id": evening_id}
    for booking in standing.bookings.values():
        stored = tables.row(BOOKINGS, booking["booking_id"])
        assert booking == {name: stored[name] for name in booking}
