"""The ports of leading and answering: what they need from outside, and the form of an answer."""

from collections.abc import Callable
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from command_api.domain.layer import Layer
from command_api.domain.submission import Submission
from contracts.journal.records import Outcome
from contracts.representations import RenewalResponse


class Answer(NamedTuple):
    """The recorded outcome of a command, and the representation to send along."""

    outcome: Outcome
    position: int
    """`seq` of the record that holds the outcome."""
    body: bytes
    replayed: bool = False
    """Whether the command had been answered before."""


Render = Callable[[Layer, Submission, Outcome], bytes]
"""Returns the body of the answer to a command, made from the given layer. For a refusal
these are the facts to show."""

WallClock = Callable[[], datetime]
"""Returns the time now: aware UTC, in whole milliseconds."""

AdmitForwarded = Callable[[Submission], None]
"""Counts a forwarded command against its person's limit. Raises RateLimited."""


def admit_everybody(_: Submission) -> None:
    """Admit without counting, for a cell in which no process forwards anything."""


class Peers(Protocol):
    """The way from a follower to the leader."""

    def knows(self, leader_url: str) -> bool:
        """Whether commands may be forwarded to this address."""
        ...

    async def forward(self, leader_url: str, submission: Submission, timeout_s: float) -> Answer:
        """Return the leader's answer. Raises the CommandError it answered with; NoLeader if it
        does not lead or could not be connected to (nothing was done); OutcomeUnknown if the
        connection broke later."""
        ...

    async def ask_renewal(self, leader_url: str, *, begin: bool, by: str | None) -> RenewalResponse:
        """Return how far the leader's renewal of the journal is. With `begin` it begins one, for
        which the operator `by` answers. Raises NoLeader and OutcomeUnknown."""
        ...


class Observer:
    """Is told what happens, for the metrics. This one keeps nothing. Methods of a subclass must
    be quick and must not raise: a command waits for them."""

    def observe_decision(self, seconds: float) -> None:
        """Observe how long it took to decide and render a command, even if it never counts."""

    def observe_round_trip(self, seconds: float) -> None:
        """Observe how long a record took to be acknowledged and read back."""

    def count_answer(self, code: str, *, replayed: bool) -> None:
        """Count an answer to a client of this process, whether success, refusal or failure."""


UNOBSERVED: Final = Observer()
