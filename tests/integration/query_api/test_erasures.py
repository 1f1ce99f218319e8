"""Nobody is shown what an erased person wrote, by any read, at whatever position."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from contracts.values.personal import ERASED_NAME
from projector.history.scrubbing import WordScrubber
from projector.history.service import HistoryService
from projector.read_models.postgres.sink import PostgresSink
from runtime.clickhouse.chdb import ChdbAnalytics
from runtime.journal.sqlite import SqliteJournal
from runtime.process.clock import system_clock
from tests.cells.projector_cell import follow
from tests.cells.read_side import ReadSide, read_side
from tests.histories.chain import Chain
from tests.histories.erased_life import (
    ANNA,
    BORIS,
    CANARY,
    HERS,
    HIS,
    OFF,
    announced,
    booked,
    erase_anna,
    live_until_erasure,
    seen,
)
from tests.waiting import eventually

ADDRESSES: Final = (
    f"/api/v1/announcement/{HERS}",
    f"/api/v1/announcement/{HERS}?guest_list=names",
    f"/api/v1/announcement/{HERS}?as_of=7",
    f"/api/v1/announcement/{HIS}?as_of=8",
    "/api/v1/announcements?status=Done",
    f"/api/v1/announcement/{HIS}/bookings",
    f"/api/v1/announcement/{HERS}/booking/me",
    f"/api/v1/announcement/{HIS}/booking/{ANNA}",
    "/api/v1/bookings?role=author",
    "/api/v1/schedule",
    f"/api/v1/history/announcement/{HERS}",
    f"/api/v1/history/announcement/{HIS}",
    f"/api/v1/history/announcement/{HERS}?as_of=7",
    f"/api/v1/booking/{HIS.replace('2f0e', '3f0e')}/why",
    f"/api/v1/rating/{HERS}/{ANNA}",
    f"/api/v1/user/{ANNA}/rating",
    f"/a/{HERS}",
)
"""Reads that show Boris something that Anna wrote."""

PHONE: Final = "5f0e0000-0000-4000-8000-000000000001"


class Cell:
    """A journal with its read side."""

    def __init__(
        self,
        chain: Chain,
        journal: SqliteJournal,
        tables: asyncpg.Pool,
        analytics: ChdbAnalytics,
        reads: ReadSide,
    ) -> None:
        self.chain = chain
        self._journal = journal
        self._tables = tables
        self.analytics = analytics
        self.reads = reads

    async def project(self) -> None:
        """Bring tables and history to the end of the chain. No text is emptied yet."""
        await self.chain.write_to(self._journal)
        await follow(self._journal, PostgresSink(self._tables), self.chain.seq)
        history = HistoryService(self._journal, self.analytics)
        await history.start()
        await eventually(lambda: history.position >= self.chain.seq)
        await history.stop()

    async def read_all(self) -> dict[str, str]:
        """Return the answers of all reads that show texts to Boris, by address."""
        answers = {path: await self.reads.get(path, BORIS) for path in ADDRESSES}
        assert {reply.status for reply in answers.values()} == {200}
        return {path: reply.text for path, reply in answers.items()}


@pytest.fixture
async def erasing_cell(
    postgres_dsn: str, tables: asyncpg.Pool, sqlite_journal: SqliteJournal, tmp_path: Path
) -> AsyncIterator[Cell]:
    analytics = ChdbAnalytics(tmp_path / "chdb")
    async with read_side(postgres_dsn, analytics=analytics) as reads:
        found = Cell(live_until_erasure(), sqlite_journal, tables, analytics, reads)
        await found.project()
        yield found
    await analytics.close()


async def test_no_read_shows_what_an_erased_person_wrote(erasing_cell: Cell) -> None:
    before = await erasing_cell.read_all()
    shown = [path for path, text in before.items() if CANARY in text]
    assert shown == list(ADDRESSES), "each of them shows something of Anna's"
    erase_anna(erasing_cell.chain)
    await erasing_cell.project()
    after = await erasing_cell.read_all()
    assert [path for path, text in after.items() if CANARY in text] == []
    for path in (f"/api/v1/announcement/{HERS}", f"/api/v1/user/{ANNA}/rating"):
        assert ERASED_NAME in after[path]
    assert "come" in after[f"/api/v1/history/announcement/{HIS}"], "what Boris wrote stays"
    await WordScrubber(erasing_cell.analytics).scrub()
    assert await erasing_cell.read_all() == after, "the history itself shows the same"


async def test_nobody_is_shown_why_an_erased_super_user_called_an_evening_off(
    erasing_cell: Cell,
) -> None:
    """Somebody who is neither the author nor a guest wrote it."""
    chain = erasing_cell.chain
    chain.commit(*announced(OFF, BORIS, "his", system_clock() + timedelta(hours=90)), actor=BORIS)
    off = {"type": "announcement.cancelled.v1", "announcement_id": OFF, "version": 3}
    chain.commit(off | {"by": "operator", "reason": f"{CANARY} off"}, actor=ANNA)
    called_off = chain.seq
    await erasing_cell.project()
    paths = (
        f"/api/v1/history/announcement/{OFF}",
        f"/api/v1/announcement/{OFF}?as_of={called_off}",
    )
    for path in paths:
        assert CANARY in (await erasing_cell.reads.get(path, BORIS)).text
    erase_anna(chain)
    await erasing_cell.project()
    for path in paths:
        reply = await erasing_cell.reads.get(path, BORIS)
        assert reply.status == 200
        assert CANARY not in reply.text


async def test_what_the_person_writes_after_coming_back_is_shown(erasing_cell: Cell) -> None:
    chain = erasing_cell.chain
    erase_anna(chain)
    chain.commit(seen(ANNA, "Anna again"), actor=ANNA)
    again = booked("requested", HIS, BORIS, ANNA, message="may I after all?")
    chain.commit(again, actor=ANNA)
    await erasing_cell.project()
    await WordScrubber(erasing_cell.analytics).scrub()
    answers = await erasing_cell.read_all()
    assert [path for path, text in answers.items() if CANARY in text] == []
    trail = f"/api/v1/history/announcement/{HIS}"
    for path in (trail, f"/api/v1/announcement/{HIS}/booking/{ANNA}"):
        assert "may I after all?" in answers[path]
        assert "Anna again" in answers[path]


async def test_a_search_finds_nothing_by_erased_words(erasing_cell: Cell) -> None:
    search = f"/api/v1/announcements?status=Done&q={CANARY}"
    assert len((await erasing_cell.reads.get(search, BORIS)).body) == 1
    erase_anna(erasing_cell.chain)
    await erasing_cell.project()
    assert (await erasing_cell.reads.get(search, BORIS)).body == []


async def test_a_client_that_knows_the_text_is_not_told_that_it_is_unchanged(
    erasing_cell: Cell,
) -> None:
    path = f"/api/v1/announcement/{HERS}"
    tag = (await erasing_cell.reads.get(path, BORIS)).headers["ETag"]
    assert (await erasing_cell.reads.get(path, BORIS, If_None_Match=tag)).status == 304
    erase_anna(erasing_cell.chain)
    await erasing_cell.project()
    assert (await erasing_cell.reads.get(path, BORIS, If_None_Match=tag)).status == 200


async def test_the_feed_of_an_erased_person_is_revoked(erasing_cell: Cell) -> None:
    reads = erasing_cell.reads
    old = (await reads.get("/api/v1/schedule/feed", ANNA)).body["url"]
    made = {"type": "feed.made.v1", "feed_id": PHONE, "person_id": ANNA, "name": "phone"}
    erasing_cell.chain.commit(made, actor=ANNA)
    await erasing_cell.project()
    phone = (await reads.get(f"/api/v1/schedule/feeds/{PHONE}", ANNA)).body["url"]
    for one in (old, phone):
        assert (await reads.get(one)).status == 200
    erase_anna(erasing_cell.chain)
    await erasing_cell.project()
    for one in (old, phone):
        assert (await reads.get(one)).status == 404
    new = (await reads.get("/api/v1/schedule/feed", ANNA)).body["url"]
    assert (await reads.get(new)).status == 200
