"""Parks events of a notifier, and retries them."""

from datetime import datetime
from functools import partial
from typing import Any

from contracts.journal.places import EventPlace
from notifier.dead_letters.retrying import LateRetrying
from notifier.dead_letters.stored import LETTERS
from notifier.planning import fold
from notifier.store.operators.acts import Signature
from runtime.dead_letters.table import FIRST, DeadLetters, StoppedKey
from tests.cells.notifier_cell import NotifierCell
from tests.older_build import DoesNotKnow, knowing_less

older_build = partial(knowing_less, fold)
"""Folds as a build of the notifier does that cannot decode some events."""


async def park(cell: NotifierCell, does_not_know: DoesNotKnow) -> None:
    """Follow the history with a build that does not know some events."""
    with older_build(does_not_know):
        await cell.read()


async def retry(
    cell: NotifierCell,
    place: EventPlace | None = None,
    *,
    dry_run: bool = False,
    at: datetime | None = None,
) -> dict[str, Any]:
    """Return the result of a retry."""
    retrying = LateRetrying(cell.journal, cell.pool, Signature("olga", at or cell.now))
    lines = [line async for line in retrying.run(place, dry_run=dry_run)]
    return lines[-1]


async def list_parked(cell: NotifierCell) -> list[StoppedKey]:
    return list(await DeadLetters(cell.pool, LETTERS).select(FIRST, 100))
