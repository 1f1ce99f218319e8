"""A journal in memory with a broker's bad days, for `tests.simulation.simulated.loop`.

The broker lives in the world process: a crash of a client takes back nothing that was sent.
Per session, entries arrive in the order of the appends; between sessions, in any order. All
faults are off at first; `faults` may be changed, and the broker cut off, during a run.
"""

import asyncio
from asyncio import Future
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from contracts.journal.acceptance import GENESIS, accept
from contracts.journal.records import (
    CARRIED_BYTES_MAX,
    RECORD_BYTES_MAX,
    decode_record,
    hash_record,
)
from runtime.journal.port import (
    Appended,
    EntryTooLarge,
    JournalEntry,
    JournalError,
    JournalExists,
    JournalTruncated,
    JournalUnavailable,
    WriterLost,
)
from tests.simulation.simulated.loop import WORLD, SimulationLoop

FETCH_ENTRIES_MAX: Final = 100


@dataclass(slots=True)
class Faults:
    """Probabilities are per entry; times are seconds of virtual time."""

    delay_s: tuple[float, float] = (0.0005, 0.005)
    """Least and greatest delay of every message to and from the broker."""
    append_extra_s: float = 0.0
    """A slow broker: every append takes so much longer."""
    straggle: float = 0.0
    """An entry, and behind it the rest of its session, is held up for `straggle_s`: it may
    land long after its writer closed or died."""
    straggle_s: tuple[float, float] = (1.0, 300.0)
    lost_ack: float = 0.0
    """The entry lands, but its writer is not told."""
    gap: float = 0.0
    """The entry is lost, while later ones of its session land."""
    duplicate: float = 0.0
    """The entry lands a second time, at once or later, behind whatever came between."""
    hung: float = 0.0
    """An append is given no time limit: not acknowledged, it stays pending for ever."""
    append_timeout_s: float = 30.0
    """An append without acknowledgement fails within this time."""


class SimulatedJournal:
    """The broker. `connect` gives a process its `runtime.journal.port.Journal`."""

    def __init__(self, loop: SimulationLoop, faults: Faults | None = None) -> None:
        self.faults = faults or Faults()
        self.logs: dict[int, list[JournalEntry]] = {1: []}
        """What the broker holds now, by generation."""
        self.dropped: list[list[JournalEntry]] = []
        """What it held in logs that were deleted."""
        self._loop = loop
        self._all_down = False
        self._cut_off: set[str] = set()
        self._sessions: list[_Session] = []
        self._cursors: list[_Cursor] = []
        self._waiting: list[tuple[str, Future[None]]] = []

    def connect(self, process: str) -> "ConnectedJournal":
        return ConnectedJournal(self, self._loop, process)

    @property
    def log(self) -> list[JournalEntry]:
        """The log that is in force now. The oldest one is, unless it was closed."""
        log = self.logs[min(self.logs)]
        while len(self.logs) > 1 and (generation := closed_for(log)) is not None:
            log = self.logs[generation]
        return log

    # What a scenario does to it

    def down(self, process: str | None = None) -> None:
        """Cut off one process, or with None stops the broker for everybody."""
        if process is None:
            self._all_down = True
        else:
            self._cut_off.add(process)
        self._loop.note("journal down", process)

    def up(self, process: str | None = None) -> None:
        """End what `down` began. What was sent meanwhile lands or is lost, per session."""
        if process is None:
            self._all_down = False
        else:
            self._cut_off.discard(process)
        self._loop.note("journal up", process)
        for session in self._loop.random.sample(self._sessions, len(self._sessions)):
            session.reconnect()
        self._wake()

    def truncate(self, to_offset: int) -> None:
        """Lose every entry from `to_offset` on, as after an unclean election. Some open cursors
        notice at their next fetch, unless the log has grown again until then. The others wait for
        it to grow and read on at their old offset."""
        del self.log[to_offset:]
        self._loop.note("journal truncated", to_offset)
        for cursor in self._cursors:
            cursor.range_unchecked = self.chance(0.5)

    # What connections ask of it

    def chance(self, probability: float) -> bool:
        return probability > 0 and self._loop.random.random() < probability

    def delay(self) -> float:
        return self._loop.random.uniform(*self.faults.delay_s)

    def reachable(self, process: str) -> bool:
        return not self._all_down and process not in self._cut_off

    def open_session(self, process: str, generation: int) -> "_Session":
        session = _Session(self, self._loop, process, generation)
        self._sessions.append(session)
        return session

    def open_cursor(self, process: str, generation: int, offset: int) -> "_Cursor":
        cursor = _Cursor(self, self._loop, process, generation, offset)
        self._cursors.append(cursor)
        return cursor

    def find_log(self, generation: int) -> list[JournalEntry]:
        if generation not in self.logs:
            raise JournalUnavailable(f"there is no log {generation}")
        return self.logs[generation]

    def forget_cursor(self, cursor: "_Cursor") -> None:
        if cursor in self._cursors:
            self._cursors.remove(cursor)

    def land(self, process: str, generation: int, payload: bytes) -> Appended | None:
        """Put an entry at the end, stamped by the broker's own clock. Returns None if the log was
        deleted meanwhile."""
        log = self.logs.get(generation)
        if log is None:
            return None
        place = Appended(len(log), self._loop.wall_ms(WORLD))
        log.append(JournalEntry(*place, payload))
        self._loop.note("landed", process, place.offset)
        self._wake()
        return place

    async def next_entry(self, process: str, wait_s: float) -> None:
        """Return when something has landed, or after `wait_s`."""
        landed: Future[None] = self._loop.create_future()
        self._waiting.append((process, landed))
        await asyncio.wait([landed], timeout=wait_s)

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for process, landed in waiting:
            self._loop.post(process, self.delay(), landed.set_result, None)


