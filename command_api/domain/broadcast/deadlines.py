"""States when a planned broadcast has to go."""

from datetime import datetime
from typing import Final

from command_api.domain.broadcast.commands import BroadcastDue
from command_api.domain.broadcast.state import Broadcast
from command_api.domain.deadline import DeadlineRule


def find_due(broadcast: Broadcast) -> datetime | None:
    return broadcast.due_at if broadcast.planned else None


def make_command(broadcast: Broadcast) -> BroadcastDue:
    return BroadcastDue(broadcast_id=broadcast.id)


BROADCAST_DEADLINES: Final = DeadlineRule("broadcasts", find_due, make_command)
