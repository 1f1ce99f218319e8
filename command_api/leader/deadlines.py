"""Gives a leader the commands of deadlines that have passed.

A deadline leaves the agenda only by what is accepted. At a record on its way it may look as if
there were nothing left to do, but that record may never count.
"""

import logging
from datetime import datetime
from typing import Final

from command_api.domain.deadline import Deadline
from command_api.domain.submission import Submission
from command_api.image.agenda import Agenda
from command_api.leader.reign import Reign
from command_api.leader.sent_record import SentRecord
from contracts.values.ids import SYSTEM

log = logging.getLogger(__name__)

GIVEN_AT_ONCE_MAX: Final = 200
CHANGED_AT_ONCE_MAX: Final = 5_000
"""A turn ends once its commands have changed so many values: erasing a person changes all that
they ever made."""


class DueCommands:
    """The commands that one reign gives itself. Each is sent once while its deadline stands, or,
    if that may take several steps, again whenever the last step has been recorded."""

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda
        self._given: dict[str, SentRecord | None] = {}
        """The newest record of each command whose deadline still stands, by key; None if it
        failed."""

    def give(self, reign: Reign, now: datetime) -> None:
        """Decide and send the commands of the deadlines that have passed by `now`, as many as fit
        into one turn; those that take steps go last. One that fails does not stop the others."""
        due = {_key_of(deadline): deadline for deadline in self._agenda.list_due(now)}
        self._given = {key: sent for key, sent in self._given.items() if key in due}
        waiting = [key for key, deadline in due.items() if self._may_give(key, deadline)]
        waiting.sort(key=lambda key: due[key].in_steps)
        changed = 0
        for key in waiting[:GIVEN_AT_ONCE_MAX]:
            if not reign.leading or changed >= CHANGED_AT_ONCE_MAX:
                return
            try:
                changed += self._give(reign, key, due[key], now)
            except Exception:
                # As for a client's command: it fails alone, and leading goes on.
                log.exception("deadline not met: %s", type(due[key].command).__name__)
                self._given[key] = None

    def _may_give(self, key: str, deadline: Deadline) -> bool:
        if key not in self._given:
            return True
        sent = self._given[key]
        return deadline.in_steps and sent is not None and sent.settled

    def _give(self, reign: Reign, key: str, deadline: Deadline, now: datetime) -> int:
        """Return how many values the command has changed."""
        # What is accepted by now tells the steps of one work apart, whoever leads.
        own_key = f"{key}/{reign.accepted_seq}" if deadline.in_steps else key
        submission = Submission(
            id=own_key,
            actor=SYSTEM,
            idempotency_key=own_key,
            fingerprint="",
            command=deadline.command,
        )
        sent = reign.meet_deadline(submission, now)
        if sent is not None:
            self._given[key] = sent
            return 0 if sent.layer is None else sent.layer.size
        if reign.is_moot(submission, now):
            self._agenda.drop(deadline)
        return 0


def _key_of(deadline: Deadline) -> str:
    return f"{deadline.id}@{deadline.due_at.isoformat()}"
