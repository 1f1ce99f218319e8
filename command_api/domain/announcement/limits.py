"""Limits how many announcements and drafts one author may have open.

Every process comes to the same count, because only recorded events are counted.
"""

from collections.abc import Iterator

from command_api.domain.announcement.state import Announcement
from command_api.domain.recorder import Recorder
from contracts.errors import CommandRefused
from contracts.values.ids import PersonId


def refuse_more_announcements(recorder: Recorder, author_id: PersonId) -> None:
    """Raises CommandRefused `too_many_evenings` if the author may publish no more for now."""
    limit = recorder.rules.evenings_open_max
    if sum(one.takes_place for one in _list_own(recorder, author_id)) >= limit:
        raise CommandRefused("too_many_evenings", {"limit": limit})


def refuse_more_drafts(recorder: Recorder, author_id: PersonId) -> None:
    """Raises CommandRefused `too_many_drafts` if the author may keep no more drafts."""
    limit = recorder.rules.drafts_max
    if sum(one.status == "Created" for one in _list_own(recorder, author_id)) >= limit:
        raise CommandRefused("too_many_drafts", {"limit": limit})


def _list_own(recorder: Recorder, author_id: PersonId) -> Iterator[Announcement]:
    for announcement_id in recorder.person(author_id).announcements:
        yield recorder.announcement(announcement_id)
