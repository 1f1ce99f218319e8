"""Wires the projector. Its own process runs it, or the embedded system."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing, contextmanager
from typing import Any, Final

import asyncpg

from contracts.errors import AlreadyRunning, Unavailable
from contracts.failure_codes import RunningCode
from contracts.journal.places import EventPlace
from contracts.scoring import Formula
from projector import metrics
from projector.dead_letters.retrying import Retrying
from projector.dead_letters.stored import LETTERS, drop_letter
from projector.proof.score_comparison import VotesInHistory
from projector.proof.scratch.checkpoints import FROM_ZERO, Start, VerifiedCheckpoints
from projector.proof.verify import verify
from projector.read_models.batch import RowBatch
from projector.read_models.postgres.at_rest import DiskCleaner
from projector.read_models.postgres.filling import Filling
from projector.read_models.postgres.recompute import FormulaTrial, publish_formula, try_formula
from projector.read_models.postgres.sink import PostgresSink
from projector.read_models.project import TABLES
from projector.read_models.projector import READ_MODEL_LIMITS, Projector
from projector.read_models.read_model import TableShape
from projector.rebuild.history_rebuilding import HistoryRebuilding
from projector.rebuild.rebuilding import Rebuilding, drop_abandoned
from projector.rebuild.room import PostgresRoom
from projector.shapes.own_shape import OwnShape
from projector.shapes.unused_shapes import UnusedShapes
from runtime.dead_letters.table import DeadLetters
from runtime.following.pauses import Pauses
from runtime.following.reader import BatchLimits
from runtime.following.service import FollowingService
from runtime.journal.port import Journal
from runtime.postgres.active_lock import ActiveLock
from runtime.postgres.migrations import MIGRATIONS, migrate
from runtime.postgres.operator_acts import SignedAct, record_act
from runtime.postgres.read_models import read_shape
from runtime.postgres.shape_lock import ShapeLock
from runtime.postgres.tables import Fenced, acquire_connection, translate_postgres_errors
from runtime.process.clock import Clock, system_clock
from runtime.process.tasks import end, run_aside, run_together
from runtime.progress.reporting import ReportLine

ROOM_UNKNOWN: Final = PostgresRoom()


class ProjectorService(FollowingService):
    """Keeps the tables behind `pool` up with `journal`. Start once, stop once.

    If there is a `history`, verify compares the scores with it. It keeps its checkpoints in
    `checkpoints`. `history_rebuilding` rebuilds the history.
    """

    def __init__(
        self,
        journal: Journal,
        pool: asyncpg.Pool,
        *,
        history: VotesInHistory | None = None,
        history_rebuilding: HistoryRebuilding | None = None,
        checkpoints: VerifiedCheckpoints | None = None,
        limits: BatchLimits = READ_MODEL_LIMITS,
        clock: Clock = system_clock,
        lock: ActiveLock | None = None,
        dsn: str | None = None,
        room: PostgresRoom = ROOM_UNKNOWN,
        shape_lock: ShapeLock | None = None,
    ) -> None:
        """`dsn` leads to the same tables as `pool`, for which there is this `room`; without it
        they cannot be rebuilt. By `shape_lock` the pool finds the tables of this build, which are
        made if they are not there. Without it nobody else makes or drops tables."""
        self._journal = journal
        self._pool = pool
        self._clock = clock
        self.dead_letters = DeadLetters(pool, LETTERS)
        self._history = history
        self._history_rebuilding = history_rebuilding
        self._checkpoints = checkpoints or VerifiedCheckpoints()
        self._sink = PostgresSink(pool)
        projector = Projector(
            journal, self._sink, limits=limits, clock=clock, on_written=self._note_written
        )
        self._cleaner = DiskCleaner(pool, metrics.ERASED_ON_DISK.set)
        self._filling = Filling(pool)
        self._dsn = dsn
        self._room = room
        self._shape_lock = shape_lock
        self._shape = read_shape(MIGRATIONS) if shape_lock is None else shape_lock.shape
        self._own_shape: OwnShape | None = None
        if shape_lock is not None:
            self._own_shape = OwnShape(
                journal, pool, shape_lock, self._checkpoints, room, self._cleaner
            )
        self._pauses = Pauses()
        super().__init__(projector, "projector", self._prepare_tables, lock)
        self._underway: list[RunningCode] = []
        """Two things if a standby that verifies becomes active."""
        metrics.observe(projector)
        followed = metrics.FOLLOWED.labels(self._shape.name)
        followed.set_function(lambda: self.active and self._prepared)
        metrics.SHAPE_DIFFERS.set_function(self._differs)

    async def start(self) -> asyncio.Task[None]:
        if self._shape_lock is not None:
            await self._shape_lock.start(self._pool)
        return await super().start()

    async def run(self) -> None:
        if (own := self._own_shape) is not None:
            await self._reader.store_retry.attempt_until_available(lambda: self._take_place(own))
        await super().run()

    async def stop(self) -> None:
        await super().stop()
        if self._shape_lock is not None:
            await self._shape_lock.stop()

    @property
    def running(self) -> RunningCode | None:
        """The work that takes the tables as a whole now; None if there is none."""
        return self._underway[-1] if self._underway else None

    def demand_free(self) -> None:
        """Raises AlreadyRunning while something takes the tables as a whole."""
        if (running := self.running) is not None:
            raise AlreadyRunning(running)

    async def verify(self, start: Start = FROM_ZERO) -> AsyncGenerator[ReportLine, None]:
        """Verify the tables as they are now. Yields what `projector.proof.verify` yields.

        Raises AlreadyRunning while another verify runs, because each takes much of a processor and
        of the disk, and TablesUnavailable.
        """
        with self._alone("verify_running"):
            verified = verify(
                self._journal,
                self._sink,
                self._history,
                checkpoints=self._checkpoints,
                start=start,
            )
            async with aclosing(verified) as lines:
                async for line in lines:
                    if "ok" in line:
                        metrics.note_verified(right=line["ok"])
                    yield line

    async def rebuild(
        self,
        only: Sequence[TableShape] = TABLES,
        by: str | None = None,
        *,
        rolls_back: bool = False,
    ) -> AsyncGenerator[ReportLine, None]:
        """Rebuild these tables beside the live ones, or bring the kept ones back. Yields what
        `projector.rebuild.rebuilding.Rebuilding` yields.

        Raises AlreadyRunning while a verify or another rebuild runs, Unavailable on a standby,
        NotFound if no tables are kept, NoRoom, and TablesUnavailable.
        """
        if self._dsn is None:
            raise Unavailable
        with self._alone("rebuild_running", as_writer=True):
            rebuilding = Rebuilding(
                self._journal,
                self._pool,
                self._dsn,
                self._checkpoints,
                self._pauses,
                self._reader,
                self._room,
                self._shape,
            )
            lines = rebuilding.run(only, rolls_back=rolls_back)
            act = "roll_back" if rolls_back else "rebuild"
            async with aclosing(self._recorded(lines, by, act, _name_tables(only))) as recorded:
                async for line in recorded:
                    yield line

    async def retry(
        self, place: EventPlace | None, by: str | None = None, *, dry_run: bool
    ) -> AsyncGenerator[ReportLine, None]:
        """Project parked events: those of the key of one dead letter, or all. Yields what
        `projector.dead_letters.retrying.Retrying` yields.

        Raises AlreadyRunning while a verify, a rebuild or another retry runs, Unavailable on a
        standby, NotFound, JournalBroken and TablesUnavailable.
        """
        with self._alone("retry_running", as_writer=True):
            signed = SignedAct(by, self._clock())
            forbid = self._checkpoints.forbid_before
            retrying = Retrying(self._journal, self._pool, self._pauses, signed, forbid)
            async with aclosing(retrying.run(place, dry_run=dry_run)) as lines:
                async for line in lines:
                    yield line

    async def drop(self, place: EventPlace, by: str | None, *, dry_run: bool) -> None:
        """Give up a parked event for good (`projector.dead_letters.stored.drop_letter`).
        Raises as that and as `retry` do."""

        async def drop() -> None:
            signed = SignedAct(by, self._clock())
            await drop_letter(self._pool, place, signed, dry_run=dry_run)

        with self._alone("retry_running", as_writer=True):
            await self._pauses.pause_for(drop)

    async def rebuild_history(
        self, by: str | None = None, *, rolls_back: bool = False
    ) -> AsyncGenerator[ReportLine, None]:
        """Rebuild the history in ClickHouse, or bring the kept tables back. Yields and raises what
        `projector.rebuild.history_rebuilding.HistoryRebuilding` does.

        Raises AlreadyRunning while a verify or another rebuild runs, too, and Unavailable without a
        history.
        """
        if self._history_rebuilding is None:
            raise Unavailable
        with self._alone("rebuild_running"):
            lines = self._history_rebuilding.run(rolls_back=rolls_back)
            act = "roll_back" if rolls_back else "rebuild"
            async with aclosing(self._recorded(lines, by, act, "history")) as recorded:
                async for line in recorded:
                    yield line

    async def try_formula(self, formula: Formula) -> FormulaTrial:
        """Compute all scores by another formula and compare them (`recompute.try_formula`).
        Raises TablesUnavailable."""
        with translate_postgres_errors():
            return await try_formula(self._pool, formula)

    async def _recorded(
        self, lines: AsyncGenerator[ReportLine, None], by: str | None, act: str, subject: str
    ) -> AsyncGenerator[ReportLine, None]:
        """Yield the lines. Record the act when it has begun, and its end before the result."""
        begun = False
        async with aclosing(lines):
            async for line in lines:
                if not begun:
                    begun = True
                    await self._record(by, act, subject)
                if "ok" in line:
                    switched = line.get("switched")
                    await self._record(by, f"{act}_ended", subject, switched=switched)
                yield line

    async def _record(self, by: str | None, act: str, subject: str, **after: Any) -> None:
        async with acquire_connection(self._pool) as connection:
            signed = SignedAct(by, self._clock())
            await record_act(connection, signed, act, subject, None, after or None)

    @contextmanager
    def _alone(self, running: RunningCode, *, as_writer: bool = False) -> Iterator[None]:
        """Do one thing at a time that takes the tables as a whole. Raises as `demand_free`, and
        Unavailable if it takes the `writer` of the tables and this is none."""
        self.demand_free()
        if as_writer and not self.active:
            raise Unavailable
        with self._note_running(running):
            yield

    @contextmanager
    def _note_running(self, running: RunningCode) -> Iterator[None]:
        self._underway.append(running)
        try:
            yield
        finally:
            self._underway.remove(running)

    def _own_readiness(self) -> dict[str, Any]:
        shape = {} if self._shape_lock is None else self._shape_lock.readiness()
        filling = self._own_shape and self._own_shape.progress
        away = self._own_shape and self._own_shape.away
        entries = super()._own_readiness()
        if filling:  # What an earlier attempt failed at is over: this one has begun.
            entries.pop("tables_away", None)
        return {
            **entries,
            **shape,
            **({"filling": filling} if filling else {}),
            **({"tables_away": away} if away else {}),
            "indexes": not self._filling.indexes_aside,
            "erased_on_disk": self._cleaner.pending,
        }

    async def _work(self) -> None:
        filling = run_aside(self._filling.finish(self._reader), "filling")
        try:
            parts = {
                "reader": self._pauses.run(super()._work),
                "disk cleaner": self._cleaner.run(),
            }
            if self._shape_lock is not None:
                parts["unused shapes"] = UnusedShapes(self._pool, self._shape.name).run()
            await run_together(parts)
        finally:
            await end(filling)

    async def _look(self) -> None:
        await super()._look()
        await self._reader.store_retry.attempt_until_available(self._forbid_checkpoints)

    async def _prepare_tables(self) -> None:
        """Bring the tables to the shape of this build. If another formula computed the scores,
        compute them again."""
        if self._own_shape is None:
            with translate_postgres_errors():
                await migrate(self._pool)
        else:
            await self._make_ready(self._own_shape)
        with translate_postgres_errors():
            await drop_abandoned(self._pool)
            await publish_formula(self._pool)
        await self._forbid_checkpoints()
        await self._filling.begin(await self._sink.position(), self._journal)

    async def _take_place(self, own: OwnShape) -> bool:
        """Migrate, and find out which lock the writer of this build's tables holds. Returns whether
        it is another one than was thought."""
        name = await own.find_lock()
        if self._lock is None or self._lock.name == name:
            return False
        self._lock.name = name
        return True

    async def _make_ready(self, own: OwnShape) -> None:
        if await self._take_place(own):
            raise Fenced("the tables of this shape were dropped")
        cleaning = run_aside(self._cleaner.run(), "disk cleaner")  # It may take hours.
        try:
            with self._note_running("tables_being_made"):
                await own.make_ready()
        finally:
            await end(cleaning)

    async def _forbid_checkpoints(self) -> None:
        """Forbid those from before an erasure, because they have what the erased typed."""
        async with self._sink.snapshot() as snapshot:
            self._checkpoints.forbid_before(await snapshot.last_erasure())

    def _differs(self) -> float:
        return float(self._own_shape is not None and self._own_shape.different)

    def _note_written(self, batch: RowBatch) -> None:
        metrics.BATCH_ROWS.observe(batch.row_count)
        metrics.DEAD_LETTERS.inc(len(batch.letters))
        self._checkpoints.forbid_before(max(batch.erased.values(), default=0))


def _name_tables(tables: Sequence[TableShape]) -> str:
    return "read models" if tables is TABLES else ", ".join(table.name for table in tables)
