"""Two cells tell the same person of what happened at the same position."""

from collections.abc import Sequence
from datetime import UTC, datetime

from contracts.values.ids import PersonId
from runtime.outside.of_cell import NotificationOfCell
from runtime.outside.ports import Notice, Retraction

ANNA = PersonId("6f1c1f3e-7a3c-5d0e-9a53-0d8c3a6f6f10")


class Remembered:
    """A Notification that delivers each key once."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.emptied: list[PersonId] = []

    async def send(self, notice: Notice) -> None:
        self.texts.setdefault(notice.key, notice.text)

    async def retract(self, retractions: Sequence[Retraction]) -> None:
        self.texts.update({one.key: one.text for one in retractions})

    async def empty_inbox(self, user_id: PersonId, until: datetime) -> None:
        self.emptied.append(user_id)


def notice(text: str) -> Notice:
    return Notice(
        key=f"7:0:{ANNA}:approved",
        user_id=ANNA,
        event_type="approved",
        title="Approved",
        text=text,
        short_link=None,
        created_at=datetime(2030, 1, 1, tzinfo=UTC),
    )


async def test_both_are_delivered_and_each_is_retracted_by_its_own_cell() -> None:
    shared = Remembered()
    first, second = NotificationOfCell(shared, ""), NotificationOfCell(shared, "spb")
    for _ in range(2):
        await first.send(notice("Moscow"))
        await second.send(notice("Petersburg"))
    assert list(shared.texts.values()) == ["Moscow", "Petersburg"]
    assert notice("").key in shared.texts  # The unnamed cell's keys are as they were.
    await second.retract([Retraction(notice("").key, title="", text="erased")])
    assert list(shared.texts.values()) == ["Moscow", "erased"]
    await second.empty_inbox(ANNA, datetime(2030, 1, 1, tzinfo=UTC))
    assert shared.emptied == [ANNA]
