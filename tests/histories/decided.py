"""Builds histories by deciding commands, so that only what deciders write can come up."""

from datetime import datetime
from typing import NamedTuple

from command_api.domain.decide import Decision, decide
from command_api.domain.layer import Layer
from command_api.domain.person.commands import PersonFacts
from command_api.domain.rules import DEFAULT_RULES, Rules
from command_api.domain.submission import AnyCommand, Submission
from command_api.image.image import Image
from contracts.journal.records import Commit
from contracts.values.ids import PersonId
from tests.histories.chain import BEGIN, Chain


class Decided(NamedTuple):
    submission: Submission
    decision: Decision


class DecidedHistory:
    """Commands decided by the domain, and the commits that record them."""

    def __init__(self, now: datetime = BEGIN, rules: Rules = DEFAULT_RULES) -> None:
        self.chain = Chain(now)
        self.image = Image()
        self._rules = rules
        self._serial = 0

    @property
    def layer(self) -> Layer:
        """Where the recorded commands have led to."""
        return self.image.accepted

    def decide(
        self,
        actor: PersonId,
        command: AnyCommand,
        *,
        is_super: bool = False,
        actor_facts: PersonFacts | None = None,
    ) -> Decided:
        """Decide a new command, and record nothing. Raises CommandError."""
        self._serial += 1
        submission = submit(
            actor, command, f"k{self._serial}", is_super=is_super, actor_facts=actor_facts
        )
        decision = decide(
            submission, self.layer, self.chain.now, self._rules, position=self.chain.seq + 1
        )
        return Decided(submission, decision)

    def record(self, decided: Decided) -> Commit:
        submission, decision = decided
        commit = self.chain.commit(
            *decision.events,
            outcome=decision.outcome,
            actor=submission.actor,
            kind=submission.kind,
        )
        self.image.fold(commit, decision.layer)
        return commit


def submit(
    actor: PersonId,
    command: AnyCommand,
    key: str = "",
    *,
    is_super: bool = False,
    actor_facts: PersonFacts | None = None,
) -> Submission:
    return Submission(
        id=key,
        actor=actor,
        idempotency_key=key,
        fingerprint="f",
        command=command,
        is_super=is_super,
        actor_facts=actor_facts,
    )
