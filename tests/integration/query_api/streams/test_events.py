"""Streams, behind the real write side, projector and PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from msgspec import to_builtins

from query_api.streams.cursor import parse_event_id
from tests.cells.command_cell import OPERATOR_TOKEN, CommandCell
from tests.cells.own_reads import OwnReads, at
from tests.cells.stream_reader import StreamEvent, StreamReader


class Watchers:
    """Opens streams, which close at the end of the test."""

    def __init__(self, cell: CommandCell, reads: OwnReads, stack: AsyncExitStack) -> None:
        self._cell = cell
        self._reads = reads
        self._stack = stack

    async def open(self, token: str, query: str = "", last_id: str = "") -> StreamReader:
        """Open a stream that begins after everything that was written."""
        return await self._stack.enter_async_context(self.briefly(token, query, last_id))

    def briefly(
        self, token: str, query: str = "", last_id: str = ""
    ) -> AbstractAsyncContextManager[StreamReader]:
        """Read a stream until the end of the block."""
        path = f"/api/v1/stream?min_position={self._reads.position}&{query}".rstrip("&")
        return self._cell.stream(path, token, last_id)


@pytest.fixture
def anna(cell: CommandCell) -> OwnReads:
    return OwnReads(cell)


@pytest.fixture
async def watchers(cell: CommandCell, anna: OwnReads) -> AsyncIterator[Watchers]:
    async with AsyncExitStack() as stack:
        yield Watchers(cell, anna, stack)


def names(events: list[StreamEvent]) -> list[str]:
    return [one.name for one in events]


def without_announcement(data: dict[str, Any]) -> dict[str, Any]:
    """Leave out what a booking repeats of its announcement, which tells of itself."""
    return {name: value for name, value in data.items() if not name.startswith("announcement_")}


async def test_each_is_told_what_a_read_would_answer(
    cell: CommandCell, anna: OwnReads, watchers: Watchers
) -> None:
    host, _ = await cell.person("anna")
    guest, _ = await cell.person("boris")
    stranger, _ = await cell.person("carl")
    evening = await anna.announce(host)
    path = f"/api/v1/announcement/{evening['id']}"
    of_host, of_guest = await watchers.open(host), await watchers.open(guest)
    watching = await watchers.open(stranger, f"announcement_id={evening['id']}")
    booking = await anna.confirm(host, guest, evening["id"])
    for viewer, stream in ((host, of_host), (guest, of_guest)):
        told: dict[str, Any] = {}
        while told.get("booking", {}).get("state") != "confirmed" or "announcement" not in told:
            event = await stream.next()
            told[event.name] = event.data
        read = await anna.read(f"/api/v1/booking/{booking['booking_id']}", viewer)
        assert told["booking"] == read.body
        assert told["announcement"] == (await anna.read(path, viewer)).body
    seen = await watching.next()
    assert seen.name == "announcement"
    assert seen.data == (await anna.read(path, stranger)).body
    assert seen.data["guest_list"] == []
    assert seen.data["guest_count"] == 1


async def test_posts_reach_those_who_take_part_for_as_long_as_they_do(
    cell: CommandCell, anna: OwnReads, watchers: Watchers
) -> None:
    host, _ = await cell.person("anna")
    guest, _ = await cell.person("boris")
    asking, _ = await cell.person("carl")
    evening = await anna.announce(host)
    booking = await anna.confirm(host, guest, evening["id"])
    await anna.ask(asking, evening["id"])
    query = f"announcement_id={evening['id']}"
    of_guest, of_asking = await watchers.open(guest), await watchers.open(asking, query)
    path = f"/api/v1/announcement/{evening['id']}/posts"
    post = (await anna.write("POST", path, host, {"text": "Bring tea"})).body
    assert (await of_guest.next())[:2] == ("post", post)
    await anna.write("DELETE", f"/api/v1/post/{post['post_id']}", host)
    deleted = await of_guest.next()
    assert (deleted.data["text"], deleted.data["deleted"]) == (None, True)
    await anna.write("PUT", f"/api/v1/booking/{booking['booking_id']}", guest, {"my_status": False})
    left = await of_guest.next()
    assert (left.name, left.data["author_status"], left.data["guest_status"]) == (
        "booking",
        True,
        False,
    )
    await anna.write("POST", path, host, {"text": "Who is left?"})
    await anna.write("PUT", f"/api/v1/announcement/{evening['id']}", host, {"title": "Tea"})
    seen = [await of_asking.next()]  # Somebody left, and the change. Nothing of the chat.
    while seen[-1].data["title"] != "Tea":
        seen.append(await of_asking.next())
    assert set(names(seen)) == {"announcement"}
    async with watchers.briefly(guest, query, last_id=deleted.id) as resumed:
        assert "post" not in names(await resumed.take(2))


async def test_who_watches_an_evening_learns_nothing_of_requests(
    cell: CommandCell, anna: OwnReads, watchers: Watchers
) -> None:
    host, _ = await cell.person("anna")
    guest, _ = await cell.person("boris")
    stranger, _ = await cell.person("carl")
    evening = await anna.announce(host)
    watching = await watchers.open(stranger, f"announcement_id={evening['id']}")
    of_host = await watchers.open(host)
    await anna.ask(guest, evening["id"])
    assert (await of_host.next()).name == "booking"
    await anna.write("PUT", f"/api/v1/announcement/{evening['id']}", host, {"title": "Another"})
    first = await watching.next()
    assert (first.name, first.data["title"]) == ("announcement", "Another")


async def test_an_id_resumes_with_nothing_lost_and_nothing_doubled(
    cell: CommandCell, anna: OwnReads, watchers: Watchers
) -> None:
    host, _ = await cell.person("anna")
    evenings = [await anna.announce(host, event_time=at(10 + 5 * one)) for one in range(4)]
    async with watchers.briefly(host) as stream:
        last_id = stream.last_id
    for evening in evenings:
        path = f"/api/v1/announcement/{evening['id']}"
        await anna.write("PUT", path, host, {"title": "Changed"})
    told = []
    for _ in evenings:  # Each event over a connection of its own.
        async with watchers.briefly(host, last_id=last_id) as stream:
            event = await stream.next()
            told.append(event.data["id"])
            last_id = event.id
    assert sorted(told) == sorted(evening["id"] for evening in evenings)
    await anna.write("PUT", f"/api/v1/announcement/{told[1]}", host, {"title": "Once more"})
    async with watchers.briefly(host, last_id=last_id) as stream:
        event = await stream.next()
    assert (event.data["id"], event.data["title"]) == (told[1], "Once more")


async def test_whoever_keeps_coming_back_has_everything_once(
    cell: CommandCell, anna: OwnReads, watchers: Watchers
) -> None:
    """While others go on changing it, over connections that break after every other event."""
    host, _ = await cell.person("anna")
    evening = await anna.announce(host, ticket_count=3)
    path = f"/api/v1/announcement/{evening['id']}"
    told: list[StreamEvent] = []

    async with watchers.briefly(host) as stream:
        begun = stream.last_id

    async def read_on() -> None:
        last_id = begun
        while not told or told[-1].data.get("title") != "The last":
            async with watchers.briefly(host, last_id=last_id) as stream:
                told.append(await stream.next())
                if told[-1].data.get("title") != "The last":
                    told.append(await stream.next())
            last_id = told[-1].id

    reading = asyncio.create_task(read_on())
    for number in range(6):
        guest, _ = await cell.person(f"guest{number}")
        booking = await anna.ask(guest, evening["id"])
        of_booking = f"/api/v1/booking/{booking['booking_id']}"
        await anna.write("PUT", of_booking, host, {"my_status": number % 3 > 0})
        if number % 2:
            await anna.write("DELETE", of_booking, guest)
        await anna.write("PUT", path, host, {"title": f"Title {number}"})
    await anna.write("PUT", path, host, {"title": "The last"})
    await reading
    cursors = [parse_event_id(one.id) for one in told]
    assert cursors == sorted(set(cursors), key=to_builtins)
    last_told = {one.data.get("booking_id", one.data.get("id")): one for one in told}
    assert len(last_told) == 7
    for row_id, event in last_told.items():
        now = (await anna.read(f"/api/v1/{event.name}/{row_id}", host)).body
        assert without_announcement(event.data) == without_announcement(now)


async def test_an_invitation_to_a_draft_is_told_when_it_is_published(
    cell: CommandCell, anna: OwnReads, watchers: Watchers
) -> None:
    host, _ = await cell.person("anna")
    guest, guest_id = await cell.person("boris")
    stream = await watchers.open(guest)
    draft = await anna.announce(host, publish=False, invite=[guest_id])
    path = f"/api/v1/announcement/{draft['id']}"
    await anna.write("PUT", path, host, {"title": "Soon"})
    await anna.write("PUT", path, host, {"status": "Alive"})
    first, second = await stream.take(2)
    assert names([first, second]) == ["announcement", "booking"]
    assert (first.data["title"], first.data["my_state"]) == ("Soon", "invited")
    assert second.data["state"] == "invited"


async def test_who_waits_is_told_when_the_place_moves_and_nobody_ahead_is(
    cell: CommandCell, anna: OwnReads, watchers: Watchers
) -> None:
    host, _ = await cell.person("anna")
    evening = await anna.announce(host, ticket_count=1)
    await anna.confirm(host, (await cell.person("boris"))[0], evening["id"])
    waiting = [(await cell.person(login))[0] for login in ("carl", "dora", "emil")]
    bookings = [await anna.ask(one, evening["id"]) for one in waiting]
    assert [one["waitlist_position"] for one in bookings] == [1, 2, 3]
    ahead, behind = await watchers.open(waiting[0]), await watchers.open(waiting[2])
    await anna.write("DELETE", f"/api/v1/booking/{bookings[1]['booking_id']}", waiting[1])
    moved = await behind.next()
    assert (moved.name, moved.data["waitlist_position"]) == ("booking", 2)
    await anna.write("PUT", f"/api/v1/announcement/{evening['id']}", host, {"title": "Soon"})
    assert (await ahead.next()).name == "announcement"


async def test_a_hidden_evening_is_not_streamed_and_its_stream_ends(
    cell: CommandCell, anna: OwnReads, watchers: Watchers
) -> None:
    host, _ = await cell.person("anna")
    stranger, _ = await cell.person("carl")
    hidden = await anna.announce(host, visibility="invite")
    public = await anna.announce(host, event_time=at(72))
    answers = [
        await anna.read(f"/api/v1/stream?announcement_id={one}", stranger)
        for one in (hidden["id"], uuid4())
    ]
    assert [one.status for one in answers] == [404, 404]
    assert answers[0].body == answers[1].body
    watching = await watchers.open(stranger, f"announcement_id={public['id']}")
    await anna.write("DELETE", f"/api/v1/announcement/{public['id']}", host)
    assert await watching.next() == ("end", {"reason": "not_found"}, watching.last_id)
    with pytest.raises(EOFError):
        await watching.next()


async def test_a_suspended_reader_is_told_why_the_stream_ends(
    cell: CommandCell, anna: OwnReads, watchers: Watchers
) -> None:
    guest, guest_id = await cell.person("boris")
    stream = await watchers.open(guest)
    path = f"/api/v1/operator/user/{guest_id}/suspension"
    await anna.write("PUT", path, OPERATOR_TOKEN, {"reason": "spam"})
    assert (await stream.next())[:2] == ("end", {"reason": "suspended"})


async def test_notices_are_told_in_the_order_in_which_they_are_complete(
    cell: CommandCell, anna: OwnReads, watchers: Watchers, tables: asyncpg.Pool
) -> None:
    """The notice of a transaction that is still open comes late, and is not lost."""
    guest, guest_id = await cell.person("boris")
    stream = await watchers.open(guest)
    async with tables.acquire() as slow:
        transaction = slow.transaction()
        await transaction.start()
        first = await slow.fetchval(INSERT_NOTICE, guest_id, "first")
        second = await tables.fetchval(INSERT_NOTICE, guest_id, "second")
        await transaction.commit()
    told = await stream.take(2)
    assert names(told) == ["notice", "notice"]
    assert [one.data["id"] for one in told] == [first, second]
    assert told[0].data["why"]
    await tables.execute("UPDATE notifier.notices SET attempts = 1 WHERE id = $1", first)
    await tables.execute("UPDATE notifier.notices SET state = 'sent' WHERE id = $1", second)
    async with watchers.briefly(guest, last_id=told[0].id) as resumed:
        event = await resumed.next()
    assert (event.data["id"], event.data["state"]) == (second, "sent")


INSERT_NOTICE = """
    INSERT INTO notifier.notices (key, recipient, kind, receipt, facts, happened_at, due_at,
                                  expires_at, try_at, crowd)
    VALUES ($2, $1, 'erasure_requested', false, '{}', now(), now(), now(), now(), $2)
    RETURNING id
"""


async def test_a_person_has_so_many_streams_and_no_more(
    cell: CommandCell, anna: OwnReads, watchers: Watchers
) -> None:
    guest, _ = await cell.person("boris")
    for _ in range(10):
        await watchers.open(guest)
    refused = await anna.read("/api/v1/stream", guest)
    assert (refused.status, refused.code) == (429, "rate_limited")
    assert refused.body["policy"] == "streams-of-person"


async def test_a_head_has_no_endless_body(cell: CommandCell, anna: OwnReads) -> None:
    guest, _ = await cell.person("boris")
    head = await cell.send("HEAD", "/api/v1/stream", guest)
    assert (head.status, head.headers["Content-Type"]) == (200, "text/event-stream")


async def test_what_no_stream_gave_out_is_refused(cell: CommandCell, anna: OwnReads) -> None:
    guest, _ = await cell.person("boris")
    wrong = await cell.send("GET", "/api/v1/stream", guest, Last_Event_ID="41")
    assert (wrong.status, wrong.code) == (400, "malformed_header")
