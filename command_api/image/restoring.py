"""Finds where to begin: at a checkpoint that the journal bears out, or at its first record."""

import logging
from typing import Final

from command_api.image.store import Checkpoint, ImageStore, StoreDamaged
from contracts.journal.records import hash_record
from runtime.journal.port import Journal, JournalTruncated
from runtime.journal.tail import START, Position

log = logging.getLogger(__name__)

FETCH_WAIT_S: Final = 1.0
SET_ASIDE: Final = "checkpoint set aside: the whole journal is folded"


async def restore(store: ImageStore, journal: Journal) -> Checkpoint | None:
    """Return the store's checkpoint; None if the journal has to be folded from its beginning.

    A store that cannot be used is set aside, and the reason is logged in one line. Raises
    JournalUnavailable: then nothing has changed, and it can be tried again. Raises
    StoreUnavailable if there is no store and none can be made.
    """
    try:
        if store.damage is not None:
            raise store.damage
        checkpoint = await store.open()
        if checkpoint is None:
            log.info("no checkpoint: the whole journal is folded")
            return None
        await confirm(journal, checkpoint.position)
    except StoreDamaged as damage:
        log.warning(SET_ASIDE, extra={"reason": str(damage)})
        await store.set_aside()
        return None
    log.info("checkpoint", extra={"seq": checkpoint.seq})
    return checkpoint


async def confirm(journal: Journal, position: Position) -> None:
    """Raises StoreDamaged unless the journal has the record of `position`, byte for byte (R4).

    As each record has the hash of the one before it, all records before it are confirmed as
    well. Raises JournalUnavailable.
    """
    if position == START:
        return
    cursor = await journal.open_cursor(position.offset)
    try:
        entries = await cursor.fetch(FETCH_WAIT_S)
        while not entries and await journal.end() > position.offset:
            entries = await cursor.fetch(FETCH_WAIT_S)
    except JournalTruncated as error:
        raise StoreDamaged(f"the journal does not have its position: {error}") from error
    finally:
        await cursor.close()
    if not entries or entries[0].offset != position.offset:
        raise StoreDamaged(f"the journal ends before its position, {position.offset}")
    if hash_record(entries[0].payload) != position.state.hash:
        raise StoreDamaged("it is of another journal")
