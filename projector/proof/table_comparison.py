"""Compares the tables with the rows that follow from the journal."""

from collections.abc import AsyncGenerator, AsyncIterator, Collection, Sequence
from typing import Any

from projector.proof.findings import Findings
from projector.proof.key_order import Keyed, pair_by_key
from projector.proof.scratch.expected_rows import ExpectedRows
from projector.read_models.ports import TablesSnapshot
from projector.read_models.project import TABLES
from projector.read_models.projections.announcements import ANNOUNCEMENTS
from projector.read_models.projections.scores import SCORES
from projector.read_models.read_model import Key, TableShape
from runtime.progress.reporting import Progress, ReportLine


async def compare_tables(
    expected: ExpectedRows,
    snapshot: TablesSnapshot,
    differences: Findings,
    sizes: dict[str, int],
    tables: Collection[TableShape] = TABLES,
) -> AsyncGenerator[ReportLine, None]:
    """Compare these tables of the snapshot row by row. Adds to `differences`, and yields lines of
    progress. Sets in `sizes` how many rows each table should have.

    Ranks of announcements are compared with the snapshot's own scores, which have been compared
    by then.
    """
    await snapshot.hold(tables)
    for table in sorted(tables, key=lambda one: one is SCORES):  # Scores follow from ratings.
        progress = Progress(table.name, expected.count_at_most(table))
        sizes[table.name] = 0
        done = 0
        stored = key_rows(snapshot, table)
        async for pairs in pair_by_key(expected.rows(table), stored):
            for key, ours, theirs in pairs:
                sizes[table.name] += ours is not None
                done += theirs is not None
                compare_row(table, key, "journal", ours, theirs, differences)
            if progress.must_rest() and await progress.rest():
                yield progress.line(done)
        yield progress.last_line(done)
    for wrong in await snapshot.wrong_ranks():
        columns = {"author_rank": {"scores": wrong.score, "table": wrong.author_rank}}
        differences.add(table=ANNOUNCEMENTS.name, key=wrong.announcement_id, columns=columns)


async def key_rows(snapshot: TablesSnapshot, table: TableShape) -> AsyncIterator[list[Keyed]]:
    """Yield the rows of a table in parts, ordered by key, each with its key."""
    async for part in snapshot.rows(table):
        yield [(row[0], row) for row in part]


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
    if expected == stored:
        return
    if expected is None:
        differences.add(table=table.name, key=key, only_in="table")
    elif stored is None:
        differences.add(table=table.name, key=key, only_in=source)
    else:
        columns = {
            name: {source: ours, "table": theirs}
            for name, ours, theirs in zip(table.types, expected, stored, strict=True)
            if ours != theirs
        }
        differences.add(table=table.name, key=key, columns=columns)
