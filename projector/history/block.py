"""Turns Commits into rows for ClickHouse. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from contracts.journal.records import Commit
from projector.history.events import EVENT_COLUMNS, add_event, read_events
from projector.history.ratings import RATING_COLUMNS, add_rating
from projector.history.refusals import REFUSAL_COLUMNS, add_refusals
from projector.history.rows import Rows


class Block(NamedTuple):
    """Rows by table. The same commits always give the same rows."""

    tables: dict[str, Rows]

    def __len__(self) -> int:
        return sum(map(len, self.tables.values()))


def block_of(commits: Iterable[Commit]) -> Block:
    """Return the rows of these commits."""
    events, refusals, ratings = (
        Rows(columns) for columns in (EVENT_COLUMNS, REFUSAL_COLUMNS, RATING_COLUMNS)
    )
    for commit in commits:
        add_refusals(refusals, commit)
        for event in read_events(commit):
            add_event(events, event)
            add_rating(ratings, event)
    return Block({"events": events, "refusals": refusals, "ratings": ratings})
