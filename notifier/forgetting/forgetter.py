"""Forgets who was told what, once it is old enough: finished notices, fan-outs and clicks. Also
forgets, after a day, how deleted notices to erased people ended: analysts' copies have it then.

Time is the journal's: the newest record that the notifier has taken over says what day it is.
So a clock set wrong forgets nothing, and a notifier that reads an old journal keeps what the
original kept.

Notification forgets first. An erasure finds by our rows where a person's name and words were
sent; once they are gone, nothing of what was sent may be left.

Nothing is sent twice. What the journal says up to `told_seq` is never planned again, also if
the position was set back. If `told_seq` itself comes from a back-up, a forgotten notice may be
planned again, and no row has its key any more. But a row is forgotten only once its end
(`expires_at`) is over, and an operator can only put that off. The one that is planned anew has
the end that follows from the journal, so it is over as well: the dispatcher skips the notice as
too late and parks the fan-out, without calling anybody.
"""

import asyncio
import logging
from datetime import UTC, datetime, time, timedelta
from typing import Final, NoReturn

from contracts.errors import DependencyDown, DependencyRefused
from contracts.values.describing import describe_error
from notifier import metrics
from notifier.clicks.store import ClickStore
from notifier.forgetting.retention import KEEP_DAYS
from notifier.store.forgetting.finished import ForgettingStore
from runtime.outside.ports import NotificationClient
from runtime.postgres.tables import TablesUnavailable

log = logging.getLogger(__name__)

ROWS_AT_ONCE: Final = 200
LOOK_EVERY_S: Final = 60.0
PAUSE_S: Final = 0.1
"""Between two batches, so that ordinary notices go on."""


class Forgetter:
    """Keeps what was told in the last `keep_days` days. Any number of forgetters may run."""

    def __init__(
        self,
        store: ForgettingStore,
        notification: NotificationClient,
        keep_days: int = KEEP_DAYS,
        rows_at_once: int = ROWS_AT_ONCE,
        clicks: ClickStore | None = None,
    ) -> None:
        self._store = store
        self._notification = notification
        self._keep_days = keep_days
        self._clicks = clicks
        self._rows_at_once = rows_at_once
        self._newest: datetime | None = None
        self._notification_failed = False

    def note_taken_over(self, decided_at: datetime) -> None:
        """Note the log time of a record that the notifier has taken over."""
        self._newest = decided_at if self._newest is None else max(self._newest, decided_at)

    @property
    def kept_from(self) -> datetime | None:
        """The begin of the first day (UTC) of which everything is kept; None if no record has
        said what day it is."""
        if self._newest is None:
            return None
        day = self._newest.astimezone(UTC).date() - timedelta(days=self._keep_days)
        return datetime.combine(day, time(), UTC)

    async def run(self) -> NoReturn:
        """Forget for ever, however long the tables or Notification may be away."""
        while True:
            try:
                progressed = await self.forget_some()
            except TablesUnavailable:
                progressed = False  # The dispatcher reports it.
            await asyncio.sleep(PAUSE_S if progressed else LOOK_EVERY_S)

    async def forget_some(self) -> bool:
        """Forget some notices, fan-outs and clicks. Returns False if there is nothing to do now.
        Raises TablesUnavailable."""
        deleted = await self._store.forget_deleted(self._rows_at_once)
        before = self.kept_from
        if before is None:
            return deleted > 0
        notices = await self._forget_notices(before)
        fanouts = await self._store.delete_fanouts(before, self._rows_at_once)
        clicks = 0
        if self._clicks is not None:
            clicks = await self._clicks.delete_before(before, self._rows_at_once)
        metrics.FORGOTTEN.inc(notices + fanouts)
        return deleted + notices + fanouts + clicks > 0

    async def _forget_notices(self, before: datetime) -> int:
        """Forget some notices, at Notification and then here. Returns how many it were."""
        old = await self._store.select_notices(before, self._rows_at_once)
        if not old:
            return 0
        try:
            for recipient in dict.fromkeys(one.recipient for one in old if one.may_have_arrived):
                await self._notification.empty_inbox(recipient, before)
        except (DependencyDown, DependencyRefused) as error:
            if not self._notification_failed:
                log.warning("Notification did not forget: %s", describe_error(error))
            self._notification_failed = True
            return 0
        self._notification_failed = False
        return await self._store.delete_notices(before, [one.id for one in old])
