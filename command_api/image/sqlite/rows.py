"""Writes many rows with one statement.

While SQLite works on a statement, other threads run Python. After each statement this thread
has to wait for its turn again: up to 5 ms beside a thread that does not stop (the switch
interval). So rows one by one would be far slower beside a process that folds its journal.
"""

import sqlite3
import time
from collections.abc import Iterable
from itertools import chain, islice
from typing import Any, Final, NamedTuple


class Pace(NamedTuple):
    rows_at_once: int
    rest_s: float
    """How long to rest after each statement."""


AT_LEISURE: Final = Pace(50, 0.0005)
"""Rests for about as long as it works, so that the event loop goes first."""
IN_BULK: Final = Pace(2_000, 0.0)
"""For a process that catches up. Nobody waits for its event loop."""


class ManyRows(NamedTuple):
    """A statement for any number of rows."""

    before: str
    row: str
    """The placeholders of one row."""
    after: str = ""

    def render(self, rows: int) -> str:
        return f"{self.before} {', '.join([self.row] * rows)} {self.after}"


def write_rows(
    connection: sqlite3.Connection,
    statement: ManyRows,
    rows: Iterable[tuple[Any, ...]],
    pace: Pace,
) -> None:
    """Run the statement with all rows, some at a time."""
    remaining = iter(rows)
    variables_max = connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
    at_once = min(pace.rows_at_once, variables_max // statement.row.count("?"))
    while part := list(islice(remaining, at_once)):
        connection.execute(statement.render(len(part)), list(chain.from_iterable(part)))
        if pace.rest_s:
            time.sleep(pace.rest_s)
