"""Whether the checks tell a notice that may have arrived from one that is wrongly called so."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from contracts.events.booking import BookingRequested, BookingWithdrawn
from notifier import dispatcher
from notifier.delivery.leases import DeliveryResult, LeasedNotice
from tests.cells.notifier_cell import AnswerLost, NotifierCell, notifier_cell
from tests.histories.notifier_events import booking, created, edited, person, published, seen
from tests.torture.checks import SentNotices, find_wrong_notices
from tests.torture.cut_off import note_cut_off, read_cut_off

BORIS = person("boris")


@pytest.fixture
async def edited_evening(tmp_path: Path, postgres_dsn: str) -> AsyncIterator[NotifierCell]:
    """Boris asks to come to an evening that has just been edited, of which he is to be told."""
    async with notifier_cell(tmp_path, postgres_dsn) as cell:
        await note_cut_off(postgres_dsn)
        cell.history.tell(seen("host"), seen("boris"), created(), published())
        cell.history.tell(booking(BookingRequested, "boris", (None, True)), by="boris")
        await cell.read_and_send()
        cell.history.tell(edited(title="New"))
        yield cell


async def send_after_boris_has_left(cell: NotifierCell) -> None:
    cell.history.tell(booking(BookingWithdrawn, "boris", (None, False)), by="boris")
    await cell.wait(minutes=3)


async def read_sent_notices(cell: NotifierCell) -> SentNotices:
    async with cell.pool.acquire() as connection:
        cut_off = await read_cut_off(connection)
    notices = {line["key"]: (line["state"], line["reason"]) for line in await cell.lines()}
    return SentNotices(notices, frozenset(cell.around.inbox), (), cut_off)


async def demand_unconfirmed(cell: NotifierCell) -> None:
    states = await cell.states(BORIS, "announce_put")
    assert states == {"announce_put": ("unconfirmed", "not_involved")}


async def test_a_notice_whose_answer_was_lost_may_be_unconfirmed(
    edited_evening: NotifierCell,
) -> None:
    before, edited_evening.around = edited_evening.around, AnswerLost()
    await edited_evening.wait(seconds=70)
    arrived, edited_evening.around = edited_evening.around, before
    before.inbox |= arrived.inbox
    await send_after_boris_has_left(edited_evening)
    await demand_unconfirmed(edited_evening)
    assert before.got(BORIS, "announce_put")
    assert list(find_wrong_notices(await read_sent_notices(edited_evening))) == []


async def test_a_notice_whose_dispatcher_has_ended_may_be_unconfirmed(
    edited_evening: NotifierCell,
) -> None:
    await edited_evening.read()
    session = edited_evening.queue.session
    edited_evening.now += timedelta(minutes=2)
    await session.open()
    await edited_evening.queue.lease(edited_evening.now, edited_evening.now, 100)
    await session.close()
    await session.free_leases_of_the_dead(edited_evening.now)
    await send_after_boris_has_left(edited_evening)
    await demand_unconfirmed(edited_evening)
    assert edited_evening.around.got(BORIS, "announce_put") == []
    assert list(find_wrong_notices(await read_sent_notices(edited_evening))) == []


async def test_a_notice_that_was_never_cut_off_must_not_be_unconfirmed(
    edited_evening: NotifierCell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistake(_notice: LeasedNotice, result: DeliveryResult) -> DeliveryResult:
        state = "unconfirmed" if result.state == "dropped" else result.state
        return result._replace(state=state, unsettled=True)

    monkeypatch.setattr(dispatcher, "mark_unsettled", mistake)
    await send_after_boris_has_left(edited_evening)
    await demand_unconfirmed(edited_evening)
    (found,) = find_wrong_notices(await read_sent_notices(edited_evening))
    assert "no attempt was cut off" in found