class _Session:
    """The way of one writer's entries to the broker, and of their acknowledgements back."""

    def __init__(
        self, broker: SimulatedJournal, loop: SimulationLoop, process: str, generation: int
    ) -> None:
        self._broker = broker
        self._loop = loop
        self._process = process
        self._generation = generation
        self._arrives_at = 0.0
        self._held: list[tuple[bytes, Future[Appended]]] = []
        self._broken = False

    def send(self, payload: bytes, place: Future[Appended]) -> None:
        faults = self._broker.faults
        way_s = self._broker.delay() + faults.append_extra_s
        if self._broker.chance(faults.straggle):
            way_s += self._loop.random.uniform(*faults.straggle_s)
        self._arrives_at = max(self._arrives_at, self._loop.time() + way_s)
        self._loop.post(WORLD, self._arrives_at - self._loop.time(), self._arrive, payload, place)

    def reconnect(self) -> None:
        """After an outage: what was held up goes on, or the whole session is lost."""
        if self._held and self._broker.reachable(self._process):
            held, self._held = self._held, []
            self._broken = self._broker.chance(0.5)
            for payload, place in held:
                self._arrive(payload, place)

    def _arrive(self, payload: bytes, place: Future[Appended]) -> None:
        faults = self._broker.faults
        if not self._broker.reachable(self._process):
            self._held.append((payload, place))
            return
        if self._broken or self._broker.chance(faults.gap):
            self._loop.note("lost", self._process)
            return
        landed = self._broker.land(self._process, self._generation, payload)
        if landed is not None and not self._broker.chance(faults.lost_ack):
            self._loop.post(self._process, self._broker.delay(), _settle, place, landed)
        if self._broker.chance(faults.duplicate):
            later_s = self._loop.random.choice((0.0, self._loop.random.uniform(*faults.straggle_s)))
            again = (self._process, self._generation, payload)
            self._loop.post(WORLD, later_s, self._broker.land, *again)


class _Writer:
    def __init__(
        self, broker: SimulatedJournal, loop: SimulationLoop, process: str, generation: int
    ) -> None:
        self._broker = broker
        self._loop = loop
        self._session = broker.open_session(process, generation)
        self._entry_bytes_max = RECORD_BYTES_MAX if generation == 1 else CARRIED_BYTES_MAX
        self._unsent: list[tuple[bytes, Future[Appended]]] = []
        self._over: str | None = None

    def append(self, payload: bytes) -> Future[Appended]:
        place: Future[Appended] = self._loop.create_future()
        if len(payload) > self._entry_bytes_max:
            _settle(place, EntryTooLarge(f"{len(payload)} bytes"))
        elif self._over is not None:
            _settle(place, WriterLost(self._over))
        else:
            if not self._unsent:
                self._loop.call_soon(self._send)
            self._unsent.append((payload, place))
        return place

    async def close(self) -> None:
        self._over = "the writer was closed"
        for _, place in self._unsent:
            _settle(place, WriterLost(self._over))
        self._unsent.clear()
        await asyncio.sleep(self._broker.delay())

    def _send(self) -> None:
        """Whatever was appended in one turn of the process goes out together."""
        faults = self._broker.faults
        for payload, place in self._unsent:
            self._session.send(payload, place)
            if not self._broker.chance(faults.hung):
                self._limit(place, faults.append_timeout_s)
        self._unsent.clear()

    def _limit(self, place: Future[Appended], timeout_s: float) -> None:
        limit_s = self._loop.random.uniform(0.5, 1.0) * timeout_s
        timer = self._loop.call_later(limit_s, self._expire, place)
        place.add_done_callback(lambda _: timer.cancel())

    def _expire(self, place: Future[Appended]) -> None:
        if not place.done():
            self._over = "an append was not acknowledged in time"
            _settle(place, JournalUnavailable(self._over))


