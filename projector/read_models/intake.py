"""Projects accepted Commits, and parks the events that cannot be projected.

An event that cannot be decoded or projected becomes a dead letter, and so does every later
event of its key, because rows built on a gap would be wrong. All other keys go on. `take` has
no effects: a key stops for good only by `stop`, once its dead letter is stored.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from contracts.events.stored.codec import decode_event, read_fields
from contracts.events.stored.domain_event import DomainEvent
from contracts.journal.places import OUTCOME, EventPlace
from contracts.journal.records import Commit
from contracts.values.describing import describe_error
from contracts.values.ids import canonical_uuid
from contracts.values.text import make_storable
from projector.read_models.batch import DeadLetter, Projected
from projector.read_models.project import key_of, person_erased_by, project
from projector.read_models.projections.decisions import project_decision
from projector.read_models.read_model import EventContext, Put, storable_put
from runtime.dead_letters.request_ids import find_request_id
from runtime.dead_letters.texts import shorten

STOPPED: Final = "an earlier event of this key could not be projected"
DECISION: Final = "decision"
"""Key of what Commits put into `decisions`. It never stops."""
_find_nul: Final = re.compile(rb"\\u0000").search
"""Finds the character that text in PostgreSQL cannot hold, as JSON spells it."""
NOTHING_REFUSED: Final[Mapping[str, str]] = MappingProxyType({})


class Intake:
    """Knows which keys have stopped, and which events operators have dropped."""

    def __init__(self, stopped: Iterable[str] = (), dropped: Collection[EventPlace] = ()) -> None:
        self._stopped = set(stopped)
        self._dropped = frozenset(dropped)

    def take(
        self, commits: Iterable[Commit], refused: Mapping[str, str] = NOTHING_REFUSED
    ) -> list[Projected]:
        """Project the Commits. Returns what each decision and each event was turned into, in
        order.

        `refused` gives further keys whose events are parked, with the reason: the tables refused
        their rows, or an earlier event of theirs is being parked now.
        """
        failed = dict(refused)
        found: list[Projected] = []
        for commit in commits:
            context = EventContext(commit.decided_at, commit.seq, commit.command.actor)
            event = _take_decision(commit, context, failed)
            found.append(self._without_dropped(event, OUTCOME))
            for index in range(len(commit.events)):
                event = self._without_dropped(
                    self._take_event(commit, index, context, failed), index
                )
                if event.letter is not None and event.letter.key is not None:
                    failed.setdefault(event.letter.key, STOPPED)
                found.append(event)
        return found

    def _find_reason(self, key: str | None, failed: Mapping[str, str]) -> str | None:
        """Return why events of the key are parked; None if they are not."""
        if key is None:
            return None
        return failed.get(key) or (STOPPED if key in self._stopped else None)

    def stop(self, parked: Iterable[DeadLetter]) -> None:
        """Stop the keys of these dead letters for good. The letters must be stored."""
        self._stopped.update(stopped_by(parked))

    def _without_dropped(self, event: Projected, index: int) -> Projected:
        """Return the event; if it was dropped, without all that it would change."""
        if not self._dropped or (event.context.seq, index) not in self._dropped:
            return event
        return replace(event, puts=[], letter=None, erased=None)

    def _take_event(
        self, commit: Commit, index: int, context: EventContext, failed: Mapping[str, str]
    ) -> Projected:
        stored = commit.events[index]
        event: DomainEvent | None = None
        try:
            event = decode_event(stored)
            key = key_of(event)
            reason = self._find_reason(key, failed)
            if reason is None:
                puts = _storable_puts(project(event, context), stored)
                return Projected(key, context, event, puts, erased=person_erased_by(event))
        except Exception as error:  # Whatever it is, only this key may stop.
            reason = describe_error(error)
        letter = _build_letter(commit, index, reason)
        return Projected(letter.key, context, event, [], letter)


def stopped_by(parked: Iterable[DeadLetter]) -> dict[str, str]:
    """Return the keys that stop by these dead letters, with the reason for their later events."""
    return {letter.key: STOPPED for letter in parked if letter.key is not None}


def _storable_puts(puts: list[Put], stored: Raw) -> list[Put]:
    """Return the puts of a stored event without the characters that the tables cannot hold."""
    return [storable_put(put) for put in puts] if _find_nul(stored) else puts


def _take_decision(commit: Commit, context: EventContext, failed: Mapping[str, str]) -> Projected:
    """Project the Commit's decision. If the tables refused it, it is parked and stops no key:
    nothing later builds on it."""
    if DECISION not in failed:
        put = project_decision(commit)
        puts = [storable_put(put) if commit.outcome.facts else put]
        return Projected(DECISION, context, None, puts)
    outcome = msgspec.json.encode(commit.outcome).decode()
    letter = DeadLetter(
        seq=commit.seq,
        event_index=OUTCOME,
        type=DECISION,
        key=None,
        payload=outcome,
        reason=shorten(failed[DECISION]),
        request_id=find_request_id(commit.command),
    )
    return Projected(DECISION, context, None, [], letter)


def _build_letter(commit: Commit, index: int, reason: str) -> DeadLetter:
    stored = commit.events[index]
    fields = read_fields(stored)
    return DeadLetter(
        seq=commit.seq,
        event_index=index,
        type=make_storable(str(fields.get("type"))),
        key=_read_key(fields),
        payload=make_storable(bytes(stored).decode("utf-8", "replace")),
        reason=shorten(reason),
        request_id=find_request_id(commit.command),
    )


def _read_key(fields: dict[str, Any]) -> str | None:
    """Return the key of an event that may be of an unknown type, None if it has none. By
    convention an event names its announcement or its person."""
    for name in ("announcement_id", "person_id"):
        if isinstance(value := fields.get(name), str):
            return canonical_uuid(value)
    return None
