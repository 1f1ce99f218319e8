"""Table `refusals`: one row for each command, or part of one, that a rule refused.

Part 0 is the command itself. The invitation of several guests has parts, counted from 1: one for
each guest, of which only the refused ones have a row.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any, Final, NamedTuple

import msgspec

from contracts.error_codes import is_refusal
from contracts.journal.records import Commit
from contracts.values.times import to_ms
from projector.history.rows import Rows
from projector.history.values import day_of, get_text


class RefusedPart(NamedTuple):
    """One refusal, with the values of its row."""

    seq: int
    part: int
    at_ms: int
    day: date
    code: str
    actor: str
    command: str
    announcement_id: str
    booking_id: str
    person_id: str
    """The refused guest, or for part 0 the actor."""
    facts: str
    """As JSON."""


REFUSAL_COLUMNS: Final = RefusedPart._fields


def add_refusals(rows: Rows, commit: Commit) -> None:
    """Add a row for each refusal in the Commit."""
    for refused in refused_parts(commit):
        rows.add(refused)


def refused_parts(commit: Commit) -> Iterator[RefusedPart]:
    """Yield each refusal in the Commit."""
    outcome = commit.outcome
    if outcome.refused:
        yield _part_of(commit, 0, outcome.code, outcome.facts)
    results = outcome.facts.get("results")
    for part, result in enumerate(results if isinstance(results, list) else [], 1):
        if isinstance(result, dict) and is_refusal(code := get_text(result, "code")):
            yield _part_of(commit, part, code, result)


def _part_of(commit: Commit, part: int, code: str, facts: dict[str, Any]) -> RefusedPart:
    outcome = commit.outcome
    return RefusedPart(
        commit.seq,
        part,
        to_ms(commit.decided_at),
        day_of(commit.decided_at),
        code,
        commit.command.actor,
        commit.command.kind,
        outcome.announcement_id or get_text(facts, "announcement_id"),
        outcome.booking_id or get_text(facts, "booking_id"),
        get_text(facts, "guest_id") if part else commit.command.actor,
        msgspec.json.encode(facts).decode(),
    )
