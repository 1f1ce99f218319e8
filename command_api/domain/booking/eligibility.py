"""Tells whether a request would be accepted, by deciding it and dropping the decision.

So no rule is repeated here. A refusal is shown together with other announcements for the
film that would accept the person.
"""

from datetime import datetime
from itertools import islice
from typing import Final

from command_api.domain.announcement.state import Announcement
from command_api.domain.announcement.visibility import find_visible
from command_api.domain.booking.commands import RequestBooking
from command_api.domain.booking.decisions import request_booking
from command_api.domain.calendar import add_titles, find_overlaps
from command_api.domain.evolution import apply
from command_api.domain.layer import Layer
from command_api.domain.recorder import Recorder
from command_api.domain.rules import Rules
from contracts.error_codes import describe, read_refusal
from contracts.errors import CommandRefused
from contracts.journal.records import Outcome
from contracts.representations import Alternative, EligibilityResponse
from contracts.values.ids import AnnouncementId, BookingId, PersonId
from contracts.values.languages import Language

ALTERNATIVES_MAX: Final = 5
CANDIDATES_MAX: Final = 500
"""How many announcements for the film are considered, newest first: it may have very many."""


def assess_eligibility(
    layer: Layer,
    announcement_id: AnnouncementId,
    person_id: PersonId,
    now: datetime,
    rules: Rules,
    *,
    follows_author: bool | None,
    language: Language,
) -> EligibilityResponse:
    """Return whether a request by this person would be accepted, and if not, why not.

    `layer` stays untouched. Raises NotFound if they may not see the announcement, and
    NeedsFact as `find_visible` does.
    """
    announcement = find_visible(layer, announcement_id, person_id, follows_author=follows_author)
    outcome = _decide_request(layer, announcement, person_id, now, rules, follows_author)
    code = read_refusal(outcome.code) if outcome.refused else None
    return EligibilityResponse(
        would_be_taken=code is None,
        would_wait=outcome.code == "booking_waitlisted",
        code=code,
        detail=None if code is None else describe(code, language),
        facts=dict(add_titles(layer, outcome.facts)) if outcome.refused else {},
        overlaps=find_overlaps(
            layer,
            person_id,
            announcement,
            gap=rules.gap,
            pending_blocks=rules.pending_blocks,
        ),
        alternatives=[]
        if code is None
        else _find_alternatives(layer, announcement, person_id, now, rules),
    )


def _decide_request(
    layer: Layer,
    announcement: Announcement,
    person_id: PersonId,
    now: datetime,
    rules: Rules,
    follows_author: bool | None,
) -> Outcome:
    """Return the outcome of a request by this person: maybe a refusal. Nothing is recorded."""
    recorder = Recorder(layer, apply, now, rules, actor=person_id, position=0)
    command = RequestBooking(
        announcement_id=announcement.id,
        booking_id=BookingId("undecided"),
        follows_author=follows_author,
    )
    try:
        return request_booking(recorder, command)
    except CommandRefused as refused:
        return Outcome(refused.code, refused=True, facts=refused.facts)


def _find_alternatives(
    layer: Layer, announcement: Announcement, person_id: PersonId, now: datetime, rules: Rules
) -> list[Alternative]:
    """Return public announcements for the film that would accept a request by this person."""
    found = [
        other
        for other in islice(layer.announcements_for(announcement.movie_id), CANDIDATES_MAX)
        if other.id != announcement.id
        and other.visibility == "public"
        and other.status == "Alive"
        and other.event_time > now
        and not _decide_request(layer, other, person_id, now, rules, None).refused
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
