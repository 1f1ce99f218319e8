"""What is recorded about a notice is true: none that has arrived is called dropped, and what a dead
dispatcher had leased goes at once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.events.announcement import AnnouncementCancelled
from contracts.events.booking import BookingRequested, BookingWithdrawn
from notifier.delivery.leases import DeliveryResult
from notifier.store.operators.acts import Signature
from notifier.store.queue import NoticeQueue
from runtime.outside.ports import Notice
from runtime.postgres.pools import open_pool
from runtime.postgres.tables import TablesUnavailable
from runtime.process.tasks import end, keep_running
from tests.cells.killed import Killed
from tests.cells.notifier_cell import AnswerLost, Around, NotifierCell, notifier_cell
from tests.histories.notifier_events import (
    announcement,
    booking,
    created,
    edited,
    person,
    published,
    seen,
)
from tests.waiting import eventually

BORIS = person("boris")


@pytest.fixture
async def evening(tmp_path: Path, postgres_dsn: str) -> AsyncIterator[NotifierCell]:
    """The host's evening, of which Boris asks to be a guest: both are to be told."""
    async with notifier_cell(tmp_path, postgres_dsn) as cell:
        cell.history.tell(seen("host"), seen("boris"), created(), published())
        cell.history.tell(booking(BookingRequested, "boris", (None, True)), by="boris")
        await cell.read()
        yield cell


async def call_off(evening: NotifierCell) -> None:
    """What was to be said of it before is no longer true."""
    gone = AnnouncementCancelled(announcement_id=announcement(), version=2, by="author")
    evening.history.tell(gone)
    await evening.read()


async def read_first_notice(evening: NotifierCell) -> tuple[str, str | None]:
    """Return state and reason of what Boris was to be told first."""
    (line,) = await evening.lines(BORIS, kind="booking_new")
    return line["state"], line["reason"]


class InterruptedQueue(NoticeQueue):
    """Something happens between the sending of notices and the recording of that."""

    def __init__(self, evening: NotifierCell, happens: Callable[[], Awaitable[Any]]) -> None:
        super().__init__(evening.pool)
        self._happens: Callable[[], Awaitable[Any]] | None = happens

    async def record(
        self, results: Collection[DeliveryResult], unread: Collection[int] = ()
    ) -> None:
        if self._happens is not None:
            happens, self._happens = self._happens, None
            await happens()
        await super().record(results, unread)


async def killed() -> None:
    raise Killed


async def cut_off() -> None:
    raise TablesUnavailable("PostgreSQL ended")


async def test_what_was_sent_is_recorded_as_sent_though_it_was_called_off_meanwhile(
    evening: NotifierCell,
) -> None:
    queue = InterruptedQueue(evening, lambda: call_off(evening))
    await evening.dispatcher(queue).dispatch_due()
    assert await read_first_notice(evening) == ("sent", None)


async def test_what_was_sent_is_recorded_when_postgresql_is_back(evening: NotifierCell) -> None:
    async def cut_off_and_called_off() -> None:
        await call_off(evening)
        await cut_off()

    await evening.dispatcher(InterruptedQueue(evening, cut_off_and_called_off)).dispatch_due()
    assert await read_first_notice(evening) == ("sent", None)
    assert set(evening.around.calls.values()) == {1}


async def test_what_was_on_its_way_when_the_dispatcher_died_may_have_arrived(
    evening: NotifierCell,
) -> None:
    with pytest.raises(Killed):
        await evening.dispatcher(InterruptedQueue(evening, killed)).dispatch_due()
    await call_off(evening)
    assert await read_first_notice(evening) == ("unconfirmed", "cancelled")
    await evening.wait(minutes=3)
    assert len(evening.around.got(BORIS, "booking_new")) == 1
    assert await read_first_notice(evening) == ("unconfirmed", "cancelled")


async def test_a_lost_answer_leaves_the_outcome_open(evening: NotifierCell) -> None:
    evening.around = AnswerLost()
    await evening.send()
    assert (await read_first_notice(evening))[0] == "waiting"
    await call_off(evening)
    assert await read_first_notice(evening) == ("unconfirmed", "cancelled")
    assert evening.around.got(BORIS, "booking_new")


async def test_a_lost_answer_leaves_it_open_for_whoever_is_not_involved_any_more(
    evening: NotifierCell,
) -> None:
    evening.around = AnswerLost()
    evening.history.tell(edited(title="New"))
    await evening.wait(seconds=70)
    (arrived,) = evening.around.got(BORIS, "announce_put")
    evening.history.tell(booking(BookingWithdrawn, "boris", (None, False)), by="boris")
    await evening.wait(minutes=3)
    assert await evening.states(BORIS, "announce_put") == {
        "announce_put": ("unconfirmed", "not_involved")
    }
    assert evening.around.calls[arrived.key] == 1


