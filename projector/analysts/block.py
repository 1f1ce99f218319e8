"""Turns Commits into rows for the analysts' database. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from contracts.journal.records import Commit
from projector.analysts.events import EVENT_COLUMNS, add_event
from projector.analysts.ratings import RatingChange, rating_changes
from projector.analysts.refusals import REFUSAL_COLUMNS, add_refusals
from projector.history.events import read_events
from projector.history.rows import Rows
from runtime.pseudonyms import Pseudonyms


class AnalystsBlock(NamedTuple):
    """Rows by table, and the changes of ratings, whose scores are not in the Commits."""

    tables: dict[str, Rows]
    ratings: list[RatingChange]


def analysts_block_of(commits: Iterable[Commit], pseudonyms: Pseudonyms) -> AnalystsBlock:
    """Return the rows of these commits. The same commits always give the same rows."""
    events, refusals = Rows(EVENT_COLUMNS), Rows(REFUSAL_COLUMNS)
    ratings: list[RatingChange] = []
    for commit in commits:
        add_refusals(refusals, commit, pseudonyms)
        happened = read_events(commit)
        for event in happened:
            add_event(events, event, pseudonyms)
        ratings += rating_changes(happened)
    return AnalystsBlock({"events": events, "refusals": refusals}, ratings)
