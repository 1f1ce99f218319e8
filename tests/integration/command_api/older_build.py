"""Follows a journal as an older build does: one that does not know some types of events.

It is this build with these types taken out of its catalogue, in a process of its own. A command
process that only follows, and a projector, read the journal. Prints what they say, again and
again, as lines of JSON.
"""

import asyncio
import json
import sys
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any, get_args

import msgspec

from contracts.events.stored import codec
from contracts.events.stored.domain_event import DomainEvent
from projector.service import ProjectorService
from runtime.journal.port import JournalUnavailable
from runtime.journal.sqlite import SqliteJournal, SqliteWriter
from runtime.postgres.pools import open_pool
from runtime.process.lifecycle import Process, run_as
from tests.cells import command_cell as cells

REPORT_S = 0.1


class FollowedJournal(SqliteJournal):
    """A journal that somebody else writes."""

    def lock(self) -> None: ...

    async def open_writer(self) -> SqliteWriter:
        raise JournalUnavailable("this process only follows")


def forget_types(unknown: frozenset[str]) -> None:
    """Take these types out of the catalogue."""
    known: list[Any] = [
        event for event in get_args(DomainEvent) if event.__struct_config__.tag not in unknown
    ]
    vars(codec)["_decoder"] = msgspec.json.Decoder(reduce(or_, known))
    vars(codec)["DomainEvent"] = reduce(or_, known)


async def follow(journal_directory: Path, own_directory: Path, dsn: str) -> None:
    vars(cells)["SqliteJournal"] = FollowedJournal
    journal = FollowedJournal(journal_directory / "journal.sqlite")
    pool = await open_pool(dsn)
    commands, tables = Process(), Process()
    with run_as(tables):
        projector = ProjectorService(journal, pool)
        await projector.start()
    with run_as(commands):
        cell = cells.command_cell(own_directory, journal_directory=journal_directory)
        async with cell as found:
            while True:
                state = {
                    "projector": {"position": projector.position, "failure": tables.failure},
                    "command_api": {**found.readiness(), "failure": commands.failure},
                }
                print(json.dumps(state), flush=True)
                await asyncio.sleep(REPORT_S)


if __name__ == "__main__":
    forget_types(frozenset(sys.argv[4].split(",")))
    asyncio.run(follow(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
