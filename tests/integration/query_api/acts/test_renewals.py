"""A renewal of the journal is listed among the acts of operators, from its recorded commands."""

from typing import Any, cast

import asyncpg

from contracts.journal.records import Outcome
from contracts.journal.renewal_acts import BEGUN, END_RENEWAL, ENDED, RENEW
from contracts.values.ids import OPERATOR
from query_api.acts.listing import BEFORE_ALL, fetch_acts
from query_api.edge.reads import TableSnapshot
from tests.histories.chain import BEGIN

INSERT = """
    INSERT INTO read_model.decisions (seq, decided_at, actor, kind, code, refused, facts)
    VALUES ($1, $2, $3, $4, $5, false, $6)
"""


class Snapshot:
    """Reads the tables as they are."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def fetch_rows(self, sql: str, *arguments: Any) -> list[asyncpg.Record]:
        found: list[asyncpg.Record] = await self._pool.fetch(sql, *arguments)
        return found


async def test_a_renewal_says_who_began_it_and_how_it_ended(tables: asyncpg.Pool) -> None:
    begun = {"signed_by": "anna", "from": 1, "to": 120}
    ended = begun | {"generation": 1, "ended": "failed", "reason": "CopyFailed"}
    for seq, actor, kind, outcome in (
        (121, OPERATOR, RENEW, Outcome(BEGUN, facts=begun)),
        (130, OPERATOR, END_RENEWAL, Outcome(ENDED, facts=ended)),
        (131, OPERATOR, "person.suspend", Outcome("suspended")),
        (132, "somebody", RENEW, Outcome(BEGUN, facts=begun)),
    ):
        await tables.execute(INSERT, seq, BEGIN, actor, kind, outcome.code, outcome.facts)
    placed = await fetch_acts(cast(TableSnapshot, Snapshot(tables)), BEFORE_ALL, 9)
    found = [act for _, act in placed]
    assert [(one.act, one.subject, one.by, one.position) for one in found] == [
        ("journal.renewal_ended", "journal 120", "anna", 130),
        ("journal.renewal_begun", "journal 120", "anna", 121),
    ]
    assert [one.before for one in found] == [{"generation": 1}] * 2
    assert found[0].after == {"generation": 1, "ended": "failed", "reason": "CopyFailed"}
    assert found[1].after is None
