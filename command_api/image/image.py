"""Folds the accepted records into an image: everything a command process knows.

Leader and followers fold the same records. The leader decides on a layer above the image
(`reign`), so the image holds accepted changes only, and any process may answer from it.

With a store, the image has three layers: what was accepted since the last checkpoint, what is
being written (frozen, and usually empty), and what is on disk behind a bounded cache. Reading
goes from top to bottom, so nothing ever waits for a write.
"""

from typing import Final

from command_api.domain.evolution import apply
from command_api.domain.layer import Layer
from command_api.domain.person.state import Suspension
from command_api.image.agenda import Agenda
from command_api.image.cache import CachedTable
from command_api.image.keys import KEY_LIMITS, AnsweredKeys, KeyLimits
from command_api.image.store import Changes, Checkpoint, ImageStore, StoreError
from contracts.events.stored.codec import decode_events
from contracts.journal.acceptance import JournalBroken
from contracts.journal.concealment import NO_SECRET, FingerprintKey
from contracts.journal.records import Barrier, Claim, Commit, Moved, Resign
from contracts.values.ids import PersonId
from contracts.values.times import EPOCH
from runtime.journal.tail import Position

CACHED_MAX: Final = 10_000
"""Values of each collection that stay in memory, once or twice as many."""


class Image:
    """Everything that follows from the accepted records.

    Without a store all of it is in memory. With one, it begins at the store's `checkpoint`.
    """

    def __init__(
        self,
        store: ImageStore | None = None,
        checkpoint: Checkpoint | None = None,
        *,
        fingerprint_key: FingerprintKey = NO_SECRET,
        cached_max: int = CACHED_MAX,
        key_limits: KeyLimits = KEY_LIMITS,
    ) -> None:
        self._tables: list[CachedTable] = []
        self._frozen = Layer.empty()
        self.accepted = self._frozen
        if store is not None:
            self._tables = [CachedTable(table, cached_max) for table in store.tables]
            self._frozen = Layer.on(Layer.on_tables(self._tables))
            self.accepted = Layer.on(self._frozen)
        self._replayed = Layer.on(self.accepted)
        """The changes of the newest record, unless this process has decided it itself."""
        self.agenda = Agenda(store)
        self._erased_since = False
        """Whether anybody was erased since the last checkpoint."""
        self.suspended: dict[PersonId, Suspension] = {}
        """Those who are suspended now."""
        self.seq = 0
        """`seq` of the newest record."""
        self.decided_at = EPOCH
        """When the newest Commit or Barrier was decided (log time)."""
        self.leader_url: str | None = None
        """The address in the newest Claim, unless its leader has resigned."""
        if store is None or checkpoint is None:
            self.keys = AnsweredKeys(key_limits, fingerprint_key=fingerprint_key, store=store)
            return
        self.keys = AnsweredKeys(
            key_limits,
            fingerprint_key=fingerprint_key,
            store=store,
            mark=checkpoint.keys,
            stored_to=checkpoint.seq,
        )
        self.seq, self.decided_at = checkpoint.seq, checkpoint.decided_at
        self.leader_url = checkpoint.leader_url
        for person_id in store.list_suspended():
            self._note_suspension(person_id, self.accepted.person(person_id).suspension)

    def fold(self, commit: Commit, decided_here: Layer | None = None) -> None:
        """Take over what an accepted Commit changed.

        `decided_here` is the layer in which this process decided the command. If it is None, the
        events are decoded and applied. Raises JournalBroken if this version does not know an
        event or cannot apply it: without it, later decisions would be wrong. Raises StoreError
        if the store cannot be read.
        """
        try:
            self._fold(commit, decided_here)
        except StoreError:
            raise
        except Exception as error:
            reason = f"commit at seq {commit.seq}: {type(error).__name__}: {error}"
            raise JournalBroken(reason) from error

    def advance(self, record: Commit | Barrier) -> None:
        """Move position and log time on to `record`."""
        self.seq = record.seq
        self.decided_at = record.decided_at

    def note_leader(self, record: Claim | Resign | Moved) -> None:
        """Take over who leads from now on."""
        if isinstance(record, Claim):
            self.seq = record.seq
            self.leader_url = record.leader_url
        else:
            self.leader_url = None

    def freeze(self, position: Position) -> Changes:
        """Return all changes since the last checkpoint, to be written. They stay visible here.
        `position` is that of the newest record folded. Call `settle` before the next one."""
        for fresh, frozen in zip(self.accepted.shelves, self._frozen.shelves, strict=True):
            frozen.own, fresh.own = fresh.own, {}
        mark, answers = self.keys.freeze()
        erases, self._erased_since = self._erased_since, False
        return Changes(
            Checkpoint(position, self.seq, self.decided_at, self.leader_url, mark),
            [frozen.own for frozen in self._frozen.shelves],
            answers,
            self.agenda.freeze(),
            erases,
        )

    def settle(self) -> None:
        """Let go of what `freeze` returned, because it has been written."""
        for table, frozen in zip(self._tables, self._frozen.shelves, strict=True):
            table.replace(frozen.own)
            frozen.own = {}
        self.keys.settle()
        self.agenda.settle()

    def _fold(self, commit: Commit, decided_here: Layer | None) -> None:
        changed = decided_here if decided_here is not None else self._replay(commit)
        self.accepted.absorb(changed)
        self.agenda.update(changed)
        for person in changed.people.own.values():
            if person.suspension is not None or self.suspended:
                self._note_suspension(person.id, person.suspension)
            self._erased_since = self._erased_since or person.erased
        self.keys.remember(commit.command, commit.seq, commit.decided_at, commit.outcome)
        self.advance(commit)

    def _note_suspension(self, person_id: PersonId, suspension: Suspension | None) -> None:
        if suspension is not None:
            self.suspended[person_id] = suspension
        else:
            self.suspended.pop(person_id, None)

    def _replay(self, commit: Commit) -> Layer:
        self._replayed.clear()
        actor = PersonId(commit.command.actor)
        for event in decode_events(commit.events):
            apply(self._replayed, event, commit.decided_at, actor)
        return self._replayed
