"""Gathers what operators did from the places where it is recorded.

Commands of operators are in the journal: the history has what they did to people, and the read
models what they did about reports and to the journal itself. Acts on notices and fan-outs are
beside the notices, and acts on the tables in `access.operator_acts`.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Any, Final, NamedTuple

import asyncpg
import msgspec
from msgspec import Struct

from contracts.journal.renewal_acts import END_RENEWAL, RENEW
from contracts.values.ids import OPERATOR
from contracts.values.times import from_ms
from query_api.edge.history_reads import HistoryReads
from query_api.edge.reads import TableSnapshot
from runtime.auth.operators import read_signature

EVENT_TYPES: Final = (
    "person.suspended",
    "person.reinstated",
    "person.erasure_requested",
    "person.erasure_confirmed",
    "person.erasure_withdrawn",
)
"""Types of the events about people that follow from commands of operators, without the version."""
EVENTS_OF_COMMIT_MAX: Final = 1_000_000


# LIMIT 1 BY: a block that was written twice may still be there twice.
_SELECT_EVENTS: Final = f"""
    SELECT seq, event_index, at_ms, type, payload FROM events
    WHERE type IN ({", ".join(f"'{one}'" for one in EVENT_TYPES)}) AND actor = '{OPERATOR}'
      AND (at_ms < %(at_ms)s OR at_ms = %(at_ms)s AND seq * {EVENTS_OF_COMMIT_MAX} + event_index
           < %(number)s)
    ORDER BY at_ms DESC, seq DESC, event_index DESC
    LIMIT 1 BY seq, event_index LIMIT %(limit)s
"""
_AT_MS: Final = "floor(extract(epoch FROM at) * 1000)::bigint"
_SELECT_ACTS: Final = f"""
    SELECT id, {_AT_MS} AS at_ms, signed_by, act, subject, position, before, after
    FROM ({{acts}}) acts
    WHERE {_AT_MS} < $1 OR {_AT_MS} = $1 AND id < $2
    ORDER BY at_ms DESC, id DESC LIMIT $3
"""
_COLUMNS: Final = "id, at, signed_by, act, subject, NULL::bigint AS position, before, after"
_OF_TABLES: Final = f"SELECT {_COLUMNS} FROM access.operator_acts"
_OF_NOTICES: Final = f"SELECT {_COLUMNS} FROM notifier.operator_acts"
_HIDDEN: Final = """
    SELECT hidden_seq AS id, hidden_at AS at, signed_by, 'text.hidden' AS act,
           kind || ' ' || subject_id AS subject, hidden_seq AS position,
           NULL::json AS before, NULL::json AS after
    FROM hidden_texts
"""
# A report is answered once. Its signature is that of the last act: whoever hid the text later has
# signed there. A report has no number, so its id makes one.
_ANSWERED: Final = f"""
    SELECT hashtextextended(report_id::text, 0) & {2**59 - 1} AS id, answered_at AS at,
           CASE WHEN hidden_at > answered_at THEN NULL ELSE signed_by END AS signed_by,
           'report.answered' AS act, 'report ' || report_id AS subject, NULL::bigint AS position,
           NULL::json AS before, NULL::json AS after
    FROM reports WHERE answered_at IS NOT NULL
"""
_RENEWALS: Final = f"""
    SELECT seq AS id, decided_at AS at, facts->>'signed_by' AS signed_by, 'journal.' || code AS act,
           'journal ' || (facts->>'to') AS subject, seq AS position,
           json_build_object('generation', facts->'from') AS before,
           CASE kind WHEN '{END_RENEWAL}' THEN json_build_object(
               'generation', facts->'generation', 'ended', facts->'ended', 'reason', facts->'reason'
           ) END AS after
    FROM decisions WHERE actor = '{OPERATOR}' AND kind IN ('{RENEW}', '{END_RENEWAL}')
