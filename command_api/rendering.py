"""Which representation answers which command, as finished bytes."""

from collections.abc import Callable

import msgspec

from command_api.domain.announcement.commands import CancelAnnouncement
from command_api.domain.booking.commands import InviteGuests
from command_api.domain.layer import Layer
from command_api.domain.person.commands import (
    MuteAuthor,
    ReinstatePerson,
    SuspendPerson,
    UnmuteAuthor,
)
from command_api.domain.rules import Rules
from command_api.domain.submission import Submission
from command_api.leader.ports import Render
from command_api.representations.announcement import render_announcement
from command_api.representations.booking import render_booking
from command_api.representations.person import MuteResponse, suspension_response
from command_api.representations.rating import render_rating
from contracts.journal.records import Outcome

_encode: Callable[[object], bytes] = msgspec.json.Encoder().encode


def renderer(rules: Rules) -> Render:
    """The `Render` of a command process. A refusal has no representation: empty."""

    def render(layer: Layer, submission: Submission, outcome: Outcome) -> bytes:
        if outcome.refused:
            return b""
        match submission.command:
            case CancelAnnouncement():
                return b'{"status":"OK"}'
            case InviteGuests():
                return _encode({"announcement_id": outcome.announcement_id, **outcome.facts})
            case MuteAuthor(host_id=host_id) | UnmuteAuthor(host_id=host_id):
                return _encode(
                    MuteResponse(host_id, host_id in layer.person(submission.actor).muted)
                )
            case SuspendPerson(person_id=person_id) | ReinstatePerson(person_id=person_id):
                return _encode(suspension_response(layer.person(person_id)))
        viewer, language = submission.actor, submission.language
        if outcome.review_id is not None:
            return _encode(render_rating(layer, outcome.review_id))
        if outcome.booking_id is not None:
            return _encode(render_booking(layer, outcome.booking_id, viewer, language, rules))
        assert outcome.announcement_id is not None
        return _encode(render_announcement(layer, outcome.announcement_id, viewer, language, rules))

    return render
