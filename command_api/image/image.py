"""Folds the accepted records into an image: everything a command process knows.

Leader and followers fold the same records. The leader decides on a layer above the image
(`reign`), so the image holds accepted changes only, and any process may answer from it.
"""

from command_api.domain.evolution import apply
from command_api.domain.layer import Layer
from command_api.domain.person.state import Suspension
from command_api.image.agenda import Agenda
from command_api.image.keys import AnsweredKeys
from contracts.events.codec import decode_events
from contracts.journal.acceptance import JournalBroken
from contracts.journal.records import Barrier, Commit
from contracts.values.ids import PersonId
from contracts.values.times import EPOCH


class Image:
    """The accepted aggregates, and what the leader needs beside them."""

    def __init__(self) -> None:
        self.accepted = Layer.empty()
        self.keys = AnsweredKeys()
        self.agenda = Agenda()
        self.suspended: dict[PersonId, Suspension] = {}
        """Those who are suspended now."""
        self.seq = 0
        """`seq` of the newest record."""
        self.decided_at = EPOCH
        """When the newest Commit or Barrier was decided (log time)."""

    def fold(self, commit: Commit, decided_here: Layer | None = None) -> None:
        """Take over what an accepted Commit changed.

        `decided_here` is the layer in which this process decided the command. If it is None, the
        events are decoded and applied. Raises JournalBroken if this version does not know an
        event or cannot apply it: without it, later decisions would be wrong.
        """
        try:
            self._fold(commit, decided_here)
        except Exception as error:
            reason = f"commit at seq {commit.seq}: {type(error).__name__}: {error}"
            raise JournalBroken(reason) from error

    def _fold(self, commit: Commit, decided_here: Layer | None) -> None:
        changed = decided_here if decided_here is not None else self._replay(commit)
        self.accepted.absorb(changed)
        self.agenda.update(changed)
        for person in changed.people.own.values():
            if person.suspension is not None:
                self.suspended[person.id] = person.suspension
            elif self.suspended:
                self.suspended.pop(person.id, None)
        self.keys.remember(commit.command, commit.seq, commit.decided_at, commit.outcome)
        self.advance(commit)

    def advance(self, record: Commit | Barrier) -> None:
        """Move position and log time on to `record`."""
        self.seq = record.seq
        self.decided_at = record.decided_at

    def _replay(self, commit: Commit) -> Layer:
        changed = Layer.on(self.accepted)
        for event in decode_events(commit.events):
            apply(changed, event, commit.decided_at)
        return changed
