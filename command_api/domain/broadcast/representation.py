"""Represents a broadcast to its author."""

from typing import Final

from command_api.domain.broadcast.commands import (
    CancelBroadcast,
    ChangeBroadcast,
    WriteBroadcast,
)
from command_api.domain.broadcast.decisions import count_reached
from command_api.domain.representation import AnswerBasis, Answers
from contracts.representations import BroadcastResponse
from contracts.values.ids import BroadcastId


def _answer_with_broadcast(basis: AnswerBasis) -> BroadcastResponse:
    broadcast = basis.layer.broadcasts.find(BroadcastId(basis.outcome.facts["broadcast_id"]))
    return BroadcastResponse(
        broadcast_id=broadcast.id,
        announcement_id=broadcast.announcement_id,
        text=broadcast.text,
        to=broadcast.to,
        at=broadcast.at,
        before_start_min=broadcast.before_start_min,
        state=broadcast.state,
        due_at=broadcast.due_at if broadcast.planned else None,
        sent_at=broadcast.sent_at,
        reaches=None if broadcast.state == "cancelled" else count_reached(basis.layer, broadcast),
        created=broadcast.created_at,
        modified=broadcast.modified_at,
    )


BROADCAST_ANSWERS: Final[Answers] = {
    WriteBroadcast: _answer_with_broadcast,
    ChangeBroadcast: _answer_with_broadcast,
    CancelBroadcast: _answer_with_broadcast,
}
