"""After a retry the notifier knows, and tells, what it would if nothing had been parked."""

from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from tests.cells.notifier_cell import NotifierCell, notifier_cell
from tests.histories.random_people import RandomPeople
from tests.integration.notifier.dead_letters.parking import list_parked, park, retry

STATE: Final = (
    "people",
    "evenings",
    "participations",
    "mutes",
    "blocks",
    "suspensions",
    "plans",
    "free_times",
    "erasure_requests",
    "told_of_chats",
)
BEFORE_ALL: Final = timedelta(days=2)
"""So long before its history begins, nothing that is planned in it is too late."""
# What newer news have overtaken is not told: those of erasures are about a person alone.
SELECT_WAITING: Final = """
    SELECT key, recipient, kind, announcement_id, booking_id, facts, due_at, expires_at
    FROM notifier.notices WHERE state = 'waiting' AND kind NOT LIKE 'erasure%'
    ORDER BY key
"""
SELECT_FANOUTS: Final = """
    SELECT seq, event_index, facts, state FROM notifier.fanouts ORDER BY seq, event_index
"""


async def read_state(cell: NotifierCell) -> dict[str, list[tuple[Any, ...]]]:
    return {
        table: sorted(
            (tuple(row) for row in await cell.pool.fetch(f"SELECT * FROM notifier.{table}")),
            key=str,
        )
        for table in STATE
    }


async def read_waiting(cell: NotifierCell) -> list[tuple[Any, ...]]:
    return [
        tuple(row) for sql in (SELECT_WAITING, SELECT_FANOUTS) for row in await cell.pool.fetch(sql)
    ]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "types",
    [
        ("announcement.changed.v1", "person.seen.v1"),
        ("announcement.created.v1",),
        ("booking.requested.v1", "post.written.v1", "person.unblocked.v1", "plan.film_planned.v1"),
        ("person.erasure_requested.v1", "booking.invited.v1", "person.suspended.v1"),
        ("person.erased.v1", "announcement.published.v1"),
    ],
    ids=lambda types: types[0],
)
async def test_after_a_retry_all_is_as_if_nothing_had_been_parked(
    tmp_path: Path, postgres_dsn: str, another_postgres_dsn: str, seed: int, types: tuple[str, ...]
) -> None:
    chain = RandomPeople(seed, erasures=True, quarrels=True).live(60).chain
    met = 0

    def does_not_know(fields: dict[str, Any]) -> bool:
        nonlocal met
        met += fields["type"] in types
        return fields["type"] in types and met % 3 == 1

    (tmp_path / "whole").mkdir()
    (tmp_path / "parked").mkdir()
    async with (
        notifier_cell(tmp_path / "whole", another_postgres_dsn) as whole,
        notifier_cell(tmp_path / "parked", postgres_dsn) as cell,
    ):
        for one in (whole, cell):
            one.history.payloads[:] = chain.payloads
            one.now = chain.commits[0].decided_at - BEFORE_ALL
        await whole.read()
        await park(cell, does_not_know)
        assert await list_parked(cell)
        before = await read_state(cell), await read_waiting(cell)
        counted = await retry(cell, dry_run=True)
        assert (await read_state(cell), await read_waiting(cell)) == before
        result = await retry(cell)
        assert result["ok"], result
        assert [one["parked"] for one in result["keys"]] == [
            one["parked"] for one in counted["keys"]
        ]
        assert await list_parked(cell) == []
        assert await read_state(cell) == await read_state(whole)
        await whole.erase()
        await cell.erase()
        if "person.erased.v1" not in types:  # A late erasure takes what came since, too.
            assert await read_waiting(cell) == await read_waiting(whole)
