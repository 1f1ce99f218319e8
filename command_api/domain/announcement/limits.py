"""Limits how many announcements and drafts one author may have open.

Every process comes to the same count, because only recorded events are counted.
"""

from command_api.domain.recorder import Recorder
from contracts.errors import CommandRefused
from contracts.values.ids import PersonId


def refuse_more_announcements(recorder: Recorder, author_id: PersonId) -> None:
    """Raises CommandRefused `too_many_evenings` if the author may publish no more for now."""
    limit = recorder.rules.evenings_open_max
    if len(recorder.person(author_id).hosting) >= limit:
        raise CommandRefused("too_many_evenings", {"limit": limit})


def refuse_more_drafts(recorder: Recorder, author_id: PersonId) -> None:
    """Raises CommandRefused `too_many_drafts` if the author may keep no more drafts."""
    limit = recorder.rules.drafts_max
    if len(recorder.person(author_id).drafts) >= limit:
        raise CommandRefused("too_many_drafts", {"limit": limit})
