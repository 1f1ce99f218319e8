"""Read model `decisions`: every recorded command with its outcome and the facts behind it.

It answers "why": who decided, by which rule, on which facts, at which position. Its rows
follow from Commits, not from events, because a refusal has no events.
"""

from typing import Final

from contracts.journal.records import Commit
from projector.read_models.read_model import NOTHING_MORE, Put, ReadModel, TableShape

DECISIONS: Final = TableShape(
    "decisions",
    "seq",
    {
        "seq": "bigint",
        "decided_at": "timestamptz",
        "actor": "text",
        "kind": "text",
        "code": "text",
        "refused": "boolean",
        "announcement_id": "uuid",
        "booking_id": "uuid",
        "facts": "jsonb",
    },
    # Facts name nobody but the operator who had the journal renewed.
    kept={**dict.fromkeys(("actor", "kind", "code"), "nobody"), "facts": "operator"},
)


def project_decision(commit: Commit) -> Put:
    outcome = commit.outcome
    return Put(
        DECISIONS,
        commit.seq,
        {
            "decided_at": commit.decided_at,
            "actor": commit.command.actor,
            "kind": commit.command.kind,
            "code": outcome.code,
            "refused": outcome.refused,
            "announcement_id": outcome.announcement_id,
            "booking_id": outcome.booking_id,
            "facts": outcome.facts,
        },
        NOTHING_MORE,
    )


READ_MODEL: Final = ReadModel(DECISIONS)
