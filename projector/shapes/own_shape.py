"""Makes the read models of this build's shape beside those of other builds, if there are none yet.

They are filled from the journal in small batches, since live traffic shares PostgreSQL. Then they
are compared with a fold of the journal, row by row, as verify does. Only then may they be read.

Tables that could be read before, but that nobody has followed since, are caught up before anybody
reads them again: they may have what people erased meanwhile had written.

Whoever is killed on the way goes on: the tables are made in one transaction, filling resumes at
the stored position, and the comparison is repeated.
"""

import asyncio
import logging
from contextlib import aclosing, suppress
from math import inf
from typing import Any, Final, NamedTuple

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from contracts.errors import NoRoom
from projector.proof.scratch.checkpoints import FROM_ZERO, VerifiedCheckpoints
from projector.proof.verify import verify
from projector.read_models.postgres.at_rest import DiskCleaner
from projector.read_models.postgres.sink import PostgresSink
from projector.read_models.postgres.versions import WRITER, let_read, lock_of_writer, make_tables
from projector.read_models.project import TABLES
from projector.rebuild.beside import Beside
from projector.rebuild.room import PostgresRoom, require_room
from projector.rebuild.time_left import TimeLeft
from runtime.journal.port import Journal
from runtime.journal.tail import START
from runtime.postgres.migrations import LOCK_OUT_MIGRATIONS, migrate
from runtime.postgres.read_models import (
    ShapePlace,
    find_place,
    list_places,
    note_ready,
    note_unready,
    register,
)
from runtime.postgres.shape_lock import ShapeLock
from runtime.postgres.tables import (
    TablesUnavailable,
    acquire_connection,
    transaction,
    translate_postgres_errors,
)
from runtime.progress.reporting import ReportLine

log = logging.getLogger(__name__)

RETRY_S: Final = 60.0
"""When to try again without room, or if the comparison could not be ended."""
JOURNAL_AWAY_S_MAX: Final = 600.0
"""How long a comparison waits for the journal. To begin anew may take longer."""
BEHIND_MAX: Final = 2_000
"""If ready tables are so many records behind those of another build, nobody has followed them."""
_TABLE_EXISTS: Final = "SELECT to_regclass($1) IS NOT NULL"
_SELECT_PROGRESS: Final = """
    SELECT coalesce((SELECT seq FROM {schema}.reader_position WHERE reader = $1), 0),
           (SELECT count(*) FROM {schema}.dead_letters)
"""


class _Others(NamedTuple):
    """Position and parked events of the other shapes that may be read."""

    schema: str | None
    """The one that is furthest; None if there is none."""
    position: int
    dead_letters: int


