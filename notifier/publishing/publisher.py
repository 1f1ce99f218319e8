"""Publishes announcements at targets, one post after another.

Any number of publishers may run, in any processes. A post is never sent twice to a target that
could show both: if it is not known whether one arrived, an operator decides.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from random import Random, SystemRandom
from typing import Final, NoReturn
from zoneinfo import ZoneInfo

from contracts.errors import DependencyDown
from contracts.values.describing import describe_error
from contracts.values.targets import TargetName
from notifier.delivery.backoff import Backoff
from notifier.delivery.decisions import INTERNAL_ERROR
from notifier.publishing.steps import (
    Action,
    LeasedPublication,
    OutsidePost,
    PublicationResult,
    choose_step,
    write_post,
)
from notifier.publishing.targets import Delivery, PublishTarget, deliver
from notifier.short_links import ShortLinks
from notifier.state import KnownAnnouncement
from notifier.store.publications import Publications
from notifier.store.queue import NoticeQueue
from runtime.calls.store_retry import StoreRetry
from runtime.postgres.tables import TablesUnavailable
from runtime.process.clock import Clock
from runtime.process.clock_watch import ClockWrong
from runtime.traces.spans import Attributes, continuing

log = logging.getLogger(__name__)

UNKNOWN_TARGET: Final = "unknown_target"
NOT_TAKEN: Final = "target did not take it"
MAY_HAVE_ARRIVED: Final = "may_have_arrived"
POLL_S: Final = 1.0
LOOK_S: Final = 5.0
"""How often to look for leases of dead publishers."""

Deliver = Callable[[PublishTarget, OutsidePost], Awaitable[Delivery]]


class Publisher:
    """Works off publications that are due. Without targets it still ends what nobody can send."""

    def __init__(
        self,
        publications: Publications,
        queue: NoticeQueue,
        links: ShortLinks,
        targets: Mapping[TargetName, PublishTarget],
        clock: Clock,
        cell_zone: ZoneInfo,
        *,
        send: Deliver = deliver,
        backoff: Backoff = Backoff(),  # noqa: B008 - immutable
        random: Random | None = None,
    ) -> None:
        """While `clock` raises ClockWrong nothing is due. `queue` knows the announcements."""
        self._publications = publications
        self._queue = queue
        self._links = links
        self._targets = targets
        self._replacing = [name for name, one in targets.items() if one.replaces]
        self._clock = clock
        self._cell_zone = cell_zone
        self._send = send
        self._backoff = backoff
        self._random = random or SystemRandom()
        self._store_retry = StoreRetry("publications", TablesUnavailable)

    async def run(self) -> NoReturn:
        """Publish for ever, however long the tables may be away or the clock wrong."""
        try:
            while True:
                if not await self._publish():
                    await asyncio.sleep(POLL_S)
        finally:
            await self._publications.session.close()

    async def _publish(self) -> bool:
        """Do what `publish_next` does, within a session. Returns False also if PostgreSQL is away
        or the clock is wrong."""
        try:
            await self._publications.session.keep(self._clock, LOOK_S)
            return await self.publish_next()
        except TablesUnavailable as error:
            log.warning("publications unavailable: %s", describe_error(error))
            await self._publications.session.close()
        except ClockWrong:
            pass  # The dispatcher says so.
        return False

    async def publish_next(self) -> bool:
        """Deal with one publication that is due. Returns False if there was none. Raises
        TablesUnavailable and ClockWrong."""
        leased = await self._publications.lease(self._clock(), self._replacing)
        if leased is None:
            return False
        told: Attributes = {"practix.position": leased.revision, "practix.attempt": leased.attempts}
        with continuing("publish", leased.traceparent, told) as span:
            result = await self._attempt(leased)
            if span is not None:
                span.note({"practix.state": result.state})
        # What a target has taken must be recorded before anything else is done.
        await self._store_retry.attempt_until_available(
            lambda: self._publications.record(leased, result)
        )
        return True

    async def _attempt(self, leased: LeasedPublication) -> PublicationResult:
        try:
            return await self._work_off(leased)
        except DependencyDown as error:
            return self._retry_later(leased, f"{error.name} does not answer")
        except (TablesUnavailable, ClockWrong) as error:
            return self._retry_later(leased, describe_error(error))
        except Exception:  # Whatever is wrong with one must stop that one alone.
            log.exception("not published", extra={"position": leased.revision})
            return PublicationResult("parked", INTERNAL_ERROR, unsettled=leased.unsettled)

    async def _work_off(self, leased: LeasedPublication) -> PublicationResult:
        target = self._targets.get(leased.target)
        announcement = await self._queue.load_announcement(leased.announcement_id)
        replaces = target is not None and target.replaces
        step = choose_step(leased, announcement, self._clock(), replaces=replaces)
        if isinstance(step, PublicationResult):
            return step
        if target is None or announcement is None:
            return PublicationResult("parked", UNKNOWN_TARGET, unsettled=leased.unsettled)
        post = await self._write(leased, step, announcement, target)
        return self._conclude(leased, step, await self._send(target, post), replaces=replaces)

    async def _write(
        self,
        leased: LeasedPublication,
        action: Action,
        announcement: KnownAnnouncement,
        target: PublishTarget,
    ) -> OutsidePost:
        host = await self._publications.find_host_name(leased.author_id)
        link = await self._links.find(leased.announcement_id)
        return write_post(
            leased,
            action,
            announcement,
            host,
            link,
            self._cell_zone,
            target.language,
            replaces=target.replaces,
        )

    def _conclude(
        self, leased: LeasedPublication, action: Action, delivery: Delivery, *, replaces: bool
    ) -> PublicationResult:
        match delivery:
            case "taken":
                return PublicationResult("done", action=action)
            case "not_taken":
                return self._retry_later(leased, NOT_TAKEN)
            case "unknown" if replaces:
                return self._retry_later(leased, MAY_HAVE_ARRIVED)._replace(unsettled=True)
            case "unknown":
                return PublicationResult("unsettled", MAY_HAVE_ARRIVED, unsettled=True)

    def _retry_later(self, leased: LeasedPublication, reason: str) -> PublicationResult:
        try_at = leased.changed_at
        with suppress(ClockWrong):  # It is due again as soon as the clock is right.
            try_at = self._clock() + self._backoff.pause(leased.attempts, self._random)
        return PublicationResult("waiting", reason, unsettled=leased.unsettled, try_at=try_at)
