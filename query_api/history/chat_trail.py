"""Decides which posts of a chat are told with the history of its announcement. Pure.

A post is told to those who could read it when it was written, and may now. The history has no
texts of posts. The text that now stands is shown beside the event that it came from, and texts
that were changed or deleted since are told to nobody.
"""

from collections.abc import Iterable

from contracts.events.post import PostChanged, PostDeleted, PostWritten
from contracts.values.ids import PostId
from query_api.history.events import PastEvent

Place = tuple[int, int]
"""Position of a command, and the index of an event among its events."""


def find_standing_texts(events: Iterable[PastEvent]) -> dict[Place, PostId]:
    """Return the events from which the texts of posts come that now stand. `events` are all up to
    now."""
    newest: dict[PostId, Place] = {}
    for past in events:
        match past.event:
            case PostWritten() | PostChanged() as event:
                newest[event.post_id] = (past.position, past.event_index)
            case PostDeleted() as event:
                newest.pop(event.post_id, None)
            case _:
                pass
    return {place: post_id for post_id, place in newest.items()}
