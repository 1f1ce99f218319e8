"""Runs the notifier's parts over SQLite and PostgreSQL. A test turns the clock and takes the
services around it down."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import asyncpg
from msgspec.structs import replace

from contracts.errors import DependencyDown, DependencyRefused
from contracts.values.ids import PersonId
from notifier.dispatcher import Dispatcher, DispatcherPace
from notifier.forgetting.eraser import Eraser
from notifier.reader import NoticeReader
from notifier.short_links import ShortLinks
from notifier.store.forgetting.erasures import ROWS_AT_ONCE, ErasureStore
from notifier.store.moderation import Moderation
from notifier.store.notices import NoticeFilter, Notices
from notifier.store.outbox import NoticeOutbox
from notifier.store.preferences import PreferenceStore
from notifier.store.queue import NoticeQueue
from runtime.journal.sqlite import SqliteJournal
from runtime.outside.ports import Click, Notice, NotificationClient, PersonProfile, Retraction
from runtime.postgres.pools import open_pool
from runtime.process.clock import Clock
from tests.histories.notifier_events import BEGIN, NotifierHistory
from tests.waiting import WITHIN_S

CLICKS_A_PAGE = 3
TURNS_MAX = 10_000


class Around:
    """Auth, UGC, Notification and Url_shortner; those named in `down` do not answer."""

    def __init__(self) -> None:
        self.down: set[str] = set()
        self.refused: set[str] = set()
        """Kinds that Notification will never take."""
        self.inbox: dict[str, Notice] = {}
        """By key: a second message with the same key changes nothing."""
        self.retracted: dict[str, Retraction] = {}
        self.calls: Counter[str] = Counter()
        """How often each key was sent."""
        self.followers_of: dict[str, tuple[PersonId, ...]] = {}
        self.links = 0
        self.clicked: list[Click] = []

    async def send(self, notice: Notice) -> None:
        self._answer("notification")
        await asyncio.sleep(0)
        self.calls[notice.key] += 1
        if notice.event_type in self.refused:
            raise DependencyRefused("notification", 422)
        if notice.key in self.retracted:
            notice = replace(notice, title=self.retracted[notice.key].title, text="", context={})
        self.inbox.setdefault(notice.key, notice)

    async def retract(self, retractions: Sequence[Retraction]) -> None:
        self._answer("notification")
        for one in retractions:
            self.retracted[one.key] = one
            if one.key in self.inbox:
                self.inbox[one.key] = replace(
                    self.inbox[one.key], title=one.title, text=one.text, context={}
                )

    async def empty_inbox(self, user_id: PersonId, until: datetime) -> None:
        self._answer("notification")
        for key, one in list(self.inbox.items()):
            if one.user_id == user_id and one.created_at <= until:
                del self.inbox[key]

    async def link(self, target: str) -> str:
        self._answer("shortener")
        self.links += 1
        return f"http://s/{target[-4:]}"

    async def clicks(self, after: int) -> Sequence[Click]:
        self._answer("shortener")
        return [one for one in self.clicked if one.id > after][:CLICKS_A_PAGE]

    async def person(self, person_id: PersonId) -> PersonProfile | None:
        self._answer("auth")
        return PersonProfile(person_id, "Somebody")

    async def followers(self, author_id: PersonId) -> tuple[PersonId, ...]:
        self._answer("ugc")
        return self.followers_of.get(author_id, ())

    async def follows(self, author_id: PersonId, follower_id: PersonId) -> bool:
        self._answer("ugc")
        return follower_id in self.followers_of.get(author_id, ())

    async def following(self, user_id: PersonId) -> frozenset[PersonId]:
        raise NotImplementedError

    def got(self, recipient: str | None = None, kind: str | None = None) -> list[Notice]:
        return [
            one
            for one in self.inbox.values()
            if recipient in (None, one.user_id) and kind in (None, one.event_type)
        ]

    def _answer(self, service: str) -> None:
        if service in self.down:
            raise DependencyDown(service)


class AnswerLost(Around):
    """Notification takes the message, and the answer is lost."""

    def __init__(self, happens: Callable[[], Awaitable[Any]] | None = None) -> None:
        """`happens` once, before the first answer is lost."""
        super().__init__()
        self._happens = happens

    async def send(self, notice: Notice) -> None:
        await super().send(notice)
        if self._happens is not None:
            happens, self._happens = self._happens, None
            await happens()
        raise DependencyDown("notification", maybe_done=True)


class NotifierCell:
    def __init__(self, pool: asyncpg.Pool, journal: SqliteJournal) -> None:
        self.pool = pool
        self.journal = journal
        self.history = NotifierHistory()
        self.around = Around()
        self.queue = NoticeQueue(pool)
        self.notices = Notices(pool)
        self.moderation = Moderation(pool)
        self.preferences = PreferenceStore(pool)
        self.now = BEGIN

    def dispatcher(
        self,
        queue: NoticeQueue | None = None,
        clock: Clock | None = None,
        notification: NotificationClient | None = None,
    ) -> Dispatcher:
        return Dispatcher(
            queue or self.queue,
            notification=notification or self.around,
            links=ShortLinks(queue or self.queue, self.around, ""),
            auth=self.around,
            ugc=self.around,
            clock=clock or (lambda: self.now),
            pace=DispatcherPace(),
            random=Random(1),
        )

    def eraser(
        self, notification: NotificationClient | None = None, rows_at_once: int = ROWS_AT_ONCE
    ) -> Eraser:
        return Eraser(
            ErasureStore(self.pool, rows_at_once),
            self.queue,
            notification or self.around,
            lambda: self.now,
            Random(1),
        )

    async def erase(self, eraser: Eraser | None = None) -> None:
        """Carry out all erasures, as far as Notification answers."""
        eraser = eraser or self.eraser()
        for _ in range(TURNS_MAX):
            if not await eraser.carry_out_some():
                return
        raise AssertionError("there is always something to erase")

    @asynccontextmanager
    async def reading(
        self, on_taken_over: Callable[[datetime], None] = lambda _decided_at: None
    ) -> AsyncIterator[NoticeReader]:
        """Run a reader until the end of the block."""
        reader = NoticeReader(self.journal, NoticeOutbox(self.pool), on_taken_over=on_taken_over)
        running = asyncio.create_task(reader.run())
        yield reader
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    async def follow_history(self, reader: NoticeReader) -> None:
        """Let the outbox follow the history."""
        newest = await self.history.write_to(self.journal)
        assert await reader.reach(newest, WITHIN_S)

    async def read(self) -> None:
        """Let a reader of its own follow the history."""
        async with self.reading() as reader:
            await self.follow_history(reader)

    async def send(self) -> None:
        """Send what is due now."""
        dispatcher = self.dispatcher()
        for _ in range(TURNS_MAX):
            if not await dispatcher.dispatch_due():
                return
        raise AssertionError("there is always something due")

    async def read_and_send(self) -> None:
        await self.read()
        await self.send()

    async def at(self, instant: datetime) -> None:
        """Turn the clock, and send what has become due."""
        self.now = self.history.now = instant
        await self.read_and_send()

    async def wait(self, **how_long: float) -> None:
        await self.at(self.now + timedelta(**how_long))

    async def lines(self, recipient: PersonId | None = None, **wanted: Any) -> list[dict[str, Any]]:
        found = await self.notices.select(NoticeFilter(recipient=recipient, **wanted), None, 10_000)
        return list(found)

    async def states(self, recipient: PersonId, *kinds: str) -> dict[str, tuple[str, str | None]]:
        """Return state and reason by kind and, for reminders, time."""
        return {
            f"{line['kind']} {line['event_time'] or ''}".strip(): (line["state"], line["reason"])
            for line in await self.lines(recipient)
            if not kinds or line["kind"] in kinds
        }

    async def forget(self, tables: Iterable[str] = ()) -> None:
        """Go back to the beginning of the journal, and empties some tables."""
        await self.pool.execute(
            'UPDATE notifier.reader_position SET "offset" = -1, term = 0, seq = 0, '
            "hash = repeat('0', 64), nonce = '', open = false"
        )
        for table in tables:
            await self.pool.execute(f"TRUNCATE notifier.{table}")


@asynccontextmanager
async def notifier_cell(directory: Path, postgres_dsn: str) -> AsyncIterator[NotifierCell]:
    pool = await open_pool(postgres_dsn)
    journal = SqliteJournal(directory / "journal.sqlite")
    yield NotifierCell(pool, journal)
    await journal.close()
    await pool.close()
