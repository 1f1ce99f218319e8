"""Sends due notices, over and over. Any number of dispatchers may run, in any processes.

Notification gets every notice at least once, and delivers each key once. If a dispatcher is
killed between sending a notice and recording that, the notice is sent again under the same key.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random, SystemRandom
from typing import Final, NamedTuple, NoReturn

from msgspec.structs import replace

from contracts.errors import DependencyDown, DependencyRefused
from contracts.values.describing import describe_error
from contracts.values.ids import PersonId
from notifier import metrics
from notifier.delivery.backoff import Backoff
from notifier.delivery.decisions import (
    INTERNAL_ERROR,
    Recipient,
    compose,
    compose_personal,
    end_if_too_late,
    erase_begun,
    hold_back,
    mark_unsettled,
)
from notifier.delivery.leases import DeliveryContext, DeliveryResult, LeasedNotice
from notifier.delivery.overlaps import name_overlaps
from notifier.delivery.preferences import DEFAULT
from notifier.delivery.spans import delivering, tell_result
from notifier.expander import FanOutExpander
from notifier.kinds import find_obstacle, needs_following
from notifier.matching.digests import PLAN_MATCH, describe_evening, fits
from notifier.policies.facts import NoticeFacts, people_in
from notifier.rights import ERASED, NO_FOLLOWER, Relation
from notifier.short_links import ShortLinks
from notifier.store.queue import NoticeQueue
from runtime.calls.store_retry import StoreRetry
from runtime.outside.ports import (
    AuthClient,
    NotificationClient,
    PersonProfile,
    UgcClient,
)
from runtime.postgres.tables import TablesUnavailable
from runtime.process.clock import Clock
from runtime.process.clock_watch import ClockWrong

log = logging.getLogger(__name__)

DISPATCHERS: Final = 2
NOTIFICATION: Final = "notification"
UNKNOWN_PERSON: Final = "unknown_person"
NO_TABLES: Final = "PostgreSQL does not answer"
NOTHING_FITS: Final = "nothing_fits"
REBUILDING: Final = "the notifier is reading the journal again"


class DispatcherPace(NamedTuple):
    """How much a dispatcher does at once, and how long it waits."""

    at_once: int = 32
    """How many notices are being sent at the same time."""
    batch: int = 256
    """How many notices are leased together."""
    fanouts: int = 8
    """How many fan-outs are expanded together."""
    poll_s: float = 1.0
    """How often to look if nothing was due: other processes write, and time passes."""
    lease: timedelta = timedelta(seconds=120)
    """Longer than a batch takes even if every call runs into its deadline."""
    look_s: float = 5.0
    """How often to look for leases of dead dispatchers."""
    backoff: Backoff = Backoff()


class Dispatcher:
    """Sends notices and expands fan-outs that are due."""

    def __init__(
        self,
        queue: NoticeQueue,
        *,
        notification: NotificationClient,
        links: ShortLinks,
        auth: AuthClient,
        ugc: UgcClient,
        clock: Clock,
        pace: DispatcherPace = DispatcherPace(),  # noqa: B008 - immutable
        random: Random | None = None,
    ) -> None:
        """While `clock` raises ClockWrong nothing is due, and nothing is too late."""
        self._queue = queue
        self._notification = notification
        self._links = links
        self._auth = auth
        self._ugc = ugc
        self._clock = clock
        self._pace = pace
        self._random = random or SystemRandom()
        self._expander = FanOutExpander(
            queue, ugc, clock, lease=pace.lease, backoff=pace.backoff, random=self._random
        )
        self._slots = asyncio.Semaphore(pace.at_once)
        self._woken = asyncio.Event()
        self._store_retry = StoreRetry("outbox", TablesUnavailable)
        self.tables_available = True
        """Whether the outbox answered when it was last asked; True before that."""
        self._clock_right = True

    def wake(self) -> None:
        """Make `run` look at once, because something may be due."""
        self._woken.set()

    async def run(self) -> NoReturn:
        """Dispatch for ever, however long the outbox may be away or the clock wrong."""
        try:
            while True:
                self._woken.clear()
                if not await self._dispatch():
                    await self._pause()
        finally:
            await self._queue.session.close()

    async def _dispatch(self) -> bool:
        """Do what `dispatch_due` does, within a session. Returns False also if PostgreSQL is away
        or the clock is wrong."""
        try:
            await self._queue.session.keep(self._clock, self._pace.look_s)
            progressed = await self.dispatch_due()
        except TablesUnavailable as error:
            if self.tables_available:
                log.warning("outbox unavailable: %s", describe_error(error))
            self.tables_available = False
            await self._queue.session.close()  # Frees what is leased and not yet sent.
            return False
        except ClockWrong as error:
            if self._clock_right:
                log.error("clock is wrong, nothing is sent: %s", describe_error(error))
            self._clock_right = False
            return False
        self.tables_available = self._clock_right = True
        return progressed

    async def dispatch_due(self) -> bool:
        """Deal with some fan-outs and one batch of notices that are due. Returns False if there is
        no point in going on at once: nothing was due, or the outside services took nothing.
        Raises TablesUnavailable and ClockWrong."""
        # First, so that an announcement still joins the digests that are due now.
        expanded = await self._expander.expand_due(self._pace.fanouts)
        return await self._send_batch() or expanded

    async def _send_batch(self) -> bool:
        """Send a batch of notices and record the results. Returns False if none was due, or the
        outside services took none. Raises TablesUnavailable and ClockWrong."""
        now = self._clock()
        leased = await self._queue.lease(now, now + self._pace.lease, self._pace.batch)
        if not leased:
            return False
        results = await self._work_off(leased)
        unread = set(leased) - {one.id for one in results}
        # What was sent must be recorded before anything else is done.
        await self._store_retry.attempt_until_available(lambda: self._queue.record(results, unread))
        metrics.count_results(results)
        return any(one.state != "waiting" or one.untried for one in results)

    async def _work_off(self, leased: Sequence[int]) -> list[DeliveryResult]:
        """Deliver the leased notices, and return the results of those that still waited. If they
        cannot be read together, each is read by itself, and parked if it cannot be read."""
        try:
            notices = await self._queue.read(leased)
            context = await self._queue.load_context(notices)
        except TablesUnavailable:
            raise
        except Exception:  # Whatever is wrong with a row must stop that row alone.
            if len(leased) > 1:
                return [result for one in leased for result in await self._work_off([one])]
            log.exception("notice not readable", extra={"notice": leased[0]})
            return [DeliveryResult(leased[0], "parked", INTERNAL_ERROR)]
        # What an erasure has not come to yet is not told all the same.
        notices = [erase_begun(one, context.erasures) for one in notices]
        return await asyncio.gather(*(self._deliver(one, context) for one in notices))

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(self._pace.poll_s):
                await self._woken.wait()
        except TimeoutError:
            pass

    async def _deliver(self, notice: LeasedNotice, context: DeliveryContext) -> DeliveryResult:
        with delivering(notice) as span:
            result = mark_unsettled(notice, await self._attempt(notice, context))
            tell_result(notice, result, span)
        return result

    async def _attempt(self, notice: LeasedNotice, context: DeliveryContext) -> DeliveryResult:
        try:
            now = self._clock()
        except ClockWrong:
            return DeliveryResult(notice.id, "waiting", try_at=notice.due_at, untried=True)
        if (over := end_if_too_late(notice, now)) is not None:
            return over
        try:
            async with self._slots:
                return await self._send(notice, context, now)
        except DependencyRefused as error:
            reason = f"{error.name} refused it with {error.status}"
            return DeliveryResult(notice.id, "parked", reason)
        except DependencyDown as error:
            retry = self._retry_later(notice, f"{error.name} does not answer", now)
            return retry._replace(unsettled=error.name == NOTIFICATION and error.maybe_done)
        except TablesUnavailable:
            return self._retry_later(notice, NO_TABLES, now)
        except Exception:  # A mistake of ours must stop this notice alone.
            log.exception("notice not sent", extra={"notice": notice.id})
            return DeliveryResult(notice.id, "parked", INTERNAL_ERROR)

    async def _send(
        self, notice: LeasedNotice, context: DeliveryContext, now: datetime
    ) -> DeliveryResult:
        """Send the notice unless preferences or rights forbid it. Raises DependencyDown,
        DependencyRefused and TablesUnavailable."""
        if context.is_erased_for(notice):
            return DeliveryResult(notice.id, "dropped", ERASED)
        person = await self._find_person(notice.recipient, context)
        if person is None:
            return DeliveryResult(notice.id, "parked", UNKNOWN_PERSON)
        recipient = Recipient(person, context.preferences.get(notice.recipient, DEFAULT))
        if (held := hold_back(notice, recipient, now)) is not None:
            return held
        if notice.kind == PLAN_MATCH:
            return await self._send_digest(notice, recipient, now)
        if notice.announcement_id is None:
            await self._notification.send(compose_personal(notice, recipient, now))
            return DeliveryResult(notice.id, "sent", sent_at=now)
        names = await self._find_names(notice, context)
        link = await self._links.find(notice.announcement_id)
        # Last of all, because the rights at the moment of sending decide what may be said.
        relation = await self._queue.load_relation(notice.announcement_id, notice.recipient)
        if relation is None:
            return self._retry_later(notice, REBUILDING, now)
        if (reason := await self._find_obstacle(notice, relation)) is not None:
            return DeliveryResult(notice.id, "dropped", reason)
        told = await name_overlaps(notice, self._queue)
        await self._notification.send(compose(told, recipient, relation, names, link, now))
        return DeliveryResult(notice.id, "sent", sent_at=now)

    async def _send_digest(
        self, notice: LeasedNotice, recipient: Recipient, now: datetime
    ) -> DeliveryResult:
        """Send the evenings that still fit the recipient's plans, and that they may still see."""
        wishes = await self._queue.load_wishes(notice.recipient)
        evenings: list[NoticeFacts] = []
        for announcement_id in notice.facts["matches"]:
            relation = await self._queue.load_relation(announcement_id, notice.recipient)
            if relation is None:
                return self._retry_later(notice, REBUILDING, now)
            announcement = relation.announcement
            wish = wishes.get(announcement.movie_id)
            if wish is None or announcement.event_time <= now or relation.booking is not None:
                continue
            if fits(announcement, wish) and await self._find_obstacle(notice, relation) is None:
                link = await self._links.find(announcement_id)
                evenings.append(describe_evening(announcement, link))
        if not evenings:
            return DeliveryResult(notice.id, "dropped", NOTHING_FITS)
        told = replace(notice, facts={"evenings": evenings})
        await self._notification.send(compose_personal(told, recipient, now))
        return DeliveryResult(notice.id, "sent", sent_at=now)

    async def _find_obstacle(self, notice: LeasedNotice, relation: Relation) -> str | None:
        """Return the reason why the recipient may no longer get the notice; None if they may.
        Raises DependencyDown if UGC has to be asked and does not answer."""
        kind, recipient = notice.kind, notice.recipient
        if (reason := find_obstacle(kind, notice.facts, recipient, relation)) is not None:
            return reason
        if needs_following(kind, recipient, relation):
            follows = await self._ugc.follows(relation.announcement.author_id, recipient)
            return None if follows else NO_FOLLOWER
        return None

    def _retry_later(self, notice: LeasedNotice, reason: str, now: datetime) -> DeliveryResult:
        next_at = now + self._pace.backoff.pause(notice.attempts, self._random)
        # At its expiry at the latest: then it is leased once more, and its end is recorded.
        try_at = min(next_at, notice.expires_at)
        return DeliveryResult(notice.id, "waiting", reason, try_at=try_at)

    async def _find_person(
        self, person_id: PersonId, context: DeliveryContext
    ) -> PersonProfile | None:
        if person_id not in context.people:
            person = await self._auth.person(person_id)
            if person is None:
                return None
            context.people[person_id] = person
        return context.people[person_id]

    async def _find_names(self, notice: LeasedNotice, context: DeliveryContext) -> dict[str, str]:
        names: dict[str, str] = {}
        for person_id in people_in(notice.facts):
            person = await self._find_person(person_id, context)
            if person is not None:
                names[person_id] = person.name
        return names
