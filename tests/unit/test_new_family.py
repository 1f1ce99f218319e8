"""A family of events that no rule knows yet: nobody is told of it, and nothing stops.

It is added while the test runs, as a later version would add it: the codec reads its events, and
nothing that tells events apart has a case for them.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import structs

from command_api.image.image import Image
from contracts.events.booking import BookingApproved, BookingRequested
from contracts.events.stored import codec as event_codec
from contracts.events.stored.base import Event
from contracts.events.stored.domain_event import DomainEvent
from contracts.values.ids import AnnouncementId, BookingId, PersonId
from projector.proof.verify import verify
from projector.read_models.batch import RowBatch
from projector.read_models.intake import Intake
from projector.read_models.memory import MemorySink, MemoryTables
from projector.read_models.projector import Projector
from query_api.history.as_of import fold_events
from query_api.history.audit_rights import TrailReader, select_entries
from query_api.history.events import PastEvent
from runtime.auth.tokens import Caller
from runtime.journal.sqlite import SqliteJournal
from tests.histories.notifier_events import (
    NotifierHistory,
    announcement,
    booking,
    created,
    person,
    published,
    seen,
)
from tests.unit.notifier.folded import Folded
from tests.unit.query_api.history.past import decode_past


class ChatPosted(Event, frozen=True, kw_only=True, tag="chat.posted.v1"):
    """It has every field by which events are told apart, or keyed, elsewhere."""

    announcement_id: AnnouncementId = announcement()
    person_id: PersonId = person("anna")
    guest_id: PersonId = person("anna")
    booking_id: BookingId = BookingId(person("chat"))
    text: str = "only between us"
    version: int = 9
    taken: int = 4


@pytest.fixture
def history(monkeypatch: pytest.MonkeyPatch) -> NotifierHistory:
    """An evening with a guest; the new event comes in between, beside others and alone."""
    decoder = msgspec.json.Decoder(DomainEvent | ChatPosted)
    monkeypatch.setattr(event_codec, "_decoder", decoder)
    found = NotifierHistory()
    chat: Any = ChatPosted()
    found.tell(seen("host"), seen("anna"), created(), chat, published())
    found.tell(booking(BookingRequested, "anna", (None, True)), by="anna")
    found.tell(chat, by="anna")
    found.tell(structs.replace(booking(BookingApproved, "anna", (True, True)), taken=1))
    return found


def without(found: Sequence[PastEvent]) -> list[PastEvent]:
    return [one for one in found if not isinstance(one.event, ChatPosted)]


def test_no_reader_is_told(history: NotifierHistory) -> None:
    happened = list(decode_past(history.commits))
    assert len(without(happened)) == len(happened) - 2
    now = {"author_id": person("host"), "my_booking_id": None, "shows_place": True}
    callers = {
        "host": Caller(person("host")),
        "guest": Caller(person("anna")),
        "stranger": Caller(person("vera")),
        "operator": Caller(person("operator"), is_super=True),
    }
    for role, caller in callers.items():
        mine = "b" if role == "guest" else None
        entries = select_entries(happened, TrailReader(caller, (), now | {"my_booking_id": mine}))
        assert entries, role
        assert not [one for one in entries if isinstance(one.past.event, ChatPosted)], role


def test_the_past_is_as_without_it(history: NotifierHistory) -> None:
    happened = list(decode_past(history.commits))
    assert fold_events(happened) == fold_events(without(happened))


def test_decisions_rest_on_nothing_of_it(history: NotifierHistory) -> None:
    image = Image()
    for commit in history.commits:
        image.fold(commit)
    evening = image.accepted.announcements.get(announcement())
    assert evening is not None
    assert (evening.status, evening.version, evening.taken) == ("Alive", 2, 1)


def test_no_row_and_no_key_is_parked_for_it(history: NotifierHistory) -> None:
    intake, tables = Intake(), MemoryTables()
    for commit in history.commits:
        projected = intake.take([commit])
        assert [one.letter for one in projected if one.letter is not None] == []
        tables.apply(RowBatch(projected))
    assert len(tables.rows["announcements"]) == len(tables.rows["bookings"]) == 1


def test_the_notifier_passes_it_by(history: NotifierHistory) -> None:
    folded = Folded(history.commits)
    assert folded.letters == []
    assert {source.event_type for row in folded.rows() for source in row.sources} == {
        "booking.requested.v1",
        "booking.approved.v1",
        "announcement.published.v1",
    }


async def test_verify_passes_it_by(history: NotifierHistory, tmp_path: Path) -> None:
    journal, sink = SqliteJournal(tmp_path / "journal.sqlite"), MemorySink()
    newest = await history.write_to(journal)
    projector = Projector(journal, sink)
    following: asyncio.Task[Any] = asyncio.create_task(projector.run())
    while projector.position.state.seq < newest:
        await asyncio.sleep(0.005)
    following.cancel()
    with suppress(asyncio.CancelledError):
        await following
    result = [line async for line in verify(journal, sink)][-1]
    await journal.close()
    assert result["ok"], result
    assert result["position"] == newest
