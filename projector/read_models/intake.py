"""From accepted Commits to projected events, setting aside what cannot be.

An event that cannot be decoded or projected is parked as a dead letter, and from then on
so is every event of its key, because rows built on a gap would be wrong; all other keys
go on. Pure: which keys have stopped changes only through `stop`, once that is durable.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

import msgspec
from msgspec import Raw

from contracts.event_codec import decode_event, read_fields
from contracts.events import DomainEvent
from contracts.ids import canonical
from contracts.records import Commit
from contracts.text import storable
from projector.read_models.batch import DeadLetter, Projected
from projector.read_models.project import key_of, project
from projector.read_models.projections.decisions import project_decision
from projector.read_models.read_model import EventContext, Put, storable_put

REASON_CHARS_MAX: Final = 500
STOPPED: Final = "an earlier event of this key could not be projected"
DECISION: Final = "decision"
NUL: Final = rb"\u0000"
"""As JSON writes it."""
NOTHING_REFUSED: Final[Mapping[str, str]] = MappingProxyType({})


class Intake:
    def __init__(self, stopped: Iterable[str] = ()) -> None:
        self._stopped = set(stopped)

    def take(
        self, commits: Iterable[Commit], refused: Mapping[str, str] = NOTHING_REFUSED
    ) -> list[Projected]:
        """What the commits come to, event by event, in order.

        `refused` names keys whose rows the tables cannot hold, and why: their events are
        set aside like those of stopped keys. DECISION is the key of what the Commits came to.
        """
        failed = dict(refused)
        found: list[Projected] = []
        for commit in commits:
            facts = EventContext(commit.decided_at, commit.seq)
            found.append(_take_decision(commit, failed))
            for index, stored in enumerate(commit.events):
                event = self._take_event(stored, index, facts, failed)
                if event.letter is not None and event.letter.key is not None:
                    failed.setdefault(event.letter.key, STOPPED)
                found.append(event)
        return found

    def _reason_against(self, key: str | None, failed: Mapping[str, str]) -> str | None:
        if key is None:
            return None
        return failed.get(key) or (STOPPED if key in self._stopped else None)

    def stop(self, parked: Iterable[DeadLetter]) -> None:
        """The letters are stored: their keys have stopped for good."""
        self._stopped.update(letter.key for letter in parked if letter.key is not None)

    def _take_event(
        self, stored: Raw, index: int, facts: EventContext, failed: Mapping[str, str]
    ) -> Projected:
        event: DomainEvent | None = None
        try:
            event = decode_event(stored)
            key = key_of(event)
            reason = self._reason_against(key, failed)
            if reason is None:
                return Projected(key, event, _held(project(event, facts), stored))
        except Exception as error:  # Whatever it is, only this key must stand still.
            reason = f"{type(error).__name__}: {error}"
        letter = _letter(stored, index, facts, reason)
        return Projected(letter.key, event, [], letter)


def _held(puts: list[Put], stored: Raw) -> list[Put]:
    """The puts, without what the tables cannot hold."""
    return [storable_put(put) for put in puts] if NUL in bytes(stored) else puts


def _take_decision(commit: Commit, failed: Mapping[str, str]) -> Projected:
    """A decision that the tables cannot hold is missed by nothing that comes after it."""
    if DECISION not in failed:
        put = project_decision(commit)
        return Projected(DECISION, None, [storable_put(put) if commit.outcome.facts else put])
    outcome = msgspec.json.encode(commit.outcome).decode()
    letter = DeadLetter(
        seq=commit.seq,
        event_index=-1,
        type=DECISION,
        key=None,
        payload=outcome,
        reason=storable(failed[DECISION])[:REASON_CHARS_MAX],
    )
    return Projected(DECISION, None, [], letter)


def _letter(stored: Raw, index: int, facts: EventContext, reason: str) -> DeadLetter:
    fields = read_fields(stored)
    return DeadLetter(
        seq=facts.seq,
        event_index=index,
        type=storable(str(fields.get("type"))),
        key=_key(fields),
        payload=storable(bytes(stored).decode("utf-8", "replace")),
        reason=storable(reason)[:REASON_CHARS_MAX],
    )


def _key(fields: dict[str, Any]) -> str | None:
    """Of any event, known or not: by convention it names its announcement or its person."""
    for name in ("announcement_id", "person_id"):
        if isinstance(value := fields.get(name), str):
            return canonical(value)
    return None
