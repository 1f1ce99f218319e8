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
from contracts.values.ids import SYSTEM

log = logging.getLogger(__name__)

GIVEN_AT_ONCE_MAX: Final = 200
CHANGED_AT_ONCE_MAX: Final = 5_000
"""A turn ends once its commands have changed so many values: erasing a person changes all that
they ever made."""


class DueCommands:
    """The commands that one reign gives itself. Each is sent once while its deadline stands."""

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda
        self._given: set[str] = set()
        """The keys of the commands that were sent, or failed, and whose deadlines still stand."""

    def give(self, reign: Reign, now: datetime) -> None:
        """Decide and send the commands of the deadlines that have passed by `now`, as many as fit
        into one turn; those that are parts of a long work last. One that fails does not stop the
        others."""
        due = {_key_of(deadline): deadline for deadline in self._agenda.list_due(now)}
        self._given &= due.keys()
        not_given = [key for key in due if key not in self._given]
        not_given.sort(key=lambda key: due[key].part is not None)
        changed = 0
        for key in not_given[:GIVEN_AT_ONCE_MAX]:
            if not reign.leading or changed >= CHANGED_AT_ONCE_MAX:
                return
            try:
                changed += self._give(reign, key, due[key], now)
            except Exception:
                # As for a client's command: it fails alone, and leading goes on.
                log.exception("deadline not met", extra={"key": key})
                self._given.add(key)

    def _give(self, reign: Reign, key: str, deadline: Deadline, now: datetime) -> int:
        """Return how many values the command has changed."""
        submission = Submission(
            id=key, actor=SYSTEM, idempotency_key=key, fingerprint="", command=deadline.command
        )
        changed = reign.meet_deadline(submission, now)
        if changed:
            self._given.add(key)
        elif reign.is_moot(submission, now):
            self._agenda.drop(deadline)
        return changed


def _key_of(deadline: Deadline) -> str:
    key = f"{deadline.id}@{deadline.due_at.isoformat()}"
    return key if deadline.part is None else f"{key}/{deadline.part}"
