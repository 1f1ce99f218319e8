"""What a command process knows from the accepted records: its image of the cell.

Leader and followers fold the same records into it. The leader decides on a layer above
(`reign`). So all that is here is accepted, and any process may answer from it.
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
    def __init__(self) -> None:
        self.accepted = Layer.empty()
        self.keys = AnsweredKeys()
        self.agenda = Agenda()
        self.suspended: dict[PersonId, Suspension] = {}
        """The people who are suspended."""
        self.seq = 0
        self.decided_at = EPOCH
        """Log time: when the newest record was decided."""

    def fold(self, commit: Commit, decided_here: Layer | None = None) -> None:
        """Takes over what an accepted Commit changed.

        `decided_here` is the layer that this process computed when it decided the command.
        Without it the events are decoded and applied. Raises JournalBroken for an event that
        this version does not know or cannot apply: going on without it would mean deciding
        wrongly.
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
        """Moves position and log time on to `record`."""
        self.seq = record.seq
        self.decided_at = record.decided_at

    def _replay(self, commit: Commit) -> Layer:
        changed = Layer.on(self.accepted)
        for event in decode_events(commit.events):
            apply(changed, event, commit.decided_at)
        return changed
