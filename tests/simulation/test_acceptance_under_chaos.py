"""The acceptance rule alone makes one history out of processes that all want to lead.

A `Contender` is the protocol without anything else: it follows, claims after silence, and
while it leads it appends, counting an entry as answered when it has been acknowledged and
read back. It has no commands, no back-off and no manners. Whatever happens to it, all
readers must accept the same history, and nothing answered may be missing from it.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from contracts.journal.acceptance import GENESIS, ReaderState, accept
from contracts.journal.records import Barrier, Claim, decode_record, encode_record, hash_record
from runtime.journal.port import Appended, JournalError, JournalWriter
from runtime.journal.tail import Accepted, Tail
from tests.simulation.simulated.journal import Faults, SimulatedJournal
from tests.simulation.simulated.loop import SimulationLoop

NAMES = ("alpha", "beta", "gamma")
SILENCE_S = 5.0
READ_BACK_S = 5.0
TROUBLES = 15
RECOVERY_S = 300.0
SEEDS = 60


class Ledger:
    """What was ever accepted or answered by anybody. Checked as it is written."""

    def __init__(self) -> None:
        self.accepted: dict[int, str] = {}
        self.answered: dict[int, str] = {}

    def accept(self, state: ReaderState) -> None:
        assert self.accepted.setdefault(state.seq, state.hash) == state.hash, "histories fork"


class ContenderReign:
    def __init__(self, writer: JournalWriter, claim: ReaderState) -> None:
        self.writer = writer
        self.term, self.seq, self.hash = claim.term, claim.seq, claim.hash
        self.unread: dict[str, float] = {}
        """Hash of each record on its way, to the time when it was sent."""
        self.acknowledged: set[str] = set()


class Contender:
    def __init__(
        self, loop: SimulationLoop, journal: SimulatedJournal, name: str, ledger: Ledger
    ) -> None:
        self._loop = loop
        self._journal = journal.connect(name)
        self._tail = Tail(self._journal)
        self._ledger = ledger
        self._attempts: dict[str, JournalWriter] = {}
        self._reign: ContenderReign | None = None
        self._heard_at = loop.time()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow())
            tasks.create_task(self._strive())

    async def _follow(self) -> None:
        while True:
            for accepted in await self._tail.fetch(1.0):
                self._take(accepted)

    def _take(self, accepted: Accepted) -> None:
        self._heard_at = self._loop.time()
        state = accepted.position.state
        self._ledger.accept(state)
        if isinstance(accepted.record, Claim):
            writer = self._attempts.pop(accepted.record.nonce, None)
            self._reign = ContenderReign(writer, state) if writer else None
        elif self._reign and self._reign.unread.pop(state.hash, None) is not None:
            self._answer_if_complete(self._reign, state.seq, state.hash)

    def _answer_if_complete(self, reign: ContenderReign, seq: int, record_hash: str) -> None:
        if record_hash in reign.acknowledged and record_hash not in reign.unread:
            self._ledger.answered[seq] = record_hash

    async def _strive(self) -> None:
        while True:
            await asyncio.sleep(self._loop.random.uniform(0.1, 1.0))
            if self._reign is not None:
                self._lead(self._reign)
            elif self._loop.time() - self._heard_at > SILENCE_S * self._loop.random.uniform(1, 2):
                await self._claim()

    def _lead(self, reign: ContenderReign) -> None:
        if any(self._loop.time() - sent_at > READ_BACK_S for sent_at in reign.unread.values()):
            self._reign = None
            return
        for _ in range(self._loop.random.randint(1, 3)):
            decided_at = datetime.fromtimestamp(self._loop.wall_ms() / 1000, UTC)
            self._send(reign, Barrier(reign.term, reign.seq + 1, reign.hash, decided_at))

    def _send(self, reign: ContenderReign, record: Barrier) -> None:
        payload = encode_record(record)
        reign.seq, reign.hash = record.seq, hash_record(payload)
        seq, record_hash = reign.seq, reign.hash
        reign.unread[record_hash] = self._loop.time()

        def acknowledged(place: asyncio.Future[Appended]) -> None:
            if place.exception() is not None:
                self._reign = None
            elif self._reign is reign:
                reign.acknowledged.add(record_hash)
                self._answer_if_complete(reign, seq, record_hash)

        reign.writer.append(payload).add_done_callback(acknowledged)

    async def _claim(self) -> None:
        self._heard_at = self._loop.time()
        try:
            writer = await self._journal.open_writer()
        except JournalError:
            return
        state = self._tail.position.state
        nonce = f"{self._loop.random.getrandbits(128):032x}"
        self._attempts[nonce] = writer
        claim = Claim(state.term + 1, state.seq + 1, state.hash, nonce, "")
        writer.append(encode_record(claim))


class AnswersOnAcknowledgement(Contender):
    """Planted bug: the acknowledgement alone is taken for an answer."""

    def _answer_if_complete(self, reign: ContenderReign, seq: int, record_hash: str) -> None:
        if record_hash in reign.acknowledged:
            self._ledger.answered[seq] = record_hash


class ContendedRun:
    """One run: contenders, troubles drawn from the seed, recovery."""

    def __init__(self, seed: int, contender: type[Contender]) -> None:
        self.loop = SimulationLoop(seed)
        self.journal = SimulatedJournal(self.loop)
        self.ledger = Ledger()
        self._contender = contender

    async def run(self) -> None:
        for name in NAMES:
            self._start(name)
        troubles: list[Callable[[str], None]] = [
            self.loop.pause,
            self.loop.crash,
            self.journal.down,
            lambda _: self.journal.down(),
            lambda _: self._disturb(),
            self._mend,
            self._mend,
            self._mend,
        ]
        for _ in range(TROUBLES):
            await asyncio.sleep(self.loop.random.expovariate(0.2))
            self._start(self.loop.random.choice(NAMES))
            name = self.loop.random.choice([n for n in NAMES if self.loop.is_alive(n)])
            self.loop.random.choice(troubles)(name)
        for name in NAMES:
            self._mend(name)
        await self._see_progress()

    def _start(self, name: str) -> None:
        if not self.loop.is_alive(name):
            contender = self._contender(self.loop, self.journal, name, self.ledger)
            self.loop.spawn(name, contender.run())

    def _mend(self, name: str) -> None:
        self._start(name)
        self.loop.resume(name)
        self.journal.up(name)
        self.journal.up()
        self.journal.faults = Faults()

    def _disturb(self) -> None:
        chance = self.loop.random.random
        self.journal.faults = Faults(
            straggle=chance() * 0.05,
            lost_ack=chance() * 0.05,
            gap=chance() * 0.05,
            duplicate=chance() * 0.2,
            hung=chance(),
        )

    async def _see_progress(self) -> None:
        before = max(self.ledger.answered, default=0)
        async with asyncio.timeout(RECOVERY_S):
            while max(self.ledger.answered, default=0) <= before:
                await asyncio.sleep(1.0)

    def check(self) -> None:
        """Everything answered lies in the history that a fresh reader finds."""
        state, history = GENESIS, {}
        for entry in self.journal.log:
            record = decode_record(entry.payload)
            state = accept(state, record, hash_record(entry.payload)) or state
            history[state.seq] = state.hash
        assert self.ledger.accepted.items() <= history.items()
        assert self.ledger.answered.items() <= history.items(), "an answer was forgotten"


def run(seed: int, contender: type[Contender] = Contender) -> ContendedRun:
    chaos = ContendedRun(seed, contender)
    chaos.loop.run(chaos.run(), max_virtual_s=3600)
    chaos.check()
    return chaos


def test_there_is_one_history_and_it_holds_every_answer() -> None:
    reigns = answers = 0
    for seed in range(SEEDS):
        chaos = run(seed)
        answers += len(chaos.ledger.answered)
        reigns += sum(isinstance(decode_record(e.payload), Claim) for e in chaos.journal.log)
    assert reigns > 3 * SEEDS, "too little happened for this to mean much"
    assert answers > 50 * SEEDS


def test_answering_on_the_acknowledgement_alone_is_found_out() -> None:
    def run_all() -> None:
        for seed in range(SEEDS):
            run(seed, AnswersOnAcknowledgement)

    with pytest.raises(AssertionError, match="forgotten"):
        run_all()
