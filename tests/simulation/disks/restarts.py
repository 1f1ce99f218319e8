"""One image that freezes, writes, stops and begins anew at any moment, beside one that never does.

Every command of a random history is decided on both.
"""

from datetime import timedelta
from random import Random
from typing import Final

from command_api.domain.decide import decide
from command_api.domain.rules import DEFAULT_RULES
from command_api.image.image import Image
from command_api.image.keys import KeyLimits
from command_api.image.sqlite.encoding import THE_CHECKPOINT, ValueDecoder
from command_api.image.store import Changes, Checkpoint
from contracts.journal.acceptance import ReaderState
from contracts.journal.records import Commit
from runtime.journal.tail import Position
from tests.histories.decided import Decided, DecidedHistory
from tests.histories.random_people import RandomPeople
from tests.simulation.invariants import Violation, check_same_image
from tests.simulation.simulated.store import SimulatedDisk, SimulatedStore

KEY_LIMITS: Final = KeyLimits(records_max=25, records_min=8, age_max=timedelta(hours=2))
WISHES: Final = 60
WAITS: Final = 40
WAITS_H: Final = (0.5, 3.0, 30.0)
"""Waits of these many hours outlast the two weeks after which sealed ratings are revealed."""


def run_restarts(seed: int, wishes: int = WISHES) -> "Compared":
    """Raises Violation if the two images differ anywhere. In the end people wish for nothing
    more, and deadlines pass that were still far away when they were written."""
    random = Random(seed)
    history = Compared(random)
    people = RandomPeople(seed, history=history, erasures=True).live(wishes)
    for _ in range(WAITS):
        history.wait(hours=random.choice(WAITS_H))
        people.meet_deadlines()
    commits = history.chain.commits
    check_same_image("the restless image", history.restless.image, history.image, commits)
    return history


class RestlessImage:
    """An image that is written and begun anew as `random` will have it."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._disk = SimulatedDisk()
        self._frozen: Changes | None = None
        self._unwritten: list[Commit] = []
        self._frozen_commits = 0
        self.image = self._begin(None)
        self.restarts = 0

    def take(self, commit: Commit) -> None:
        self.image.fold(commit)
        self._unwritten.append(commit)
        self.act_randomly()

    def act_randomly(self) -> None:
        act = self._random.choice((self.freeze, self.write, self.restart, None, None))
        if act is not None:
            act()

    def freeze(self) -> None:
        if self._frozen is None:
            state = ReaderState(seq=self.image.seq)
            self._frozen = self.image.freeze(Position(self.image.seq, state))
            self._frozen_commits = len(self._unwritten)

    def write(self) -> None:
        if self._frozen is not None:
            self._disk.put(self._frozen)
            self._frozen = None
            del self._unwritten[: self._frozen_commits]
            if self._random.random() < 0.5:  # Otherwise the process ends before it knows.
                self.image.settle()
            else:
                self.restart()

    def restart(self) -> None:
        """What was not written is lost, and read from the journal again."""
        self.restarts += 1
        self._frozen = None
        stored = self._disk.contents.checkpoint
        checkpoint = None
        if stored is not None:
            checkpoint = ValueDecoder(Checkpoint).decode(THE_CHECKPOINT, stored)
        self.image = self._begin(checkpoint)
        for commit in self._unwritten:
            self.image.fold(commit)

    def _begin(self, checkpoint: Checkpoint | None) -> Image:
        store = SimulatedStore(self._disk, self._random)
        return Image(store, checkpoint, cached_max=2, key_limits=KEY_LIMITS)


class Compared(DecidedHistory):
    """A history whose every command is decided on a restless image as well."""

    def __init__(self, random: Random) -> None:
        super().__init__()
        self.image = Image(key_limits=KEY_LIMITS)
        self.restless = RestlessImage(random)

    def record(self, decided: Decided) -> Commit:
        submission, decision = decided
        ours = decide(
            submission,
            self.restless.image.accepted,
            self.chain.now,
            DEFAULT_RULES,
            position=self.chain.seq + 1,
        )
        if (ours.outcome, ours.events) != (decision.outcome, decision.events):
            raise Violation(f"{submission.kind} is decided otherwise: {ours}, not {decision}")
        commit = super().record(decided)
        self.restless.take(commit)
        self._check_deadlines()
        return commit

    def wait(self, *, hours: float) -> None:
        self.chain.wait(hours=hours)
        self.restless.act_randomly()
        self._check_deadlines()

    def _check_deadlines(self) -> None:
        now = self.chain.now
        ours, theirs = (one.agenda.list_due(now) for one in (self.restless.image, self.image))
        if sorted(ours) != sorted(theirs):
            raise Violation("other deadlines are due")