"""
SELECTS: Final = tuple(
    _SELECT_ACTS.format(acts=acts)
    for acts in (_OF_TABLES, _OF_NOTICES, _HIDDEN, _ANSWERED, _RENEWALS)
)
JOURNAL: Final = len(SELECTS)
"""Number of the history among the sources."""


class OperatorAct(Struct, frozen=True, kw_only=True):
    """One act of an operator. It has ids, counts and words of ours, and no text."""

    id: str
    """Its cursor."""
    at: datetime
    by: str
    """The name of the token's holder; `operator` if the token names nobody."""
    stated_by: str | None
    """The name that was stated beside a token that names nobody. Nothing proves it."""
    act: str
    """The type of an event, or the name of what was done."""
    subject: str
    """The kind and the id of what it was about."""
    position: int | None
    """Where the journal has it: the position says what stood before and what after."""
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class ActCursor(NamedTuple):
    """The place of an act in the list, the newest first."""

    at_ms: int
    source: int
    number: int

    def spell(self) -> str:
        return f"{self.at_ms}-{self.source}-{self.number}"


BEFORE_ALL: Final = ActCursor(2**62, 0, 0)

Placed = tuple[ActCursor, OperatorAct]
"""An act and its place in the list."""


async def fetch_acts(snapshot: TableSnapshot, after: ActCursor, limit: int) -> list[Placed]:
    """Return the newest acts behind `after` in the list, newest first, without those about
    people."""
    found = [
        await _fetch_from_tables(snapshot, source, after, limit) for source in range(len(SELECTS))
    ]
    return merge_acts(*found, limit=limit)


def merge_acts(*sources: Iterable[Placed], limit: int) -> list[Placed]:
    """Return the newest acts of the sources, newest first. Each source has its newest first."""
    return list(islice(merge(*sources, key=lambda one: one[0], reverse=True), limit))


def _number_before(after: ActCursor, source: int) -> int:
    """Return the number before which acts of `source` at the time of the cursor come behind it."""
    if source == after.source:
        return after.number
    return 2**62 if source < after.source else 0


async def _fetch_from_tables(
    snapshot: TableSnapshot, source: int, after: ActCursor, limit: int
) -> list[Placed]:
    number = _number_before(after, source)
    rows = await snapshot.fetch_rows(SELECTS[source], after.at_ms, number, limit)
    return [_place(source, row["at_ms"], row["id"], _describe_row(row)) for row in rows]


async def fetch_acts_on_people(history: HistoryReads, after: ActCursor, limit: int) -> list[Placed]:
    """Return the newest acts about people behind `after` in the list, newest first. Raises
    Unavailable."""
    number = _number_before(after, JOURNAL)
    rows = await history.fetch_rows(
        _SELECT_EVENTS, {"at_ms": after.at_ms, "number": number, "limit": limit}
    )
    return [
        _place(
            JOURNAL,
            int(row["at_ms"]),
            int(row["seq"]) * EVENTS_OF_COMMIT_MAX + int(row["event_index"]),
            _describe_event(row),
        )
        for row in rows
    ]


def _place(source: int, at_ms: int, number: int, described: Mapping[str, Any]) -> Placed:
    cursor = ActCursor(at_ms, source, number)
    return cursor, OperatorAct(id=cursor.spell(), at=from_ms(at_ms), **described)


def _describe_row(row: asyncpg.Record) -> dict[str, Any]:
    named = {name: row[name] for name in ("act", "subject", "position", "before", "after")}
    return read_signature(row["signed_by"])._asdict() | named


def _describe_event(row: Mapping[str, Any]) -> dict[str, Any]:
    fields = msgspec.json.decode(row["payload"])
    return read_signature(fields.get("by"))._asdict() | {
        "act": row["type"],
        "subject": f"person {fields['person_id']}",
        "position": int(row["seq"]),
        "before": None,
        "after": None,
    }


def parse_cursor(text: str) -> ActCursor | None:
    """Return the cursor that is spelt like this; None if none is."""
    parts = text.split("-")
    if len(parts) != len(ActCursor._fields) or not all(
        one.isascii() and one.isdigit() and len(one) <= 18 for one in parts
    ):
        return None
    return ActCursor(*map(int, parts))
