"""Which representation answers which command, as finished bytes."""

from collections.abc import Callable

import msgspec

from command_api.domain.commands import (
    CancelAnnouncement,
    Command,
    InviteGuests,
    MuteHost,
    ReinstatePerson,
    SuspendPerson,
    UnmuteHost,
)
from command_api.domain.rules import Rules
from command_api.domain.state import Layer
from command_api.leader.ports import Render
from command_api.person_representation import MuteResponse, suspension_response
from command_api.representation import render_announcement, render_booking, render_rating
from contracts.records import Outcome

_encode: Callable[[object], bytes] = msgspec.json.Encoder().encode


def renderer(rules: Rules) -> Render:
    """The `Render` of a command process. A refusal has no representation: empty."""

    def render(world: Layer, command: Command, outcome: Outcome) -> bytes:
        if outcome.refused:
            return b""
        match command.body:
            case CancelAnnouncement():
                return b'{"status":"OK"}'
            case InviteGuests():
                return _encode({"announcement_id": outcome.announcement_id, **outcome.facts})
            case MuteHost(host_id=host_id) | UnmuteHost(host_id=host_id):
                return _encode(MuteResponse(host_id, host_id in world.person(command.actor).muted))
            case SuspendPerson(person_id=person_id) | ReinstatePerson(person_id=person_id):
                return _encode(suspension_response(world.person(person_id)))
        viewer, language = command.actor, command.language
        if outcome.review_id is not None:
            return _encode(render_rating(world, outcome.review_id))
        if outcome.booking_id is not None:
            return _encode(render_booking(world, outcome.booking_id, viewer, language, rules))
        assert outcome.announcement_id is not None
        return _encode(render_announcement(world, outcome.announcement_id, viewer, language, rules))

    return render
