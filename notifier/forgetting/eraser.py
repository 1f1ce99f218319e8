"""Carries out erasures: in our tables, and at Notification for what was sent.

It works beside the dispatcher and does little at a time, so that ordinary notices go on
however many people are erased at once. Any number of erasers may run, in any processes. What
is still to be done is in the tables, and everything may be done twice.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime
from random import Random, SystemRandom
from time import monotonic
from typing import Final, NoReturn

from contracts.errors import DependencyDown, DependencyRefused
from contracts.values.describing import describe_error
from contracts.values.personal import ERASED_NAME, show_text
from notifier.delivery.backoff import Backoff
from notifier.delivery.decisions import Recipient, compose
from notifier.delivery.leases import DeliveryContext, LeasedNotice
from notifier.delivery.preferences import DEFAULT
from notifier.store.forgetting.erasures import ErasureStore, Retracted
from notifier.store.queue import NoticeQueue
from runtime.outside.ports import NotificationClient, PersonProfile, Retraction
from runtime.postgres.tables import TablesUnavailable
from runtime.process.clock import Clock

log = logging.getLogger(__name__)

RETRACTED_AT_ONCE: Final = 50
"""How many notices one call retracts at most."""
CHARS_AT_ONCE: Final = 50_000
"""How many characters of texts one call has at most, unless a single notice has more."""
POLL_S: Final = 1.0
"""How often to look if nothing was to be done."""
TRACES_EVERY_S: Final = 600.0
"""The shortest time between two removals of old rows from the disk."""
TRACES_AGAIN_S: Final = 60.0
"""When to try again if the tables were in use: others wait while this waits for them."""
BACKOFF: Final = Backoff()


class Eraser:
    """Erases the texts of erased people from what the notifier tells and has told."""

    def __init__(
        self,
        store: ErasureStore,
        queue: NoticeQueue,
        notification: NotificationClient,
        clock: Clock,
        random: Random | None = None,
    ) -> None:
        self._store = store
        self._queue = queue
        self._notification = notification
        self._clock = clock
        self._random = random or SystemRandom()
        self._traces_at = 0.0
        """Before this time no traces are removed."""

    async def run(self) -> NoReturn:
        """Carry out erasures for ever, however long the tables or Notification may be away."""
        while True:
            try:
                progressed = await self.carry_out_some()
            except TablesUnavailable:
                progressed = False  # The dispatcher reports it.
            if not progressed:
                await asyncio.sleep(POLL_S)

    async def carry_out_some(self) -> bool:
        """Do one small step of each kind. Returns False if there is nothing to do now. Raises
        TablesUnavailable."""
        erased = await self._store.erase_some()
        retracted = await self._retract_some()
        emptied = await self._empty_next_inbox()
        if erased or retracted or emptied:
            return True
        return await self._remove_traces()

    async def _retract_some(self) -> bool:
        """Let Notification show some notices without the texts of erased people. Returns False
        if there is none to retract, or if that failed."""
        now = self._clock()
        due = await self._store.load_retractions(now, RETRACTED_AT_ONCE)
        if not due:
            return False
        composed = await self._compose(due)
        if composed is None:
            return False  # The tables show the past.
        chosen = _fit(composed)
        due = due[: len(chosen)]
        try:
            await self._notification.retract(chosen)
        except (DependencyDown, DependencyRefused) as error:
            self._note_failure(error, due[0].attempts)
            await self._store.put_off_retractions(due, self._next_try(now, due[0].attempts))
            return False
        await self._store.finish_retractions(due)
        return True

    async def _empty_next_inbox(self) -> bool:
        """Let Notification empty the inbox of one erased person. Returns False if there is none
        to empty, or if that failed."""
        now = self._clock()
        inbox = await self._store.next_inbox(now)
        if inbox is None:
            return False
        try:
            await self._notification.empty_inbox(inbox.person_id, inbox.erased_at)
        except (DependencyDown, DependencyRefused) as error:
            self._note_failure(error, inbox.attempts)
            await self._store.put_off_inbox(inbox, self._next_try(now, inbox.attempts))
            return False
        await self._store.finish_inbox(inbox)
        return True

    async def _remove_traces(self) -> bool:
        """Remove old rows from the disk, but not too often: that takes a moment in which nothing
        else can use the tables. Returns False if there are none, or if it is too early."""
        now_s = monotonic()
        if now_s < self._traces_at:
            return False
        try:
            removed = await self._store.remove_traces()
        except TablesUnavailable:
            self._traces_at = now_s + TRACES_AGAIN_S
            raise
        if removed:
            self._traces_at = now_s + TRACES_EVERY_S
        return removed

    async def _compose(self, retracted: Sequence[Retracted]) -> list[Retraction] | None:
        """Return what is to be shown from now on; None while the journal is being read again."""
        notices = [one.notice for one in retracted if one.notice is not None]
        context = await self._queue.load_context(notices)
        composed = []
        for one in retracted:
            if one.notice is None:  # So nothing says in whose language.
                composed.append(Retraction(one.key, title=ERASED_NAME, text=""))
                continue
            again = await self._compose_again(one.notice, one.told_at, context)
            if again is None:
                return None
            composed.append(again)
        return composed

    async def _compose_again(
        self, notice: LeasedNotice, told_at: datetime | None, context: DeliveryContext
    ) -> Retraction | None:
        """Return the notice as it would have been told without the texts; None while the journal
        is being read again. A notice that cannot be written is shown without any text."""
        profile = context.people.get(notice.recipient, PersonProfile(notice.recipient, ""))
        recipient = Recipient(profile, context.preferences.get(notice.recipient, DEFAULT))
        title = show_text(ERASED_NAME, recipient.addressee.language)
        textless = Retraction(notice.key, title, text="")
        if notice.announcement_id is None:
            return textless
        relation = await self._queue.load_relation(notice.announcement_id, notice.recipient)
        if relation is None:
            return None
        names: dict[str, str] = {
            person_id: person.name for person_id, person in context.people.items()
        }
        try:
            told = compose(notice, recipient, relation, names, "", told_at or notice.due_at)
        except Exception:  # An erasure must not stop at a notice that cannot be written.
            log.exception("notice retracted without a text", extra={"notice": notice.id})
            return textless
        return Retraction(notice.key, title=told.title, text=told.text)

    def _next_try(self, now: datetime, attempts: int) -> datetime:
        return now + BACKOFF.pause(attempts + 1, self._random)

    def _note_failure(self, error: Exception, attempts: int) -> None:
        if attempts == 0 or isinstance(error, DependencyRefused):
            log.warning("Notification did not erase: %s", describe_error(error))


def _fit(retractions: Sequence[Retraction]) -> list[Retraction]:
    """Return the first ones, as many as one call may have, at least one."""
    chosen: list[Retraction] = []
    chars = 0
    for one in retractions:
        chars += len(one.title) + len(one.text)
        if chosen and chars > CHARS_AT_ONCE:
            break
        chosen.append(one)
    return chosen
