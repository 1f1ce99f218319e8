"""Would my request be taken? The decision itself, made and thrown away.

No rule is repeated here: the request is decided as it would be, on a layer that is then
dropped, and what came of it is told together with open evenings for the same film.
"""

from datetime import datetime
from itertools import islice
from typing import Final

from command_api.domain.announcement.state import Announcement
from command_api.domain.announcement.visibility import find_visible
from command_api.domain.booking.commands import RequestBooking
from command_api.domain.booking.decisions import request
from command_api.domain.calendar import interval_of, overlaps
from command_api.domain.layer import Layer
from command_api.domain.recorder import Recorder
from command_api.domain.rules import Rules
from contracts.error_codes import RefusalCode, describe
from contracts.errors import CommandRefused
from contracts.representations import Alternative, EligibilityResponse
from contracts.values.ids import AnnouncementId, BookingId, PersonId
from contracts.values.languages import Language

ALTERNATIVES_MAX: Final = 5


LOOKED_AT_MAX: Final = 500
"""Of a film's evenings, the newest: a popular film may have had very many."""


def eligibility(
    layer: Layer,
    announcement_id: AnnouncementId,
    person_id: PersonId,
    now: datetime,
    rules: Rules,
    *,
    follows_author: bool | None,
    language: Language,
) -> EligibilityResponse:
    """Raises NotFound if the person may not see the evening, NeedsFact as `find_visible`."""
    announcement = find_visible(layer, announcement_id, person_id, follows_author=follows_author)
    code, facts, state = _outcome(layer, announcement, person_id, now, rules, follows_author)
    return EligibilityResponse(
        would_be_taken=code is None,
        would_wait=state == "booking_waitlisted",
        code=code,
        detail=None if code is None else describe(code, language),
        facts=facts,
        overlaps=overlaps(
            layer,
            person_id,
            interval_of(announcement),
            besides=announcement.id,
            gap=rules.gap,
            pending_blocks=rules.pending_blocks,
        ),
        alternatives=[]
        if code is None
        else _alternatives(layer, announcement, person_id, now, rules),
    )


def _outcome(
    layer: Layer,
    announcement: Announcement,
    person_id: PersonId,
    now: datetime,
    rules: Rules,
    follows_author: bool | None,
) -> tuple[RefusalCode | None, dict[str, object], str]:
    recorder = Recorder(layer, now, rules)
    wish = RequestBooking(
        announcement_id=announcement.id,
        booking_id=BookingId("undecided"),
        follows_author=follows_author,
    )
    try:
        return None, {}, request(recorder, person_id, wish).code
    except CommandRefused as refusal:
        return refusal.code, refusal.facts, refusal.code


def _alternatives(
    layer: Layer, announcement: Announcement, person_id: PersonId, now: datetime, rules: Rules
) -> list[Alternative]:
    """Public evenings for the film that a request by this person would be taken for."""
    found = [
        other
        for other in islice(layer.announcements_for(announcement.movie_id), LOOKED_AT_MAX)
        if other.id != announcement.id
        and other.visibility == "public"
        and other.status == "Alive"
        and other.event_time > now
        and _outcome(layer, other, person_id, now, rules, None)[0] is None
    ]
    found.sort(key=lambda other: other.event_time)
    return [
        Alternative(
            announcement_id=other.id,
            title=other.title,
            event_time=other.event_time,
            ends_at=other.ends_at,
            tickets_left=other.tickets_left,
        )
        for other in found[:ALTERNATIVES_MAX]
    ]
