"""Digests of chats over a real PostgreSQL: sent once, to those who are away and may read."""

from pathlib import Path

from contracts.events.booking import BookingLeft
from contracts.values.ids import PersonId
from tests.cells.notifier_cell import NotifierCell, notifier_cell
from tests.histories.notifier_events import booking, person
from tests.unit.notifier.policies.test_chats import an_evening, read, written

MINUTES = 10


def digests(cell: NotifierCell, recipient: PersonId) -> int:
    return len(cell.around.got(recipient, "chat_digest"))


async def count(cell: NotifierCell) -> dict[str, int]:
    return {name: digests(cell, person(name)) for name in ("host", "anna", "boris")}


async def test_members_who_are_away_are_told_once_until_they_read(
    tmp_path: Path, postgres_dsn: str
) -> None:
    async with notifier_cell(tmp_path, postgres_dsn) as cell:
        cell.history = an_evening()
        await cell.read_and_send()
        for number in (1, 2):  # Each batch loads what the one before saved.
            cell.history.tell(written("anna", number))
            await cell.read_and_send()
        assert await count(cell) == {"host": 0, "anna": 0, "boris": 0}
        cell.history.tell(read("boris"))
        await cell.wait(minutes=MINUTES)
        assert await count(cell) == {"host": 1, "anna": 0, "boris": 0}

        cell.history.tell(written("anna", 3))
        await cell.read_and_send()
        cell.history.tell(booking(BookingLeft, "boris", (True, False)), by="boris")
        await cell.wait(minutes=MINUTES)
        assert await count(cell) == {"host": 1, "anna": 0, "boris": 0}

        cell.history.tell(read("host"))
        cell.history.tell(written("anna", 4))
        await cell.wait(minutes=MINUTES)
        assert await count(cell) == {"host": 2, "anna": 0, "boris": 0}
        (first, _) = cell.around.got(person("host"), "chat_digest")
        assert "Hello" not in repr(first)

        before = dict(cell.around.calls)
        await cell.forget(["told_of_chats"])
        await cell.read_and_send()
        assert cell.around.calls == before, "nothing is sent twice"
