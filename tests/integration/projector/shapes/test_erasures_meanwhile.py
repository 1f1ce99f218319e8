"""A person is erased while new read models may not be read yet, and nobody writes the old ones."""

import asyncio
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from projector.proof.scratch.checkpoints import VerifiedCheckpoints
from projector.read_models.postgres import at_rest
from runtime.journal.sqlite import SqliteJournal
from tests.cells.projector_cell import read_rows
from tests.histories.erased_life import CANARY, erase_anna, live_until_erasure
from tests.integration.projector.shapes.builds import (
    OURS,
    SPOILS_NAMES,
    make_shape,
    running_build,
)
from tests.waiting import WITHIN_S

UNCLEAN: Final = "SELECT count(*) FROM erasures WHERE erased_seq IS DISTINCT FROM gone_seq"


@pytest.mark.parametrize("phase", ["different", "incomparable"])
async def test_tables_that_stand_still_follow_erasures_and_those_of_before_count(
    tables: asyncpg.Pool,
    postgres_dsn: str,
    sqlite_journal: SqliteJournal,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    phase: str,
) -> None:
    monkeypatch.setattr(at_rest, "LOOK_S", 0.05)
    monkeypatch.setattr(at_rest, "PAUSE_FACTOR", 0)
    chain = live_until_erasure()
    await chain.write_to(sqlite_journal)
    async with running_build(sqlite_journal, postgres_dsn, OURS) as old:
        await old.until_ready()
        await old.until_at(chain.seq)
    (tmp_path / "file").touch()
    nowhere = VerifiedCheckpoints(tmp_path / "file" / "below")
    options = {"checkpoints": nowhere} if phase == "incomparable" else {}
    shape = make_shape(tmp_path / "newer", SPOILS_NAMES)
    async with (
        asyncio.timeout(2 * WITHIN_S),
        running_build(sqlite_journal, postgres_dsn, shape, **options) as new,
    ):
        await new.until_phase(phase)
        assert CANARY in str(await read_rows(new.pool))
        erase_anna(chain)
        await chain.write_to(sqlite_journal)
        await new.until_at(chain.seq)
        assert CANARY not in str(await read_rows(new.pool))
        assert CANARY in str(await read_rows(tables))
        while new.service.readiness()["erased_on_disk"] != 1 or await new.pool.fetchval(UNCLEAN):
            await asyncio.sleep(0.01)
        assert new.service.readiness()["filling"]["phase"] == phase
