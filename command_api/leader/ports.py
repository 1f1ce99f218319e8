"""What a command process needs from outside, and what it answers with."""

from collections.abc import Callable
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from command_api.domain.layer import Layer
from command_api.domain.submission import Submission
from contracts.journal.records import Outcome
from contracts.values.ids import PersonId


class Answer(NamedTuple):
    """The recorded outcome of a command, and the representation to send along."""

    outcome: Outcome
    position: int
    """`seq` of the record that holds the outcome."""
    body: bytes
    replayed: bool = False
    """Whether the command had been answered before."""


Render = Callable[[Layer, Submission, Outcome], bytes]
"""The representation of what a command came to, as the given layer shows it."""

WallClock = Callable[[], datetime]
"""Aware UTC, whole milliseconds."""


AdmitForwarded = Callable[[PersonId], None]
"""Counts a command that came over another process for its person. Raises RateLimited."""


def everybody(_: PersonId) -> None:
    """Admit without counting: no process forwards anything."""


class Peers(Protocol):
    """The way from a follower to the leader."""

    def knows(self, leader_url: str) -> bool:
        """Whether a leader at this address would be asked."""
        ...

    async def forward(self, leader_url: str, submission: Submission, timeout_s: float) -> Answer:
        """Have the leader answer. Raises the CommandError it answered with; NoLeader where
        it says that it does not lead, or could not be connected to (nothing was done), and
        OutcomeUnknown where the connection broke later."""
        ...


class Observer:
    """Is told what happens, for figures. This one keeps nothing. Calls must be quick and
    must not raise: a command waits for them."""

    def decided(self, seconds: float) -> None:
        """A command was decided and rendered; whether it will count is not known yet."""

    def settled(self, seconds: float) -> None:
        """A record was acknowledged and read back, this long after it was sent."""

    def answered(self, code: str, *, replayed: bool) -> None:
        """A client of this process has its answer, a refusal or a failure included."""


UNOBSERVED: Final = Observer()
