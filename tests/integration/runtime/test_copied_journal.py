"""The journal is copied out of Kafka while it grows, and back into an empty broker."""

import asyncio
from asyncio import Future
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pytest

from contracts.journal.acceptance import JournalBroken, ReaderState
from contracts.journal.records import Barrier, Commit, hash_record
from deploy.copy_journal import FILE, SkippedTerm, back_up, find_position, restore, skip
from deploy.create_topic import TopicSettings
from runtime.journal import sqlite_file
from runtime.journal.kafka import KafkaJournal
from runtime.journal.kafka_topics import create_topic
from runtime.journal.port import (
    Appended,
    Journal,
    JournalExists,
    JournalUnavailable,
    JournalWriter,
)
from runtime.journal.tail import Tail
from tests.contract.journal_contract import read_from_start
from tests.histories.chain import Chain
from tests.servers.choice import Broker

NOT_OURS: Final = b'{"not": "a record"}'


@pytest.fixture
def settings(kafka_server: Broker, kafka_topic: str) -> TopicSettings:
    return TopicSettings(
        kafka_bootstrap_servers=kafka_server.bootstrap_servers, practix_journal_topic=kafka_topic
    )


@pytest.fixture
def journal(settings: TopicSettings) -> Journal:
    return journal_of(settings)


def journal_of(settings: TopicSettings) -> KafkaJournal:
    assert settings.practix_journal_topic is not None
    return KafkaJournal(settings.kafka_bootstrap_servers, settings.practix_journal_topic)


def elsewhere(settings: TopicSettings) -> TopicSettings:
    """Return the settings of a broker that has no such topic yet."""
    topic = f"{settings.practix_journal_topic}-restored"
    return settings.model_copy(update={"practix_journal_topic": topic})


def grow(chain: Chain, records: int) -> None:
    for _ in range(records):
        chain.barrier(chain.now)


async def read_all(journal: Journal) -> list[tuple[int, bytes]]:
    entries = await read_from_start(journal, await journal.end())
    return [(one.offset, one.payload) for one in entries]


async def test_every_entry_is_restored_at_its_offset(
    settings: TopicSettings, journal: Journal, tmp_path: Path
) -> None:
    chain = Chain()
    grow(chain, 200)
    await chain.write_to(journal)
    assert await back_up(settings, tmp_path) == 201
    grow(chain, 1_500)
    await chain.write_to(journal)
    assert await back_up(settings, tmp_path) == 1_701, "the second time it adds what came since"

    other = elsewhere(settings)
    assert await restore(other, tmp_path) == 1_701
    assert await read_all(journal_of(other)) == await read_all(journal)
    assert await restore(other, tmp_path) == 1_701, "repeating it changes nothing"
    assert await journal_of(other).end() == await journal.end()


async def test_a_journal_that_grows_is_copied_up_to_where_it_was(
    settings: TopicSettings, journal: Journal, tmp_path: Path
) -> None:
    chain = Chain()
    grow(chain, 100)
    await chain.write_to(journal)

    enough = asyncio.Event()

    async def go_on() -> None:
        while not enough.is_set():
            grow(chain, 10)
            await chain.write_to(journal)

    async with asyncio.TaskGroup() as growing:
        growing.create_task(go_on())
        position = await back_up(settings, tmp_path)
        enough.set()
    assert position > 100
    other = elsewhere(settings)
    assert await restore(other, tmp_path) == position
    restored = await read_all(journal_of(other))
    assert restored == (await read_all(journal))[: len(restored)]


async def test_a_restore_that_was_cut_short_goes_on(
    settings: TopicSettings, journal: Journal, tmp_path: Path
) -> None:
    chain = Chain()
    grow(chain, 20)
    await chain.write_to(journal)
    await back_up(settings, tmp_path)
    other = elsewhere(settings)
    await create_topic(
        other.kafka_bootstrap_servers, str(other.practix_journal_topic), replication_factor=1
    )
    writer = await journal_of(other).open_writer()
    for payload in chain.payloads[:5]:
        await writer.append(payload)
    await writer.close()
    await restore(other, tmp_path)
    assert await read_all(journal_of(other)) == await read_all(journal)


async def test_a_renewed_journal_is_restored_under_its_number(
    settings: TopicSettings, journal: Journal, tmp_path: Path
) -> None:
    renewed = journal.at_generation(120)
    await renewed.create()
    await journal.drop()
    chain = Chain()
    grow(chain, 20)
    await chain.write_to(renewed)
    await back_up(settings, tmp_path)
    other = elsewhere(settings)
    await create_topic(
        other.kafka_bootstrap_servers, str(other.practix_journal_topic), replication_factor=1
    )
    await restore(other, tmp_path)
    assert await journal_of(other).list_generations() == [120]
    assert await read_all(journal_of(other).at_generation(120)) == await read_all(renewed)