class _Cursor:
    def __init__(
        self,
        broker: SimulatedJournal,
        loop: SimulationLoop,
        process: str,
        generation: int,
        offset: int,
    ) -> None:
        self._broker = broker
        self._loop = loop
        self._process = process
        self._generation = generation
        self._offset = offset
        self.range_unchecked = True
        """The next fetch asks the broker whether the offset exists."""

    async def fetch(self, wait_s: float) -> Sequence[JournalEntry]:
        give_up_at = self._loop.time() + wait_s
        await asyncio.sleep(self._broker.delay())
        while True:
            _demand_reachable(self._broker, self._process)
            self._check_range()
            if entries := self._take():
                return entries
            left_s = give_up_at - self._loop.time()
            if left_s <= 0:
                return []
            await self._broker.next_entry(self._process, left_s)

    async def seek(self, offset: int) -> None:
        self._offset = offset
        self.range_unchecked = True

    async def close(self) -> None:
        self._broker.forget_cursor(self)

    def _check_range(self) -> None:
        unchecked, self.range_unchecked = self.range_unchecked, False
        if unchecked and self._offset > len(self._log):
            raise JournalTruncated(f"offset {self._offset} is beyond {len(self._log)}")

    @property
    def _log(self) -> list[JournalEntry]:
        return self._broker.find_log(self._generation)

    def _take(self) -> Sequence[JournalEntry]:
        """Some of what is there: brokers cut their answers anywhere."""
        there = len(self._log) - self._offset
        if there <= 0:
            return []
        count = self._loop.random.randint(1, min(there, FETCH_ENTRIES_MAX))
        entries = self._log[self._offset : self._offset + count]
        self._offset += count
        return entries


class ConnectedJournal:
    """The `runtime.journal.port.Journal` of one process."""

    def __init__(
        self, broker: SimulatedJournal, loop: SimulationLoop, process: str, generation: int = 1
    ) -> None:
        self._broker = broker
        self._loop = loop
        self._process = process
        self.generation = generation

    def at_generation(self, number: int) -> "ConnectedJournal":
        return ConnectedJournal(self._broker, self._loop, self._process, number)

    async def list_generations(self) -> Sequence[int]:
        await self._ask()
        return sorted(self._broker.logs)

    async def create(self) -> None:
        await self._ask()
        if self.generation in self._broker.logs:
            raise JournalExists(f"{self.generation}")
        self._broker.logs[self.generation] = []

    async def drop(self) -> None:
        await self._ask()
        if self.generation in self._broker.logs:
            self._broker.dropped.append(self._broker.logs.pop(self.generation))
            self._loop.note("log dropped", self._process, self.generation)

    async def open_writer(self) -> _Writer:
        await self._ask()
        self._broker.find_log(self.generation)
        return _Writer(self._broker, self._loop, self._process, self.generation)

    async def open_cursor(self, offset: int) -> _Cursor:
        await self._ask()
        self._broker.find_log(self.generation)
        return self._broker.open_cursor(self._process, self.generation, offset)

    async def end(self) -> int:
        await self._ask()
        return len(self._broker.find_log(self.generation))

    async def close(self) -> None:
        """Nothing is held."""

    async def _ask(self) -> None:
        await asyncio.sleep(self._broker.delay())
        _demand_reachable(self._broker, self._process)


def closed_for(log: Sequence[JournalEntry]) -> int | None:
    """Return the generation that follows, if a Moved closes the log."""
    state = GENESIS
    for entry in log:
        state = accept(state, decode_record(entry.payload), hash_record(entry.payload)) or state
    return state.moved_to or None


def _demand_reachable(broker: SimulatedJournal, process: str) -> None:
    if not broker.reachable(process):
        raise JournalUnavailable(f"{process} does not reach the broker")


def _settle(place: Future[Appended], outcome: Appended | JournalError) -> None:
    if place.done():
        return
    if isinstance(outcome, JournalError):
        place.set_exception(outcome)
        place.exception()  # Whoever does not look at it has given it up.
    else:
        place.set_result(outcome)
