"""The adapters keep what the port promises, and what each promises besides.

integration/runtime/test_journal_durability kills processes and brokers.
"""

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from threading import Event
from typing import Final
from uuid import uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from runtime.journal.kafka import KafkaJournal
from runtime.journal.kafka_topics import ADMIN_TIMEOUT_S, TOPIC_CHANGE_POLL_S, create_topic
from runtime.journal.port import (
    Journal,
    JournalError,
    JournalTruncated,
    JournalUnavailable,
    WriterLost,
)
from runtime.journal.sqlite import JournalLocked, SqliteJournal
from runtime.journal.sqlite_file import BESIDE
from runtime.journal.sqlite_writer import GROUP_ENTRIES_MAX
from tests.contract.journal_contract import (
    JournalContract,
    append_all,
    numbered,
    payloads_of,
    read,
    read_from_start,
)
from tests.servers.choice import Broker

HOLD_LOCK: Final = """
import asyncio, sys
from pathlib import Path
from runtime.journal.sqlite import SqliteJournal

async def main():
    journal = SqliteJournal(Path(sys.argv[1]))
    await (await journal.open_writer()).append(b"theirs")
    print("locked", flush=True)
    sys.stdin.read()

asyncio.run(main())
"""


class TestSqliteJournal(JournalContract):
    @pytest.fixture
    async def journal(self, tmp_path: Path) -> AsyncIterator[Journal]:
        journal = SqliteJournal(tmp_path / "data" / "journal.sqlite")
        yield journal
        await journal.close()

    async def test_stamps_come_from_the_clock(self, tmp_path: Path) -> None:
        journal = SqliteJournal(tmp_path / "journal.sqlite", clock=lambda: 1_234)
        writer = await journal.open_writer()
        assert await writer.append(b"entry") == (0, 1_234)
        await journal.close()

    async def test_only_one_process_writes_and_others_may_read(self, tmp_path: Path) -> None:
        path = tmp_path / "journal.sqlite"
        holder = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", HOLD_LOCK, str(path)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert await holder.stdout.readline() == b"locked\n"
        journal = SqliteJournal(path)
        with pytest.raises(JournalLocked):
            await journal.open_writer()
        assert payloads_of(await read_from_start(journal, 1)) == [b"theirs"]
        os.kill(holder.pid, signal.SIGKILL)
        await holder.wait()
        writer = await journal.open_writer()
        assert (await writer.append(b"ours")).offset == 1
        await journal.close()

    async def test_a_second_journal_of_one_process_is_locked_out_until_the_first_closes(
        self, tmp_path: Path
    ) -> None:
        first, second = [SqliteJournal(tmp_path / "journal.sqlite") for _ in range(2)]
        await first.open_writer()
        with pytest.raises(JournalLocked):
            await second.open_writer()
        await first.close()
        await second.open_writer()
        await second.close()

    async def test_a_failed_commit_loses_the_writer_and_a_fresh_one_goes_on(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "journal.sqlite"
        journal = SqliteJournal(path)
        writer = await journal.open_writer()
        await writer.append(b"stored")
        with monkeypatch.context() as patch:
            patch.setattr("runtime.journal.sqlite_file.INSERT", "INSERT INTO nowhere VALUES ()")
            with pytest.raises(JournalError, match="commit failed"):
                await writer.append(b"not stored")
        with pytest.raises(WriterLost):
            await writer.append(b"too late")
        fresh = await journal.open_writer()
        assert (await fresh.append(b"next")).offset == 1
        assert payloads_of(await read_from_start(journal, 2)) == [b"stored", b"next"]
        await journal.close()

    async def test_what_a_writer_has_queued_is_dropped_when_it_closes(self, tmp_path: Path) -> None:
        closed = Event()

        def wait_until_closed() -> int:
            closed.wait()
            return 0

        journal = SqliteJournal(tmp_path / "journal.sqlite", clock=wait_until_closed)
        writer = await journal.open_writer()
        places = [writer.append(payload) for payload in numbered("entry", 2 * GROUP_ENTRIES_MAX)]
        await writer.close()
        closed.set()
        outcomes = await asyncio.gather(*places, return_exceptions=True)
        stored = sum(not isinstance(outcome, WriterLost) for outcome in outcomes)
        assert stored < len(places)
        assert await journal.end() == stored
        await journal.close()

    async def test_entries_taken_out_of_the_file_are_noticed(self, tmp_path: Path) -> None:
        path = tmp_path / "journal.sqlite"
        journal = SqliteJournal(path)
        await append_all(await journal.open_writer(), numbered("entry", 10))
        await journal.close()
        with sqlite3.connect(path) as connection:
            connection.execute("DELETE FROM entries WHERE offset = 4")
        connection.close()
        damaged = SqliteJournal(path)
        cursor = await damaged.open_cursor(0)
        with pytest.raises(JournalTruncated):
            await read(cursor, 10)
        await damaged.close()

    async def test_a_file_that_is_no_database_is_lost_history(self, tmp_path: Path) -> None:
        path = tmp_path / "journal.sqlite"
        path.write_bytes(b"not a database" * 1_000)
        journal = SqliteJournal(path)
        cursor = await journal.open_cursor(0)
        with pytest.raises(JournalTruncated):
            await cursor.fetch(0.05)
        await journal.close()

    async def test_a_damaged_table_is_lost_history_to_a_writer_too(self, tmp_path: Path) -> None:
        path = tmp_path / "journal.sqlite"
        journal = SqliteJournal(path)
        await append_all(await journal.open_writer(), numbered("entry", 1_000))
        await journal.close()
        size = path.stat().st_size
        with path.open("r+b") as file:
            file.seek(4_096)  # The first page, which describes the tables, stays.
            file.write(b"\xff" * (size - 4_096))
        damaged = SqliteJournal(path)
        with pytest.raises(JournalTruncated):
            await damaged.open_writer()
        await damaged.close()

    async def test_a_reader_far_behind_and_one_at_the_end_see_the_same(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("runtime.journal.sqlite.RECENT_BYTES_MAX", 10_000)
        journal = SqliteJournal(tmp_path / "journal.sqlite")
        writer = await journal.open_writer()
        cursor = await journal.open_cursor(0)
        tailing = asyncio.create_task(read(cursor, 5_000))
        for start in range(0, 5_000, 100):
            await append_all(writer, numbered("entry", 5_000)[start : start + 100])
        assert await tailing == await read_from_start(journal, 5_000)
        await journal.close()

    async def test_what_a_dropped_log_left_goes_with_the_next_opening(self, tmp_path: Path) -> None:
        """A kill while a log is dropped may leave its write-ahead log, with erased texts."""
        path = tmp_path / "journal.sqlite"
        gone = [
            f"{name}{kept}" for name in (path, tmp_path / "journal.r9.sqlite") for kept in BESIDE
        ]
        for name in gone:
            Path(name).write_bytes(b"erased")
        later = SqliteJournal(path).at_generation(20)
        await append_all(await later.open_writer(), [b"entry"])
        assert not [name for name in gone if Path(name).exists()]
        assert payloads_of(await later.read_stored(0)) == [b"entry"]
        await later.close()

    async def test_a_log_that_cannot_be_deleted_is_an_error_of_the_port(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "journal.sqlite-wal").mkdir()
        journal = SqliteJournal(tmp_path / "journal.sqlite")
        with pytest.raises(JournalUnavailable):
            await journal.drop()
        await journal.close()

    async def test_a_reader_in_another_process_sees_new_entries(self, tmp_path: Path) -> None:
        path = tmp_path / "journal.sqlite"
        reading, writing = SqliteJournal(path), SqliteJournal(path)
        cursor = await reading.open_cursor(0)
        assert not await cursor.fetch(0.01)
        await (await writing.open_writer()).append(b"entry")
        assert payloads_of(await read(cursor, 1)) == [b"entry"]
        await reading.close()
        await writing.close()


class TestKafkaJournal(JournalContract):
    @pytest.fixture
    def journal(self, kafka_server: Broker, kafka_topic: str) -> Journal:
        return KafkaJournal(kafka_server.bootstrap_servers, kafka_topic)

    async def test_a_missing_topic_is_not_made_by_asking(self, kafka_server: Broker) -> None:
        journal = KafkaJournal(kafka_server.bootstrap_servers, "never-made")
        with pytest.raises(JournalUnavailable, match="no topic"):
            await journal.open_writer()
        with pytest.raises(JournalUnavailable, match="no topic"):
            await journal.open_cursor(0)
        with pytest.raises(JournalUnavailable, match="no topic"):
            await journal.end()

    async def test_a_topic_without_one_order_is_refused(self, kafka_server: Broker) -> None:
        topic = f"two-{uuid4().hex}"
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka_server.bootstrap_servers)
        await admin.start()
        await admin.create_topics([NewTopic(topic, 2, 1)])
        async with asyncio.timeout(ADMIN_TIMEOUT_S):
            while topic not in await admin.list_topics():  # The broker learns of it later.
                await asyncio.sleep(TOPIC_CHANGE_POLL_S)
        await admin.close()
        with pytest.raises(JournalError, match="2 partitions"):
            await KafkaJournal(kafka_server.bootstrap_servers, topic).open_writer()

    async def test_creating_a_topic_again_changes_nothing(
        self, kafka_server: Broker, kafka_topic: str
    ) -> None:
        journal = KafkaJournal(kafka_server.bootstrap_servers, kafka_topic)
        writer = await journal.open_writer()
        await writer.append(b"entry")
        await create_topic(kafka_server.bootstrap_servers, kafka_topic, replication_factor=1)
        assert await journal.end() == 1
        await writer.close()

    async def test_a_topic_is_not_made_again_once_the_journal_was_renewed(
        self, kafka_server: Broker, kafka_topic: str
    ) -> None:
        journal = KafkaJournal(kafka_server.bootstrap_servers, kafka_topic)
        await journal.at_generation(9).create()
        await journal.drop()
        await create_topic(kafka_server.bootstrap_servers, kafka_topic, replication_factor=1)
        assert await journal.list_generations() == [9]

    async def test_more_replicas_than_brokers_are_refused(self, kafka_server: Broker) -> None:
        with pytest.raises(JournalUnavailable, match="InvalidReplicationFactor"):
            await create_topic(kafka_server.bootstrap_servers, f"three-{uuid4().hex}")
