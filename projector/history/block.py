"""What a stretch of the journal comes to in ClickHouse. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from contracts.records import Commit
from projector.history.events import add_event, event_rows, recorded_events
from projector.history.ratings import add_rating, rating_rows
from projector.history.refusals import add_refusals, refusal_rows
from projector.history.rows import Rows


class Block(NamedTuple):
    """Rows by table. The same commits always come to the same rows."""

    tables: dict[str, Rows]

    def __len__(self) -> int:
        return sum(map(len, self.tables.values()))


def block_of(commits: Iterable[Commit]) -> Block:
    events, refusals, ratings = event_rows(), refusal_rows(), rating_rows()
    for commit in commits:
        add_refusals(refusals, commit)
        for event in recorded_events(commit):
            add_event(events, event)
            add_rating(ratings, event)
    return Block({"events": events, "refusals": refusals, "ratings": ratings})
