"""Damaged events on their way into the tables: the readers park what the tables cannot hold,
and come to the end of the journal."""

import asyncio
from contextlib import suppress
from random import Random

import asyncpg
import pytest

from contracts.journal.records import Commit, UnreadableRecord, decode_record, hash_record
from notifier.reader import NoticeReader
from notifier.store.outbox import NoticeOutbox
from projector.read_models.postgres.sink import PostgresSink
from runtime.journal.sqlite import SqliteJournal
from tests.cells.projector_cell import follow
from tests.histories.chain import Chain
from tests.histories.damaged import damage, rechain
from tests.histories.random_people import RandomPeople
from tests.waiting import WITHIN_S

MUTANTS = 250
SEEDS = (20, 21)


def damaged_history(seed: int) -> Chain:
    """A history, and behind it damaged events in whole frames."""
    random = Random(seed)
    chain = RandomPeople(seed).live(60).chain
    whole = list(chain.payloads)
    taken = 0
    while taken < MUTANTS:
        mutant = damage(random.choice(whole), random)
        mutant = rechain(mutant, chain.seq + 1, hash_record(chain.payloads[-1]))
        try:
            record = decode_record(mutant)
        except UnreadableRecord:
            continue
        if isinstance(record, Commit) and (record.term, record.seq) == (1, chain.seq + 1):
            chain.payloads.append(mutant)
            taken += 1
    return chain


@pytest.mark.parametrize("seed", SEEDS)
async def test_the_projector_comes_to_the_end(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal, seed: int
) -> None:
    chain = damaged_history(seed)
    await chain.write_to(sqlite_journal)
    await follow(sqlite_journal, PostgresSink(tables), chain.seq)


@pytest.mark.parametrize("seed", SEEDS)
async def test_the_notifier_comes_to_the_end(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal, seed: int
) -> None:
    chain = damaged_history(seed)
    await chain.write_to(sqlite_journal)
    reader = NoticeReader(sqlite_journal, NoticeOutbox(tables))
    running = asyncio.create_task(reader.run())
    reached = asyncio.create_task(reader.reach(chain.seq, WITHIN_S))
    await asyncio.wait([running, reached], return_when=asyncio.FIRST_COMPLETED)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running  # Raises what ended it before.
    assert await reached
