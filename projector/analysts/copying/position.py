"""Stores how far a source is copied, in the database that holds the copies.

It is written after the rows, so after a crash in between the same rows are copied again.
"""

from typing import Final, NamedTuple

from runtime.clickhouse.port import Analytics

_SELECT: Final = """
    SELECT version, epoch, changed_xid, id FROM copied WHERE source = %(source)s
    ORDER BY version DESC LIMIT 1
"""
_SELECT_NEWEST: Final = "SELECT max(version) FROM notices"


class CopyPosition(NamedTuple):
    """The last row that was copied, in the order of the source."""

    version: int
    """Grows with every step. Of two copies of a row the one with the greater version counts."""
    epoch: str
    """Names the copy of the notifier's tables to which the rest belongs."""
    changed_xid: int
    id: int

    def step_to(self, changed_xid: int, row_id: int) -> "CopyPosition":
        """Return the position after one more step."""
        return self._replace(version=self.version + 1, changed_xid=changed_xid, id=row_id)

    def begin_anew(self, epoch: str) -> "CopyPosition":
        """Return the position before all rows of another copy of the tables."""
        return self.step_to(0, 0)._replace(epoch=epoch)


async def load_position(analysts: Analytics, source: str) -> CopyPosition:
    """Return the position of a source, the beginning if nothing is stored. Raises
    AnalyticsError."""
    found = (await analysts.query(_SELECT, {"source": source})).rows
    if found:
        version, epoch, changed_xid, row_id = found[0]
        return CopyPosition(int(version), epoch, int(changed_xid), int(row_id))
    newest = (await analysts.query(_SELECT_NEWEST)).rows[0][0]
    return CopyPosition(int(newest), "", 0, 0)


async def save_position(analysts: Analytics, source: str, position: CopyPosition) -> None:
    """Raises AnalyticsError."""
    values = {"source": source, **position._asdict()}
    await analysts.insert("copied", {name: [value] for name, value in values.items()})
