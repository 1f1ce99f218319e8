"""Names the place of an event in the journal."""

import re
from typing import Final, NamedTuple

OUTCOME: Final = -1
"""Stands for the outcome of a Commit where others have the index of an event."""
_PLACE: Final = re.compile(r"([0-9]{1,18})-([0-9]{1,9}|outcome)")


class EventPlace(NamedTuple):
    """The place of an event in the journal."""

    seq: int
    event_index: int
    """Within its Commit, from 0; OUTCOME for the Commit's outcome itself."""


def spell_place(place: EventPlace) -> str:
    """Return the place as an id: `120-0`, or `120-outcome`."""
    index = "outcome" if place.event_index == OUTCOME else place.event_index
    return f"{place.seq}-{index}"


def parse_place(text: str) -> EventPlace | None:
    """Return the place that `spell_place` spells like this; None if it spells none."""
    found = _PLACE.fullmatch(text)
    if found is None:
        return None
    place = EventPlace(int(found[1]), OUTCOME if found[2] == "outcome" else int(found[2]))
    return place if spell_place(place) == text else None
