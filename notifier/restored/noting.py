"""Notes in a restored outbox that it is older than the journal.

Notification knows the keys of what was sent meanwhile, but a key is the same again only if the
same facts join the same notice. So nothing may go before all of them have been read. What
targets other than webhooks were sent they do not know again: an operator decides.
"""

from typing import Final, NamedTuple

import asyncpg

from notifier.store.outbox import NoticeOutbox
from runtime.journal.port import Journal, JournalUnavailable
from runtime.journal.tail import Tail
from runtime.postgres.tables import transaction

FETCH_WAIT_S: Final = 1.0

SET_RESTORED: Final = """
    UPDATE notifier.reader_position SET restored_seq = $1
    WHERE reader = 'notifier' AND restored_seq < $1
"""
# An operator may have retried a parked one.
UNSETTLE: Final = """
    UPDATE notifier.publications SET state = 'unsettled', unsettled = true, holder = NULL,
        reason = 'may_have_arrived'
    WHERE wanted AND posted_revision IS NULL AND state IN ('waiting', 'sending', 'parked')
"""
# Streams tell notices in the order of their transactions. Another server's numbers say nothing.
FORGET_TRANSACTIONS: Final = """
    UPDATE notifier.notices SET changed_xid = 0 WHERE changed_xid <> 0
"""
FORGET_TRANSACTIONS_OF_CLICKS: Final = """
    UPDATE notifier.clicks SET changed_xid = 0 WHERE changed_xid <> 0
"""
# Whoever copies from the outbox begins anew.
RENEW_EPOCH: Final = "UPDATE notifier.outbox_epoch SET epoch = gen_random_uuid()"


class Restored(NamedTuple):
    """The positions of a restored outbox and of the journal."""

    position: int
    """Position up to which the outbox had read the journal."""
    end: int
    """Position of the journal's newest record."""


async def note_restored(journal: Journal, pool: asyncpg.Pool) -> Restored:
    """Keep what the outbox sends back until it has caught up with the journal.

    No notifier may run. Raises JournalError, TablesUnavailable, and JournalBroken if the journal
    does not continue what the outbox has read: it is older, or another one.
    """
    begin = await NoticeOutbox(pool).position()
    end = await _find_newest(Tail(journal, begin))
    await _save(pool, end)
    return Restored(begin.state.seq, end)


async def _find_newest(tail: Tail) -> int:
    """Return the position of the newest record, reading from the tail's position on."""
    try:
        end = await tail.find_end()
        while tail.moved_to is not None or not tail.confirmed or tail.seen_offset < end - 1:
            moving = tail.moved_to is not None
            await tail.fetch(FETCH_WAIT_S)
            if not tail.available:
                raise JournalUnavailable("the journal cannot be reached")
            if moving and tail.moved_to is None:
                end = await tail.find_end()
    finally:
        await tail.close()
    return tail.position.state.seq


async def _save(pool: asyncpg.Pool, seq: int) -> None:
    """Note that everything up to the position `seq` may have been sent before."""
    async with transaction(pool) as connection:
        await connection.execute(SET_RESTORED, seq)
        await connection.execute(UNSETTLE)
        await connection.execute(FORGET_TRANSACTIONS)
        await connection.execute(FORGET_TRANSACTIONS_OF_CLICKS)
        await connection.execute(RENEW_EPOCH)
