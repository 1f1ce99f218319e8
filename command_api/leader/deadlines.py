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


class DueCommands:
    """The commands that one reign gives itself. Each is sent once while its deadline stands."""

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda
        self._given: set[str] = set()
        """The keys of the commands that were sent, or failed, and whose deadlines still stand."""

    def give(self, reign: Reign, now: datetime) -> None:
        """Decide and send the commands of the deadlines that have passed by `now`, at most
        GIVEN_AT_ONCE_MAX of them. One that fails does not stop the others."""
        due = {_key_of(deadline): deadline for deadline in self._agenda.list_due(now)}
        self._given &= due.keys()
        not_given = [key for key in due if key not in self._given]
        for key in not_given[:GIVEN_AT_ONCE_MAX]:
            if not reign.leading:
                return
            try:
                self._give(reign, key, due[key], now)
            except Exception:
                # As for a client's command: it fails alone, and leading goes on.
                log.exception("deadline not met", extra={"key": key})
                self._given.add(key)

    def _give(self, reign: Reign, key: str, deadline: Deadline, now: datetime) -> None:
        submission = Submission(
            id=key, actor=SYSTEM, idempotency_key=key, fingerprint="", command=deadline.command
        )
        if reign.meet_deadline(submission, now):
            self._given.add(key)
        elif reign.is_moot(submission, now):
            self._agenda.drop(deadline)


def _key_of(deadline: Deadline) -> str:
    return f"{deadline.id}@{deadline.due_at.isoformat()}"
