"""Sends what is due, over and over. Any number may run at once, in any processes.

At least once to Notification, under a key by which it delivers once: a dispatcher killed
between sending and recording sends the same key again.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random, SystemRandom
from typing import Final, NamedTuple, NoReturn

from contracts.errors import DependencyDown, DependencyRefused
from contracts.values.ids import AnnouncementId, PersonId
from notifier import metrics
from notifier.backoff import Backoff
from notifier.delivery import TOO_LATE, Recipient, compose, held_back, missed, owned_up
from notifier.outgoing import expanded
from notifier.preferences import DEFAULT
from notifier.rights import NO_FOLLOWER, Standing, forbidden, needs_following
from notifier.store.queue import Queue, Result, Surroundings, Taken, TakenFanOut
from runtime.calls.store_retry import StoreRetry
from runtime.outside.ports import (
    AuthClient,
    NotificationClient,
    PersonProfile,
    ShortenerClient,
    UgcClient,
)
from runtime.postgres.tables import RowsRefused, TablesUnavailable
from runtime.process.clock import Clock
from runtime.process.clock_watch import ClockWrong

log = logging.getLogger(__name__)

NOTIFICATION: Final = "notification"
UNKNOWN_PERSON: Final = "unknown_person"
NO_TABLES: Final = "PostgreSQL does not answer"
REBUILDING: Final = "the notifier is reading the journal again"
INTERNAL_ERROR: Final = "internal_error"
"""A mistake of ours; the log says which."""


class Pace(NamedTuple):
    at_once: int = 16
    """Messages on their way at the same time."""
    batch: int = 128
    poll_s: float = 1.0
    """How often to look when nothing was due: other processes write, and time passes."""
    lease: timedelta = timedelta(seconds=120)
    """Longer than a whole batch may take, every call at its deadline."""
    look_s: float = 5.0
    """How often to look for what a dispatcher that has died had leased."""
    backoff: Backoff = Backoff()


class Dispatcher:
    def __init__(
        self,
        queue: Queue,
        *,
        notification: NotificationClient,
        shortener: ShortenerClient,
        auth: AuthClient,
        ugc: UgcClient,
        clock: Clock,
        public_url: str = "",
        pace: Pace = Pace(),  # noqa: B008 - immutable
        random: Random | None = None,
    ) -> None:
        """`public_url` is put before `/a/{announcement_id}` where the shortener needs a
        whole address. While `clock` raises ClockWrong nothing is due, and nothing too late."""
        self._queue = queue
        self._notification = notification
        self._shortener = shortener
        self._auth = auth
        self._ugc = ugc
        self._clock = clock
        self._public_url = public_url.rstrip("/")
        self._pace = pace
        self._random = random or SystemRandom()
        self._slots = asyncio.Semaphore(pace.at_once)
        self._woken = asyncio.Event()
        self._store_retry = StoreRetry("outbox", TablesUnavailable)
        self._looked_at = 0.0
        self.tables_available = True
        self._clock_right = True

    def wake(self) -> None:
        """There may be something due."""
        self._woken.set()

    async def run(self) -> NoReturn:
        try:
            while True:
                self._woken.clear()
                if not await self._dispatch():
                    await self._pause()
        finally:
            await self._queue.session.close()

    async def _dispatch(self) -> bool:
        """As `dispatch_due`, within a session; false without PostgreSQL."""
        try:
            await self._take_over()
            progressed = await self.dispatch_due()
        except TablesUnavailable as error:
            if self.tables_available:
                log.warning("outbox unavailable: %s", error)
            self.tables_available = False
            await self._queue.session.close()  # What is leased and not worked off is free.
            return False
        except ClockWrong as error:
            if self._clock_right:
                log.error("clock is wrong, nothing is sent: %s", error)
            self._clock_right = False
            return False
        self.tables_available = self._clock_right = True
        return progressed

    async def _take_over(self) -> None:
        """Have a session, and now and then what dead dispatchers had leased."""
        session, now_s = self._queue.session, asyncio.get_running_loop().time()
        if not session.is_open:
            await session.open()
        elif now_s < self._looked_at + self._pace.look_s:
            return
        self._looked_at = now_s
        await session.free_leases_of_the_dead(self._clock())

    async def dispatch_due(self) -> bool:
        """One batch of what is due, and one fan-out. False where nothing got any further:
        there was nothing, or nobody to take it. Raises TablesUnavailable."""
        expanded_one = await self._expand_one()
        now = self._clock()
        leased = await self._queue.lease(now, now + self._pace.lease, self._pace.batch)
        if not leased:
            return expanded_one
        results = await self._work_off(leased)
        unread = set(leased) - {one.id for one in results}
        # What was sent must be written down: until that is done there is nothing else to do.
        await self._store_retry.until_available(lambda: self._queue.record(results, unread))
        metrics.count(results)
        return expanded_one or any(one.state != "waiting" or one.untried for one in results)

    async def _work_off(self, leased: Sequence[int]) -> list[Result]:
        """All at once; where something cannot be read one by one, to find what it is."""
        try:
            taken = await self._queue.read(leased)
            around = await self._queue.surroundings(taken)
        except TablesUnavailable:
            raise
        except Exception:  # Whatever a row holds must hold up that row alone.
            if len(leased) > 1:
                return [result for one in leased for result in await self._work_off([one])]
            log.exception("notice not readable", extra={"notice": leased[0]})
            return [Result(leased[0], "parked", INTERNAL_ERROR)]
        return await asyncio.gather(*(self._deliver(one, around) for one in taken))

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(self._pace.poll_s):
                await self._woken.wait()
        except TimeoutError:
            pass

    async def _deliver(self, taken: Taken, around: Surroundings) -> Result:
        return owned_up(taken, await self._attempt(taken, around))

    async def _attempt(self, taken: Taken, around: Surroundings) -> Result:
        try:
            now = self._clock()
        except ClockWrong:
            return Result(taken.id, "waiting", try_at=taken.due_at, untried=True)
        if (over := missed(taken, now)) is not None:
            return over
        try:
            async with self._slots:
                return await self._send(taken, around, now)
        except DependencyRefused as error:
            return Result(taken.id, "parked", f"{error.name} refused it with {error.status}")
        except DependencyDown as error:
            again = self._again(taken, f"{error.name} does not answer", now)
            arrived = error.name == NOTIFICATION and error.maybe_done
            return again._replace(unsettled=arrived)
        except TablesUnavailable:
            return self._again(taken, NO_TABLES, now)
        except Exception:  # A mistake of ours must hold up this one notice alone.
            log.exception("notice not sent", extra={"notice": taken.key})
            return Result(taken.id, "parked", INTERNAL_ERROR)

    async def _send(self, taken: Taken, around: Surroundings, now: datetime) -> Result:
        person = await self._person(taken.recipient, around)
        if person is None:
            return Result(taken.id, "parked", UNKNOWN_PERSON)
        recipient = Recipient(person, around.wishes.get(taken.recipient, DEFAULT))
        if (held := held_back(taken, recipient, now)) is not None:
            return held
        names = await self._names(taken, around)
        link = await self._link(taken.announcement_id, around)
        # Last: what may be said is decided by the rights of the moment in which it goes.
        standing = await self._queue.standing(taken.announcement_id, taken.recipient)
        if standing is None:
            return self._again(taken, REBUILDING, now)
        if (reason := await self._forbidden(taken, standing)) is not None:
            return Result(taken.id, "dropped", reason)
        await self._notification.send(compose(taken, recipient, standing, names, link, now))
        return Result(taken.id, "sent", sent_at=now)

    async def _forbidden(self, taken: Taken, standing: Standing) -> str | None:
        """Raises DependencyDown if UGC has to be asked and does not answer."""
        kind, recipient = taken.kind, taken.recipient
        if (reason := forbidden(kind, taken.facts, recipient, standing)) is not None:
            return reason
        if needs_following(kind, recipient, standing):
            follows = await self._ugc.follows(standing.evening.author_id, recipient)
            return None if follows else NO_FOLLOWER
        return None

    def _again(self, taken: Taken, reason: str, now: datetime) -> Result:
        next_at = now + self._pace.backoff.pause(taken.attempts, self._random)
        # Not beyond its end: that is looked at, and written down, when it comes.
        return Result(taken.id, "waiting", reason, try_at=min(next_at, taken.expires_at))

    async def _person(self, person_id: PersonId, around: Surroundings) -> PersonProfile | None:
        if person_id not in around.people:
            person = await self._auth.person(person_id)
            if person is None:
                return None
            around.people[person_id] = person
        return around.people[person_id]

    async def _names(self, taken: Taken, around: Surroundings) -> dict[str, str]:
        names: dict[str, str] = {}
        for who in ("author_id", "guest_id"):
            if (person_id := taken.facts.get(who)) is not None:
                person = await self._person(person_id, around)
                if person is not None:
                    names[person_id] = person.name
        return names

    async def _link(self, announcement_id: AnnouncementId, around: Surroundings) -> str:
        if announcement_id not in around.links:
            link = await self._shortener.link(f"{self._public_url}/a/{announcement_id}")
            await self._queue.remember_link(announcement_id, link)
            around.links[announcement_id] = link
        return around.links[announcement_id]

    async def _expand_one(self) -> bool:
        now = self._clock()
        source = await self._queue.lease_fanout(now, now + self._pace.lease)
        if source is None:
            return False
        try:
            return await self._expand(await self._queue.read_fanout(source))
        except (TablesUnavailable, ClockWrong):
            raise
        except Exception:  # As with notices: this one alone.
            log.exception("fan-out not expanded", extra={"position": source.seq})
            await self._queue.end_fanout(source, "parked", INTERNAL_ERROR)
            return True

    async def _expand(self, found: TakenFanOut) -> bool:
        row, now = found.row, self._clock()
        source, effect = row.source, row.effect
        evening = await self._queue.evening(effect.announcement_id)
        if evening is None or not evening.takes_place or evening.visibility == "invite":
            await self._queue.end_fanout(source, "dropped", "not_for_followers")
        elif now >= effect.expires_at:
            await self._queue.end_fanout(source, "parked", TOO_LATE)
        else:
            return await self._fan_out(found, now)
        return True

    async def _fan_out(self, found: TakenFanOut, now: datetime) -> bool:
        source = found.row.source
        try:
            followers: Sequence[PersonId] = await self._ugc.followers(found.row.effect.author_id)
        except DependencyRefused as error:
            await self._queue.end_fanout(source, "parked", f"ugc refused it with {error.status}")
            return True
        except DependencyDown:
            try_at = now + self._pace.backoff.pause(found.attempts, self._random)
            await self._queue.end_fanout(source, "waiting", "ugc does not answer", try_at)
            return False
        try:
            await self._queue.finish_fanout(source, list(expanded(found.row, followers)))
        except RowsRefused:
            await self._queue.end_fanout(source, "parked", "ugc names what are no ids")
        return True