async def test_a_lost_answer_leaves_it_open_though_it_was_leased_again(
    evening: NotifierCell,
) -> None:
    evening.around = AnswerLost()
    await evening.send()
    evening.now += timedelta(minutes=3)
    await evening.dispatcher(CalledOffBeforeReading(evening)).dispatch_due()
    assert await read_first_notice(evening) == ("unconfirmed", "cancelled")


async def test_what_was_called_off_while_its_answer_got_lost_is_leased_no_more(
    evening: NotifierCell,
) -> None:
    evening.around = AnswerLost(lambda: call_off(evening))
    await evening.send()
    assert await read_first_notice(evening) == ("unconfirmed", "cancelled")
    leased = "SELECT count(*) FROM notifier.notices WHERE holder IS NOT NULL"
    assert await evening.pool.fetchval(leased) == 0


async def test_what_nobody_took_was_dropped(evening: NotifierCell) -> None:
    evening.around.down = {"notification"}
    await evening.send()
    await call_off(evening)
    assert await read_first_notice(evening) == ("dropped", "cancelled")


class CalledOffBeforeReading(NoticeQueue):
    def __init__(self, evening: NotifierCell) -> None:
        super().__init__(evening.pool)
        self._evening = evening

    async def read(self, leased: Any) -> Any:
        await call_off(self._evening)
        return await super().read(leased)


async def test_what_was_leased_and_never_sent_was_dropped(evening: NotifierCell) -> None:
    await evening.dispatcher(CalledOffBeforeReading(evening)).dispatch_due()
    assert await read_first_notice(evening) == ("dropped", "cancelled")
    assert evening.around.got(BORIS, "booking_new") == []


async def test_an_operator_cannot_cancel_what_has_arrived(evening: NotifierCell) -> None:
    (line,) = await evening.lines(BORIS, kind="booking_new")

    async def cancel() -> None:
        signature = Signature(None, evening.now)
        changed = await evening.moderation.cancel([line["id"]], signature, dry_run=False)
        assert changed.notices[line["id"]]["state"] == "unconfirmed"

    await evening.dispatcher(InterruptedQueue(evening, cancel)).dispatch_due()
    assert await read_first_notice(evening) == ("sent", None)


async def test_what_a_dispatcher_learnt_counts_no_more_once_its_lease_is_lost(
    evening: NotifierCell,
) -> None:
    """Its session was cut, and another one has sent the notice meanwhile, whose answer got lost."""

    async def cut_off_and_sent_by_another() -> None:
        await late.session.close()
        evening.around = AnswerLost()
        await evening.queue.session.open()
        await evening.queue.session.free_leases_of_the_dead(evening.now)
        await evening.send()
        await evening.queue.session.close()

    late = InterruptedQueue(evening, cut_off_and_sent_by_another)
    await late.session.open()
    evening.around.down = {"shortener"}
    await evening.dispatcher(late).dispatch_due()
    assert evening.around.got(BORIS, "booking_new")
    await call_off(evening)
    assert await read_first_notice(evening) == ("unconfirmed", "cancelled")


class Frozen(Around):
    """Takes nothing and never answers."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    async def send(self, notice: Notice) -> None:
        self.asked += 1
        await asyncio.Event().wait()


async def test_leases_of_a_dispatcher_that_ended_are_free_and_those_of_a_living_one_are_not(
    evening: NotifierCell, postgres_dsn: str
) -> None:
    """No clock is turned: it is the end of the session that frees them."""
    frozen = Frozen()
    pool = await open_pool(postgres_dsn)
    evening.around, around = frozen, evening.around
    first = keep_running(evening.dispatcher(NoticeQueue(pool)).run(), "first dispatcher")
    await eventually(lambda: frozen.asked == 2)
    evening.around = around
    second = keep_running(evening.dispatcher(NoticeQueue(evening.pool)).run(), "second dispatcher")
    session = NoticeQueue(evening.pool).session
    await session.free_leases_of_the_dead(evening.now)
    assert await evening.dispatcher().dispatch_due() is False
    pool.terminate()  # As a kill closes the connections: without a word.
    await end(first)
    await eventually(lambda: len(around.inbox) == 2)
    await end(second)
    assert around.got(BORIS, "booking_new")
