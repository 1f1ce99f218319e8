"""Copies the journal out of Kafka into a folder, and back: `python -m deploy.copy_journal`.

`backup FOLDER` works while the system runs. Each entry keeps its offset, so readers find their
places in a restored topic. A second backup into the same folder adds what came since.
`restore FOLDER` fills a topic that is not there, or is empty. If a command was interrupted, give it
again. Both read the copy from its beginning by the rules of every reader, so an edited or a damaged
one is noticed.

`skip POSITION` lets a restored journal go on behind that position. If the copy ends before what was
acknowledged, positions that people and outside services know must not come again: keys of
notices are made of them.

Settings are those of `deploy/create_topic.py`. The account may be an administrator's.
"""

import asyncio
import os
import secrets
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from contracts.journal.acceptance import JournalBroken, ReaderState
from contracts.journal.records import Barrier, Claim, Commit, Resign, encode_record, hash_record
from deploy.create_topic import TIMEOUT_S, TopicSettings
from runtime.journal.kafka import KafkaJournal
from runtime.journal.kafka_topics import Topics, topic_of, topic_of_generation
from runtime.journal.port import Journal, JournalError, JournalExists, JournalUnavailable
from runtime.journal.sqlite import SqliteJournal
from runtime.journal.tail import START, Position, Tail
from runtime.process.private_files import OTHERS, close_to_others
from runtime.service.settings import load_settings_or_exit

FILE: Final = "journal.sqlite"
FETCH_WAIT_S: Final = 1.0
SILENCE_MAX: Final = 30
"""So many fetches in a row may bring nothing."""
SKIPPED_AT_ONCE: Final = 1_000
IN_THE_WAY: Final = "a command process appends as well: stop all of them, and try again"


async def back_up(settings: TopicSettings, folder: Path) -> int:
    """Bring the copy in the folder up to the end of the journal, and return its position.

    Raises JournalError, also while the journal is being renewed, and JournalBroken.
    """
    kafka = _open_kafka(settings)
    source = kafka.at_generation(_demand_one(await kafka.list_generations(), "Kafka"))
    file = SqliteJournal(folder / FILE)
    try:
        copied = await file.list_generations()
        if copied not in ([], [source.generation]):
            raise JournalExists(f"{folder} has an earlier journal: name a folder of its own")
        target = file.at_generation(source.generation)
        await copy_entries(source, target)
        return await find_position(target)
    finally:
        await file.close()
        close_to_others(folder)


async def restore(settings: TopicSettings, folder: Path) -> int:
    """Fill the topic from the folder, and return the position. Raises JournalError if there is a
    journal with other entries, and JournalBroken."""
    kafka = _open_kafka(settings)
    file = SqliteJournal(folder / FILE)
    try:
        source = file.at_generation(_demand_one(await file.list_generations(), str(folder)))
        position = await find_position(source)
        target = kafka.at_generation(source.generation)
        await _prepare_topic(settings, kafka, target)
        await copy_entries(source, target)
        return position
    finally:
        await file.close()


async def skip(settings: TopicSettings, position: int) -> int:
    """Append records that change nothing until the journal is at the position or behind it, and
    return where it is. No command process may run. If one does, its records are left as they are.
    Raises JournalError, also if one was in the way, and JournalBroken."""
    kafka = _open_kafka(settings)
    log = kafka.at_generation(_demand_one(await kafka.list_generations(), "Kafka"))
    found, decided_at = await _read_end(log)
    if found.state.seq >= position:
        return found.state.seq
    skipped = SkippedTerm(found.state)
    claim = skipped.claim(secrets.token_hex(16))
    payloads = [skipped.barrier(decided_at) for _ in range(skipped.seq, position - 1)]
    payloads.append(skipped.resign())
    writer = await log.open_writer()
    try:
        await writer.append(claim)
        # Only a Claim that was read back counts (L1). In another's term what follows would break
        # the journal for every reader (R3).
        claimed, _ = await _read_end(log, found)
        if claimed.state.hash != hash_record(claim):
            raise JournalUnavailable(IN_THE_WAY)
        for first in range(0, len(payloads), SKIPPED_AT_ONCE):
            part = payloads[first : first + SKIPPED_AT_ONCE]
            await asyncio.gather(*[writer.append(one) for one in part])
    finally:
        await writer.close()
    reached, _ = await _read_end(log, claimed)
    if reached.state.seq < position:
        raise JournalUnavailable(IN_THE_WAY)
    return reached.state.seq


