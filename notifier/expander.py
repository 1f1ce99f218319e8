"""Turns fan-outs into notices: one to each follower of an author, once UGC has named them."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from contracts.errors import DependencyDown, DependencyRefused
from contracts.values.ids import PersonId
from notifier.delivery.backoff import Backoff
from notifier.delivery.decisions import INTERNAL_ERROR
from notifier.delivery.leases import LeasedFanOut
from notifier.matching.digests import choose_people
from notifier.planning.notice_plan import NoticeSource, expand_fanout
from notifier.rights import NOT_FOR_FOLLOWERS, TOO_LATE
from notifier.state import KnownAnnouncement
from notifier.store.queue import NoticeQueue
from runtime.outside.ports import UgcClient
from runtime.postgres.tables import RowsRefused, TablesUnavailable
from runtime.process.clock import Clock
from runtime.process.clock_watch import ClockWrong
from runtime.traces.spans import continuing

log = logging.getLogger(__name__)


class FanOutExpander:
    """Expands fan-outs. Any number of expanders may run, in any processes."""

    def __init__(
        self,
        queue: NoticeQueue,
        ugc: UgcClient,
        clock: Clock,
        *,
        lease: timedelta,
        backoff: Backoff,
        random: Random,
    ) -> None:
        self._queue = queue
        self._ugc = ugc
        self._clock = clock
        self._lease = lease
        self._backoff = backoff
        self._random = random

    async def expand_due(self, limit: int) -> bool:
        """Expand the next fan-outs that are due, `limit` at most and one of each author. Returns
        False if there were none, or if UGC did not answer. Raises TablesUnavailable and
        ClockWrong."""
        now = self._clock()
        sources = await self._queue.lease_fanouts(now, now + self._lease, limit)
        expanded = await asyncio.gather(*map(self._work_off, sources), return_exceptions=True)
        for one in expanded:
            if isinstance(one, BaseException):
                raise one
        return any(expanded)

    async def _work_off(self, source: NoticeSource) -> bool:
        """Do what `_expand_one` does, in the trace of the request that caused the fan-out."""
        with continuing("expand fan-out", source.traceparent, {"practix.position": source.seq}):
            return await self._expand_one(source)

    async def _expand_one(self, source: NoticeSource) -> bool:
        """Expand a leased fan-out. Returns False if UGC did not answer. Raises TablesUnavailable
        and ClockWrong."""
        try:
            leased = await self._queue.read_fanout(source)
            return True if leased is None else await self._expand(leased)
        except (TablesUnavailable, ClockWrong):
            raise
        except Exception:  # Whatever is wrong with a fan-out must stop that one alone.
            log.exception("fan-out not expanded", extra={"position": source.seq})
            await self._queue.set_fanout_state(source, "parked", INTERNAL_ERROR)
            return True

    async def _expand(self, leased: LeasedFanOut) -> bool:
        """Expand the fan-out if it still may be. Returns False if UGC did not answer."""
        source, effect, now = leased.fanout.source, leased.fanout.effect, self._clock()
        announcement = await self._queue.load_announcement(effect.announcement_id)
        if (
            announcement is None
            or not announcement.takes_place
            or announcement.visibility == "invite"
        ):
            await self._queue.set_fanout_state(source, "dropped", NOT_FOR_FOLLOWERS)
        elif now >= effect.expires_at:
            await self._queue.set_fanout_state(source, "parked", TOO_LATE)
        else:
            return await self._expand_to_followers(leased, announcement, now)
        return True

    async def _expand_to_followers(
        self, leased: LeasedFanOut, announcement: KnownAnnouncement, now: datetime
    ) -> bool:
        """Ask UGC and write the notices, also for the digests of those whose plan it fits. Returns
        False if UGC did not answer."""
        source, author_id = leased.fanout.source, leased.fanout.effect.author_id
        try:
            followers: Sequence[PersonId] = await self._ugc.followers(author_id)
        except DependencyRefused as error:
            await self._queue.set_fanout_state(
                source, "parked", f"ugc refused it with {error.status}"
            )
            return True
        except DependencyDown:
            try_at = now + self._backoff.pause(leased.attempts, self._random)
            await self._queue.set_fanout_state(source, "waiting", "ugc does not answer", try_at)
            return False
        try:
            notices = list(expand_fanout(leased.fanout, followers))
            planners = await self._queue.load_planners(announcement.movie_id)
            matched = choose_people(announcement, planners, followers)
            await self._queue.finish_fanout(leased.fanout, notices, matched)
        except RowsRefused:
            await self._queue.set_fanout_state(source, "parked", "ugc names what are no ids")
        return True