async def test_nothing_is_mixed_with_another_journal(
    settings: TopicSettings, journal: Journal, tmp_path: Path
) -> None:
    chain, rival = Chain(), Chain()
    grow(chain, 20)
    await chain.write_to(journal)
    await back_up(settings, tmp_path)
    other = elsewhere(settings)
    await create_topic(
        other.kafka_bootstrap_servers, str(other.practix_journal_topic), replication_factor=1
    )
    rival.commit()
    await rival.write_to(journal_of(other))
    with pytest.raises(JournalExists):
        await restore(other, tmp_path)
    with pytest.raises(JournalExists):
        await back_up(other, tmp_path)


async def test_what_is_no_journal_is_refused(
    settings: TopicSettings, journal: Journal, tmp_path: Path
) -> None:
    with pytest.raises(JournalUnavailable):
        await restore(elsewhere(settings), tmp_path / "nothing")
    writer = await journal.open_writer()
    await writer.append(NOT_OURS)
    await writer.close()
    with pytest.raises(JournalBroken):
        await back_up(settings, tmp_path)


async def test_an_edited_copy_is_not_restored(
    settings: TopicSettings, journal: Journal, tmp_path: Path
) -> None:
    chain = Chain()
    grow(chain, 20)
    await chain.write_to(journal)
    await back_up(settings, tmp_path)
    connection = sqlite_file.open_for_writing(tmp_path / FILE)
    connection.execute(
        "UPDATE entries SET payload = CAST(replace(CAST(payload AS TEXT), '2030', '2031') AS BLOB)"
        " WHERE offset = 5"
    )
    connection.close()
    other = elsewhere(settings)
    with pytest.raises(JournalBroken):
        await restore(other, tmp_path)
    assert await journal_of(other).list_generations() == []


async def test_a_restored_journal_goes_on_behind_positions_that_were_lost(
    settings: TopicSettings, journal: Journal
) -> None:
    chain = Chain()
    grow(chain, 20)
    chain.commit()
    await chain.write_to(journal)
    assert await skip(settings, 5_000) == 5_000
    assert await skip(settings, 4_000) == 5_000, "it is there already"
    tail = Tail(journal, pinned=True)
    dates: set[datetime] = set()
    while tail.seen_offset < await journal.end() - 1:
        dates.update(
            one.record.decided_at
            for one in await tail.fetch(1.0)
            if isinstance(one.record, Commit | Barrier)
        )
    await tail.close()
    state = tail.position.state
    assert (state.seq, state.open, tail.ignored) == (5_000, False, 0)
    assert dates == {chain.now}, "log time stands still"


class RivalBefore:
    """A log into which a command process appends just before so many of our entries."""

    def __init__(self, inner: Journal, ours: int, rival: Sequence[bytes]) -> None:
        self._inner = inner
        self._ours = ours
        self._rival = rival

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def open_writer(self) -> "RivalWriter":
        return RivalWriter(await self._inner.open_writer(), self._ours, self._rival)


class RivalWriter:
    def __init__(self, inner: JournalWriter, ours: int, rival: Sequence[bytes]) -> None:
        self._inner = inner
        self._left = ours
        self._rival = rival

    def append(self, payload: bytes) -> Future[Appended]:
        if self._left == 0:
            for one in self._rival:
                self._inner.append(one)
        self._left -= 1
        return self._inner.append(payload)

    async def close(self) -> None:
        await self._inner.close()


@pytest.mark.parametrize(("ours", "records"), [(0, 1), (0, 2), (1, 1)])
async def test_a_command_process_that_still_runs_is_not_disturbed(
    settings: TopicSettings,
    journal: Journal,
    monkeypatch: pytest.MonkeyPatch,
    ours: int,
    records: int,
) -> None:
    """Its Claim lands before ours, or its late one after ours."""
    chain = Chain()
    grow(chain, 20)
    await chain.write_to(journal)
    term = SkippedTerm(ReaderState(1, chain.seq, hash_record(chain.payloads[-1])))
    rival = [term.claim("rival"), term.barrier(chain.now)][:records]
    monkeypatch.setattr(
        KafkaJournal, "at_generation", lambda log, _number: RivalBefore(log, ours, rival)
    )
    if ours:
        assert await skip(settings, 5_000) == 5_000
    else:
        with pytest.raises(JournalUnavailable, match="command process"):
            await skip(settings, 5_000)
    assert await find_position(journal) == (5_000 if ours else chain.seq + records)
