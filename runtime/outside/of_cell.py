"""Keeps the notices of one cell apart from those of others at a Notification that they share."""

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from contracts.values.ids import PersonId
from runtime.outside.ports import Notice, NotificationClient, Retraction


class NotificationOfCell:
    """Notification, as a cell uses it that is not alone.

    A key names a position, which every cell has. So the cell's name stands before it. What the
    unnamed cell sends has the keys that it always had.
    """

    def __init__(self, notification: NotificationClient, cell: str) -> None:
        self._notification = notification
        self._prefix = f"{cell}:" if cell else ""

    async def send(self, notice: Notice) -> None:
        await self._notification.send(replace(notice, key=self._prefix + notice.key))

    async def retract(self, retractions: Sequence[Retraction]) -> None:
        await self._notification.retract(
            [replace(one, key=self._prefix + one.key) for one in retractions]
        )

    async def empty_inbox(self, user_id: PersonId, until: datetime) -> None:
        await self._notification.empty_inbox(user_id, until)
