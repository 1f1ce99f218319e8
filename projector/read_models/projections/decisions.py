"""Read model `decisions`: every recorded command, what it came to and why.

The only read model of Commits rather than of events: refusals have no events. It answers
"why": who decided, by which rule, on which facts, at which position.
"""

from typing import Final

from contracts.records import Commit
from projector.read_models.projections.rows import NOTHING_MORE, Put, Table

DECISIONS: Final = Table(
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
