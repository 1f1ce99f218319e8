"""Compares the tables with the rows that follow from the journal."""

from collections.abc import AsyncGenerator, Sequence
from typing import Any

from projector.proof.findings import Findings
from projector.proof.progress import Progress, ReportLine
from projector.read_models.memory import MemoryTables
from projector.read_models.ports import TablesSnapshot
from projector.read_models.project import TABLES
from projector.read_models.projections.announcements import ANNOUNCEMENTS
from projector.read_models.read_model import Key, TableShape


async def compare_tables(
    expected: MemoryTables, snapshot: TablesSnapshot, differences: Findings
) -> AsyncGenerator[ReportLine, None]:
    """Compare the snapshot row by row. Adds to `differences`, and yields lines of progress.

    Empties `expected`: each row found in the snapshot is taken out of it, and what remains is
    missing in the tables. Ranks of announcements are compared with the snapshot's own scores,
    which have been compared by then.
    """
    for table in TABLES:
        rows = expected.rows[table.name]
        progress = Progress(table.name, len(rows))
        done = 0
        async for part in snapshot.rows(table):
            for row in part:
                done += 1
                expected_row = rows.pop(row[0], None)
                compare_row(table, row[0], "journal", expected_row, row, differences)
                if progress.must_rest() and await progress.rest():
                    yield progress.line(done)
        for key, expected_row in rows.items():
            compare_row(table, key, "journal", expected_row, None, differences)
        rows.clear()
        yield progress.line(done)
    for wrong in await snapshot.wrong_ranks():
        columns = {"author_rank": {"scores": wrong.score, "table": wrong.author_rank}}
        differences.add(table=ANNOUNCEMENTS.name, key=wrong.announcement_id, columns=columns)


def compare_row(
    table: TableShape,
    key: Key,
    source: str,
    expected: Sequence[Any] | None,
    stored: Sequence[Any] | None,
    differences: Findings,
) -> None:
    """Add a difference unless the rows are equal. None stands for an absent row. `source` names
    what the expected row was computed from."""
    if expected is None:
        differences.add(table=table.name, key=key, only_in="table")
    elif stored is None:
        differences.add(table=table.name, key=key, only_in=source)
    elif tuple(expected) != tuple(stored):
        columns = {
            name: {source: ours, "table": theirs}
            for name, ours, theirs in zip(table.types, expected, stored, strict=True)
            if ours != theirs
        }
        differences.add(table=table.name, key=key, columns=columns)