class OwnShape:
    """The read models of one shape, for their writer. Call `find_lock` before anything else."""

    def __init__(
        self,
        journal: Journal,
        pool: asyncpg.Pool,
        lock: ShapeLock,
        checkpoints: VerifiedCheckpoints,
        room: PostgresRoom,
        cleaner: DiskCleaner,
    ) -> None:
        """`pool` finds the tables by `lock`. The `cleaner` of these tables may run meanwhile."""
        self._journal = journal
        self._pool = pool
        self._lock = lock
        self._shape = lock.shape
        self._checkpoints = checkpoints
        self._room = room
        self._cleaner = cleaner
        self.progress: ReportLine | None = None
        """How far the tables are, `{"phase", "done", "of", "left_s"}`, while they may not be read.
        In the phases `no_room`, `incomparable` and `different` it has a `problem`, which says what
        an operator has to mend or do: these do not pass by themselves."""
        self.different = False
        """Whether they are not what the journal says."""
        self._beside: Beside | None = None

    @property
    def away(self) -> str | None:
        """Why PostgreSQL does not take the rows that are to fill the tables; None if it does."""
        return None if self._beside is None else self._beside.away

    async def find_lock(self) -> str:
        """Apply the migrations of this build, and return the name of the lock of the shape's
        writer. Raises TablesUnavailable."""
        with translate_postgres_errors():
            await migrate(self._pool, self._shape.directory)
        place = await self._lock.look()
        return lock_of_writer(self._shape.schema if place is None else place.schema)

    async def make_ready(self) -> None:
        """Return once the tables may be read. Raises the reader's errors, and
        TablesUnavailable."""
        try:
            place = await self._make()
            if place.ready:
                await self._catch_up(place)
                return
            log.warning("filling read models of another shape", extra={"shape": self._shape.name})
            while not await self._try_to_make_ready():
                pass
        finally:
            self.progress = self._beside = None
            self.different = False

    async def _make(self) -> ShapePlace:
        """Make the tables if there are none. Returns where they are."""
        if (place := await self._lock.look()) is not None:
            return place
        async with transaction(self._pool) as connection:
            await connection.execute(LOCK_OUT_MIGRATIONS)
            place = await find_place(connection, self._shape.name)
            if place is None:
                place = ShapePlace(self._shape.name, self._shape.schema, ready=False)
                await make_tables(connection, self._shape, place.schema)
                await let_read(connection, place.schema)
                await register(connection, place)
        await self._lock.look()
        return place

    async def _catch_up(self, place: ShapePlace) -> None:
        """Let nobody read tables that are far behind those of another build until they are as
        far."""
        others = await self._find_others()
        own = await PostgresSink(self._pool).position()
        if others.position - own.state.seq <= BEHIND_MAX:
            return
        log.warning("catching read models up", extra={"shape": self._shape.name})
        async with transaction(self._pool) as connection:
            await note_unready(connection, place.shape, place.schema)
        await self._lock.look()
        beside = self._beside = Beside(self._journal, self._pool, TABLES)
        try:
            await self._fill(beside, others.position)
            await self._let_read()
        finally:
            await beside.stop()

    async def _fill(self, beside: Beside, target: int) -> None:
        """Fill the tables up to the position `target`, and note the progress."""
        left = TimeLeft(asyncio.get_running_loop().time)
        async with aclosing(beside.fill(target)) as lines:
            async for line in lines:
                self.progress = left.add_to(line)

    async def _try_to_make_ready(self) -> bool:
        """Return True once the tables may be read, or False when it is time to try again. Until
        then they follow the journal, since people may be erased."""
        beside = self._beside = Beside(self._journal, self._pool, TABLES)
        try:
            if await self._fill_and_compare(beside):
                return True
            # If they differ, a person has to look: another comparison would find the same.
            await beside.follow(inf if self.different else RETRY_S)
            return False
        finally:
            await beside.stop()

    async def _fill_and_compare(self, beside: Beside) -> bool:
        """Return whether the tables may be read now."""
        others = await self._find_others()
        left = TimeLeft(asyncio.get_running_loop().time)
        result: ReportLine = {}
        try:
            await self._demand_room(beside, others)
            await self._fill(beside, others.position)
            verified = verify(
                self._journal,
                beside.sink,
                checkpoints=self._checkpoints,
                start=FROM_ZERO,
                patience_s=JOURNAL_AWAY_S_MAX,
            )
            async with aclosing(verified) as lines:
                async for result in lines:
                    if "phase" in result:
                        self.progress = left.add_to(result)
            return await self._judge(result)
        except NoRoom as error:
            log.error("no room for read models of another shape", extra=dict(error.facts))
            self._stand_still("no_room", _ask_for_room(error))
            return False

    async def _judge(self, result: ReportLine) -> bool:
        """Note that the tables may be read, if nothing was found wrong. Returns whether so."""
        others = await self._find_others()
        parked_more = others.schema is not None and result["dead_letters"] > others.dead_letters
        differences = result["found"]["differences"]  # What else is found is in all tables alike.
        if differences or parked_more:
            facts = {"differences": differences, "dead_letters": result["dead_letters"]}
            log.error("new read models are not what the journal says", extra=facts)
            self.different = True
            self._stand_still(
                "different",
                f"{differences} differences, {result['dead_letters']} parked events; go back to "
                "the build before",
            )
            return False
        if result["problem"] is not None:
            log.error("new read models not compared", extra={"reason": result["problem"]})
            self._stand_still("incomparable", f"the rows cannot be compared: {result['problem']}")
            return False
        await self._let_read()
        log.info("new read models are ready", extra={"position": result["position"]})
        return True

    async def _let_read(self) -> None:
        """Note that the tables may be read. The texts of the erased are taken off the disk before,
        since nobody can read a table while that is done; or after it if a table is in use now."""
        with suppress(TablesUnavailable):
            await self._cleaner.clean()
        async with transaction(self._pool) as connection:
            place = await find_place(connection, self._shape.name)
            if place is None:
                raise TablesUnavailable("somebody has dropped the new read models", "not_migrated")
            await note_ready(connection, place.shape, place.schema)
        await self._lock.look()

    def _stand_still(self, phase: str, problem: str) -> None:
        reached = self.progress or {"done": 0, "of": 0, "left_s": None}
        self.progress = {**reached, "phase": phase, "problem": problem}

    async def _demand_room(self, beside: Beside, others: _Others) -> None:
        """Raise NoRoom if empty tables cannot be filled."""
        if others.schema is not None and await beside.sink.position() == START:
            await require_room(
                self._pool,
                TABLES,
                self._room,
                self._checkpoints.directory,
                schema=others.schema,
            )

    async def _find_others(self) -> _Others:
        found = _Others(None, 0, 0)
        async with acquire_connection(self._pool) as connection:
            for place in await list_places(connection):
                if place.ready and place.shape != self._shape.name:
                    found = await _look_at(connection, place.schema, found)
        return found


def _ask_for_room(error: NoRoom) -> str:
    what, needed, free = (error.facts[one] for one in ("what", "needed_bytes", "free_bytes"))
    return f"{what} needs {needed} bytes and has {free}; make room"


async def _look_at(connection: PoolConnectionProxy, schema: str, found: _Others) -> _Others:
    """Return what is furthest: the tables in this schema, or those that were found before."""
    if not await connection.fetchval(_TABLE_EXISTS, f"{schema}.reader_position"):
        return found  # Somebody has dropped it.
    row: Any = await connection.fetchrow(_SELECT_PROGRESS.format(schema=schema), WRITER)
    position, letters = row
    if found.schema is not None and found.position >= position:
        return found._replace(dead_letters=max(found.dead_letters, letters))
    return _Others(schema, position, max(found.dead_letters, letters))
