"""Finds where to begin: at a checkpoint that the journal bears out, or at its first record."""

import logging
from typing import Final

from command_api.image.store import Checkpoint, ImageStore, StoreDamaged
from contracts.values.describing import describe_error
from runtime.journal.lineage import Position, find_place
from runtime.journal.port import Journal

log = logging.getLogger(__name__)

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
        log.warning(SET_ASIDE, extra={"reason": describe_error(damage)})
        await store.set_aside()
        return None
    log.info("checkpoint", extra={"seq": checkpoint.seq})
    return checkpoint


async def confirm(journal: Journal, position: Position) -> None:
    """Raises StoreDamaged unless the journal has the record of `position`, byte for byte or as a
    renewal carried it over (R4).

    As each record has the hash of the one before it, all records before it are confirmed as
    well. Raises JournalUnavailable.
    """
    if await find_place(journal, position) is None:
        raise StoreDamaged(f"the journal does not have its position, {position.state.seq}")
