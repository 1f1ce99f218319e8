"""What a journal acknowledged is there after its process or its broker was killed.

Without its broker nothing is confirmed, nobody waits for ever, and it recovers by itself.
"""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from launcher.servers.kafka import KafkaServer
from runtime.journal.kafka import KafkaJournal
from runtime.journal.kafka_topics import create_topic
from runtime.journal.port import JournalError, JournalUnavailable, JournalWriter, WriterLost
from runtime.journal.sqlite import SqliteJournal
from tests.conftest import running
from tests.contract.journal_contract import (
    append_all,
    numbered,
    payloads_of,
    read,
    read_from_start,
)
from tests.waiting import WITHIN_S

SCRIPT = Path(__file__).with_name("append_until_killed.py")
TIMEOUT_S = 3.0
SLACK_S = 20.0  # Less than an append takes by default until it is given up.
KILLS = 3


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaServer]:
    """One that may be killed."""
    yield from running(KafkaServer(tmp_path_factory.mktemp("broker")))


@pytest.fixture
async def topic(broker: KafkaServer) -> str:
    topic = f"journal-{uuid4().hex}"
    await create_topic(broker.bootstrap_servers, topic, replication_factor=1)
    return topic


@pytest.fixture
def kafka_journal(broker: KafkaServer, topic: str) -> KafkaJournal:
    return KafkaJournal(broker.bootstrap_servers, topic)


@pytest.fixture
def hasty(broker: KafkaServer, topic: str) -> KafkaJournal:
    """The same journal for a caller who gives up soon."""
    return KafkaJournal(
        broker.bootstrap_servers, topic, connect_timeout_s=TIMEOUT_S, append_timeout_s=TIMEOUT_S
    )


async def open_writer_soon(journal: KafkaJournal) -> JournalWriter:
    """As a follower does: until the broker takes one again."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            try:
                return await journal.open_writer()
            except JournalUnavailable:
                await asyncio.sleep(0.1)


async def test_sqlite_keeps_every_acknowledged_entry_when_its_process_is_killed(
    tmp_path: Path,
) -> None:
    path = tmp_path / "journal.sqlite"
    acknowledged = 0
    for _ in range(KILLS):
        acknowledged += kill_after_lines(path, 2_000)
        journal = SqliteJournal(path)
        end = await journal.end()
        entries = await read_from_start(journal, end)
        await journal.close()
        assert end >= acknowledged
        assert [entry.offset for entry in entries] == list(range(end))
        acknowledged = end


def kill_after_lines(path: Path, lines: int) -> int:
    """How many entries the process had acknowledged when it was killed."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.integration.runtime.append_until_killed", str(path)],
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    printed = [child.stdout.readline() for _ in range(lines)]
    os.kill(child.pid, signal.SIGKILL)
    printed += child.stdout.readlines()
    child.stdout.close()
    child.wait()
    return len([line for line in printed if line.endswith(b"\n")])


async def test_kafka_keeps_every_acknowledged_entry_when_its_broker_is_killed(
    broker: KafkaServer, kafka_journal: KafkaJournal
) -> None:
    writer = await kafka_journal.open_writer()
    cursor = await kafka_journal.open_cursor(0)
    await append_all(writer, numbered("before", 2_000))
    more = [writer.append(payload) for payload in numbered("during", 2_000)]
    await broker.kill()
    outcomes = await asyncio.gather(*more, return_exceptions=True)
    acknowledged = [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
    await writer.close()
    await broker.start()
    fresh = await open_writer_soon(kafka_journal)
    await fresh.append(b"after")
    entries = await read(cursor, await kafka_journal.end())
    kept = {entry.offset: entry.payload for entry in entries}
    assert payloads_of(entries)[:2_000] == numbered("before", 2_000)
    for place, payload in zip(acknowledged, numbered("during", 2_000), strict=False):
        assert kept[place.offset] == payload
    assert entries[-1].payload == b"after"
    await cursor.close()
    await fresh.close()


async def test_without_a_broker_everything_fails_in_time_and_recovers(
    broker: KafkaServer, hasty: KafkaJournal
) -> None:
    writer = await open_writer_soon(hasty)
    await writer.append(b"before")
    await broker.kill()
    async with asyncio.timeout(TIMEOUT_S + SLACK_S):
        with pytest.raises(JournalError):
            await writer.append(b"unknown")
    with pytest.raises(WriterLost):
        await writer.append(b"too late")
    for attempt in (
        hasty.open_writer(),
        hasty.open_cursor(0),
        hasty.end(),
    ):
        async with asyncio.timeout(TIMEOUT_S + SLACK_S):
            with pytest.raises(JournalUnavailable):
                await attempt
    await writer.close()
    await broker.start()
    fresh = await open_writer_soon(hasty)
    assert (await fresh.append(b"after")).offset >= 1
    await fresh.close()


async def test_on_a_frozen_broker_appends_fail_in_time_and_closing_is_bounded(
    broker: KafkaServer, kafka_journal: KafkaJournal, hasty: KafkaJournal
) -> None:
    writer = await open_writer_soon(hasty)
    cursor = await kafka_journal.open_cursor(0)
    await writer.append(b"before")
    await broker.freeze()
    try:
        places = [writer.append(payload) for payload in numbered("entry", 10)]
        async with asyncio.timeout(TIMEOUT_S + SLACK_S):
            outcomes = await asyncio.gather(*places, return_exceptions=True)
        assert all(isinstance(outcome, JournalError) for outcome in outcomes)
        for closing in (writer.close(), cursor.close()):
            async with asyncio.timeout(TIMEOUT_S + SLACK_S):
                await closing
        with pytest.raises(JournalUnavailable):
            await hasty.open_writer()
    finally:
        broker.thaw()


async def test_a_writer_closed_on_a_frozen_broker_sends_nothing_more(
    broker: KafkaServer, kafka_journal: KafkaJournal
) -> None:
    writer = await kafka_journal.open_writer()
    await writer.append(b"before")
    await broker.freeze()
    try:
        in_flight = writer.append(b"in flight")
        await asyncio.sleep(0)  # The sender takes it, so the next one is not in its batch.
        waiting = writer.append(b"waiting")
        async with asyncio.timeout(SLACK_S):
            await writer.close()
        assert isinstance(in_flight.exception(), JournalError)
        assert isinstance(waiting.exception(), WriterLost)
    finally:
        broker.thaw()
    fresh = await open_writer_soon(kafka_journal)
    last = await fresh.append(b"fresh")
    await fresh.close()
    stored = payloads_of(await read_from_start(kafka_journal, last.offset + 1))
    assert stored in ([b"before", b"fresh"], [b"before", b"in flight", b"fresh"])