class SkippedTerm:
    """Records of one term that continue a journal."""

    def __init__(self, state: ReaderState) -> None:
        self.seq, self._term, self._hash = state.seq, state.term + 1, state.hash

    def claim(self, nonce: str) -> bytes:
        return self._encode(Claim(self._term, self.seq + 1, self._hash, nonce, leader_url=""))

    def barrier(self, at: datetime) -> bytes:
        return self._encode(Barrier(self._term, self.seq + 1, self._hash, at))

    def resign(self) -> bytes:
        return self._encode(Resign(self._term, self.seq + 1, self._hash))

    def _encode(self, record: Claim | Barrier | Resign) -> bytes:
        payload = encode_record(record)
        self.seq, self._hash = record.seq, hash_record(payload)
        return payload


async def copy_entries(source: Journal, target: Journal) -> None:
    """Append to `target` what it lacks of `source`, each entry at its offset.

    Raises JournalExists if it has other entries, and another JournalError.
    """
    end, offset = await source.end(), await target.end()
    if offset and (
        offset > end or await _read_at(source, offset) != await _read_at(target, offset)
    ):
        raise JournalExists("there are entries that the other journal does not have")
    cursor, writer = await source.open_cursor(offset), await target.open_writer()
    silent = 0
    try:
        while offset < end:
            entries = (await cursor.fetch(FETCH_WAIT_S))[: end - offset]
            silent = 0 if entries else silent + 1
            if silent > SILENCE_MAX:
                raise JournalUnavailable(f"entry {offset} does not come")
            for place in await asyncio.gather(*[writer.append(one.payload) for one in entries]):
                if place.offset != offset:
                    raise JournalExists(f"entry {offset} has become {place.offset}")
                offset += 1
    finally:
        await writer.close()
        await cursor.close()


async def find_position(journal: Journal) -> int:
    """Return the position of the newest record that counts. Raises JournalBroken."""
    return (await _read_end(journal))[0].state.seq


async def _read_end(journal: Journal, begin: Position = START) -> tuple[Position, datetime]:
    """Return the position of the newest record, and the newest date behind `begin`."""
    tail = Tail(journal, begin, pinned=True)
    newest = datetime.now(UTC)
    try:
        end = await journal.end()
        while tail.moved_to is None and tail.seen_offset < end - 1:
            for one in await tail.fetch(FETCH_WAIT_S):
                if isinstance(one.record, Commit | Barrier):
                    newest = one.record.decided_at
            if not tail.available:
                raise JournalUnavailable("the journal cannot be read")
    finally:
        await tail.close()
    return tail.position, newest


async def _read_at(journal: Journal, end: int) -> bytes:
    """Return the entry before `end`."""
    cursor = await journal.open_cursor(end - 1)
    try:
        for _ in range(SILENCE_MAX):
            if entries := await cursor.fetch(FETCH_WAIT_S):
                return entries[0].payload
    finally:
        await cursor.close()
    raise JournalUnavailable(f"entry {end - 1} does not come")


async def _prepare_topic(settings: TopicSettings, kafka: KafkaJournal, target: Journal) -> None:
    """Make the topic. Empty ones of other numbers go: readers would begin there."""
    there = await kafka.list_generations()
    for number in there:
        other = kafka.at_generation(number)
        if number != target.generation:
            if await other.end():
                raise JournalExists("there is another journal already")
            await other.drop()
    if target.generation not in there:
        topic = topic_of_generation(_topic(settings), target.generation)
        topics = Topics(settings.kafka_bootstrap_servers, TIMEOUT_S, _options(settings))
        await topics.create(topic, settings.practix_replication_factor)


def _demand_one(generations: Sequence[int], where: str) -> int:
    if not generations:
        raise JournalUnavailable(f"there is no journal in {where}")
    if len(generations) > 1:
        raise JournalUnavailable("the journal is being renewed; try again when that is done")
    return generations[0]


def _open_kafka(settings: TopicSettings) -> KafkaJournal:
    return KafkaJournal(
        settings.kafka_bootstrap_servers, _topic(settings), client_options=_options(settings)
    )


def _topic(settings: TopicSettings) -> str:
    return settings.practix_journal_topic or topic_of(settings.practix_cell)


def _options(settings: TopicSettings) -> dict[str, Any]:
    return settings.kafka.client_options()


def main(arguments: Sequence[str]) -> None:
    os.umask(OTHERS)
    settings = load_settings_or_exit(TopicSettings)
    match arguments:
        case ["backup" as verb, folder]:
            work = back_up(settings, Path(folder))
        case ["restore" as verb, folder]:
            work = restore(settings, Path(folder))
        case ["skip" as verb, position] if position.isdecimal():
            work = skip(settings, int(position))
        case _:
            sys.exit("python -m deploy.copy_journal backup FOLDER|restore FOLDER|skip POSITION")
    try:
        reached = asyncio.run(work)
    except (JournalError, JournalBroken, OSError) as error:
        sys.exit(f"{verb}: {error}")
    print(f"{verb}: the journal is at position {reached}")


if __name__ == "__main__":
    main(sys.argv[1:])
