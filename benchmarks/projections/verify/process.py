"""Runs verify once, for `benchmarks.projections.verify`; prints the result and its memory.

python -m benchmarks.projections.verify.process DATA POSTGRES_DSN FROM_POSITION [--profile]
"""

import asyncio
import cProfile
import json
import sys
import time
from pathlib import Path

from benchmarks.image.process import read_memory
from projector.proof.scratch.checkpoints import Start, VerifiedCheckpoints
from projector.proof.verify import verify
from projector.read_models.postgres.sink import PostgresSink
from runtime.journal.sqlite import SqliteJournal
from runtime.postgres.pools import open_pool
from runtime.process.garbage_collector import collect_rarely


async def main(data: Path, dsn: str, from_position: int) -> None:
    collect_rarely()
    journal = SqliteJournal(data / "journal.sqlite")
    pool = await open_pool(dsn)
    lines = verify(
        journal,
        PostgresSink(pool),
        checkpoints=VerifiedCheckpoints(data / "verify"),
        start=Start(from_position or None, keep=True),
    )
    last = [line async for line in lines][-1]
    print(json.dumps({**last, **read_memory(), "cpu_s": time.process_time()}))
    await journal.close()
    await pool.close()


if __name__ == "__main__":
    arguments = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    if "--profile" in sys.argv:
        cProfile.run(
            "asyncio.run(main(*arguments))", str(arguments[0] / f"profile_from_{arguments[2]}")
        )
    else:
        asyncio.run(main(*arguments))
