"""Chats over HTTP, from what is written to what is read."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.cells.cell_over_time import CellOverTime
from tests.cells.http_reply import HttpReply

END = "before="


class Chat:
    """An evening of a host with the guests Ann and Ben, and its chat."""

    def __init__(self, cell: CellOverTime, evening_id: str) -> None:
        self.cell = cell
        self.evening_id = evening_id
        self.path = f"/announcement/{evening_id}/posts"

    async def write(self, name: str, text: str) -> Any:
        written = await self.cell.say(name, "POST", self.path, {"text": text})
        assert written.status == 201, written.body
        return written.body

    async def read(self, name: str, query: str = "") -> Any:
        return await self.cell.read(name, f"{self.path}?{query}" if query else self.path)

    async def texts(self, name: str, query: str = "") -> list[str | None]:
        return [post["text"] for post in await self.read(name, query)]

    async def get(self, name: str, path: str) -> HttpReply:
        """Return the answer, after everything that was said."""
        mark = "&" if "?" in path else "?"
        return await self.cell.say(name, "GET", f"{path}{mark}min_position={self.cell.position}")

    async def unread(self, name: str) -> int:
        entries = await self.cell.read(name, "/schedule")
        (count,) = [
            entry["unread_posts"]
            for entry in entries
            if entry["announcement"]["id"] == self.evening_id
        ]
        return int(count)


@pytest.fixture
async def chat(tmp_path: Path, postgres_dsn: str, has_history: bool) -> AsyncIterator[Chat]:
    async with AsyncExitStack() as running:
        cell = CellOverTime(tmp_path, postgres_dsn, running, history=has_history)
        await cell.start()
        await cell.meet("host", "ann", "ben", "stranger")
        yield Chat(cell, await cell.evening("host", "ann", "ben"))


async def test_what_is_written_is_read_as_it_was_answered(chat: Chat) -> None:
    asked = await chat.write("ann", "Who brings tea?\r\n  Кто?  ")
    assert asked | {"text": "Who brings tea?\n  Кто?", "author_name": "Ann"} == asked
    assert (asked["author_id"], asked["deleted"]) == (chat.cell.ids["ann"], False)
    answered = await chat.write("host", "I do.")
    assert asked["position"] < answered["position"]
    for name in ("ann", "ben", "host"):
        assert await chat.read(name) == [asked, answered]
    assert (await chat.get("ben", f"/post/{asked['post_id']}")).body == asked

    path = f"/post/{asked['post_id']}"
    changed = (await chat.cell.say("ann", "PUT", path, {"text": "Who brings cake?"})).body
    assert changed == asked | {"text": "Who brings cake?", "modified": changed["modified"]}
    assert (await chat.get("host", path)).body == changed
    again = await chat.cell.say("ann", "PUT", path, {"text": "Who brings cake?"})
    assert again.body == changed

    deleted = (await chat.cell.say("host", "DELETE", path)).body
    tombstone = changed | {"text": None, "deleted": True, "modified": deleted["modified"]}
    assert deleted == tombstone
    assert await chat.read("ann") == [tombstone, answered]
    late = await chat.cell.say("ann", "PUT", path, {"text": "Who?"})
    assert (late.status, late.code) == (409, "post_deleted")


async def test_pages_begin_at_either_end_and_words_are_found(chat: Chat) -> None:
    texts = [f"Сообщение {number}" for number in range(5)]
    written = [
        await chat.write(("ann", "host")[number % 2], text) for number, text in enumerate(texts)
    ]
    positions = [post["position"] for post in written]

    first = await chat.get("ben", f"{chat.path}?limit=2")
    assert [post["text"] for post in first.body] == texts[:2]
    then = await chat.get("ben", f"{chat.path}?limit=2&cursor={first.headers['X-Next-Cursor']}")
    assert then.status == 200, then.body
    assert [post["text"] for post in then.body] == texts[2:4]
    assert await chat.texts("ben", f"after={positions[2]}") == texts[3:]

    newest = await chat.get("ben", f"{chat.path}?{END}&limit=2")
    assert [post["text"] for post in newest.body] == texts[3:]
    query = f"{END}&limit=2&cursor={newest.headers['X-Next-Cursor']}"
    assert await chat.texts("ben", query) == texts[1:3]
    assert await chat.texts("ben", f"before={positions[2]}&limit=1") == texts[1:2]

    assert await chat.texts("ben", "q=сообщ 3") == ["Сообщение 3"]
    await chat.cell.say("host", "DELETE", f"/post/{written[3]['post_id']}")
    assert await chat.texts("ben", "q=сообщ 3") == []
    for query in ("after=-1", "before=x", "q=", "limit=0", "cursor=x", "since=1"):
        assert (await chat.get("ben", f"{chat.path}?{query}")).status == 422, query


async def test_for_anybody_else_there_is_no_chat(chat: Chat) -> None:
    post = await chat.write("ann", "Only between us.")
    absent, missing = f"/announcement/{uuid4()}/posts", f"/post/{uuid4()}"
    path = f"/post/{post['post_id']}"
    await chat.cell.say("ben", "PUT", f"{chat.path}/read", {"position": post["position"]})
    mine = await chat.cell.say(
        "ben", "PUT", f"/announcement/{chat.evening_id}/booking/me", {"my_status": False}
    )
    assert mine.status == 200
    for name in ("ben", "stranger"):
        for method, here, nowhere, body in (
            ("GET", chat.path, absent, None),
            ("GET", path, missing, None),
            ("POST", chat.path, absent, {"text": "Me, too."}),
            ("PUT", f"{chat.path}/read", f"{absent}/read", {"position": 1}),
            ("PUT", path, missing, {"text": "No."}),
            ("DELETE", path, missing, None),
        ):
            if method == "GET":
                refused, hidden = await chat.get(name, here), await chat.get(name, nowhere)
            else:
                refused = await chat.cell.say(name, method, here, body)
                hidden = await chat.cell.say(name, method, nowhere, body)
            assert refused.status == hidden.status == 404
            assert refused.body | {"instance": ""} == hidden.body | {"instance": ""}
    assert await chat.unread("host") == 1


async def test_unread_posts_are_counted_for_each_person(chat: Chat) -> None:
    for text in ("One", "Two", "Three"):
        post = await chat.write("ann", text)
    assert [await chat.unread(name) for name in ("ann", "ben", "host")] == [0, 3, 3]
    await chat.cell.say("ann", "DELETE", f"/post/{post['post_id']}")
    first = (await chat.read("ben"))[0]["position"]
    read = await chat.cell.say("ben", "PUT", f"{chat.path}/read", {"position": first})
    assert read.body == {"unread": 1}
    assert [await chat.unread(name) for name in ("ben", "host")] == [1, 2]
    read = await chat.cell.say("ben", "PUT", f"{chat.path}/read", {"position": 2**62})
    assert read.body == {"unread": 0}
    await chat.write("host", "Four")
    assert [await chat.unread(name) for name in ("ann", "ben", "host")] == [1, 1, 2]


async def test_a_text_is_bounded_and_a_repeated_request_writes_one_post(chat: Chat) -> None:
    await chat.write("ann", "я" * 4_000)
    for text in ("я" * 4_001, "", " \n ", "\u202e", 7, None):
        refused = await chat.cell.say("ann", "POST", chat.path, {"text": text})
        assert (refused.status, refused.code) == (422, "malformed_body"), text

    first, again = [
        await chat.cell.cell.send(
            "POST",
            f"/api/v1{chat.path}",
            chat.cell.tokens["ann"],
            {"text": "Hello."},
            Idempotency_Key="once",
        )
        for _ in range(2)
    ]
    assert (first.status, again.status) == (201, 201)
    assert again.body == first.body
    assert again.headers["Idempotent-Replay"] == "true"
    tried = await chat.cell.say("ann", "POST", f"{chat.path}?dry_run=true", {"text": "Try."})
    assert (tried.status, tried.body["text"]) == (201, "Try.")
    assert (await chat.texts("ann"))[1:] == ["Hello."]


async def test_two_weeks_after_the_end_a_chat_is_only_read(chat: Chat) -> None:
    post = await chat.write("ann", "See you.")
    await chat.cell.hold("host", chat.evening_id)
    await chat.write("host", "Thank you.")
    await chat.cell.wait(timedelta(days=14))
    for method, path, body in (
        ("POST", chat.path, {"text": "Again?"}),
        ("PUT", f"/post/{post['post_id']}", {"text": "Bye."}),
        ("DELETE", f"/post/{post['post_id']}", None),
    ):
        refused = await chat.cell.say("ann", method, path, body)
        assert (refused.status, refused.code) == (409, "chat_closed")
    assert await chat.texts("ben") == ["See you.", "Thank you."]


@pytest.mark.usefixtures("with_history")
async def test_the_history_tells_a_post_to_those_who_could_read_it_then_and_may_now(
    chat: Chat,
) -> None:
    cell = chat.cell
    kept, changed, gone = [await chat.write("ann", text) for text in ("Keep", "Old", "Gone")]
    booked = await cell.say("stranger", "POST", f"/booking/{chat.evening_id}")
    path = f"/booking/{booked.body['booking_id']}"
    assert (await cell.say("host", "PUT", path, {"my_status": True})).status == 200
    await cell.say("ann", "PUT", f"/post/{changed['post_id']}", {"text": "New"})
    await cell.say("host", "DELETE", f"/post/{gone['post_id']}")
    await cell.say("ben", "PUT", f"{chat.path}/read", {"position": 2**62})
    trail = f"/history/announcement/{chat.evening_id}"

    async def told(name: str, query: str = "limit=100") -> list[tuple[str, str | None]]:
        entries = await cell.read(name, f"{trail}?{query}")
        return [
            (one["type"], one["facts"].get("text"))
            for one in entries
            if one["type"].startswith("post")
        ]

    later = [("post.changed", "New"), ("post.deleted", None)]
    whole = [("post.written", "Keep"), ("post.written", None), ("post.written", None), *later]
    for name in ("host", "ann", "ben"):
        assert await told(name) == whole
    assert await told("stranger") == later, "was no guest yet"
    assert await chat.texts("stranger") == ["Keep", "New", None]
    assert await told("ben", f"limit=100&as_of={gone['position']}") == whole[:3]
    entries = await cell.read("ben", f"{trail}?limit=100")
    (first,) = [one for one in entries if one["position"] == kept["position"]]
    assert first["actor"] == {"id": cell.ids["ann"], "name": "Ann"}
    assert first["facts"]["writer_name"] == "Ann"

    left = await cell.say(
        "ben", "PUT", f"/announcement/{chat.evening_id}/booking/me", {"my_status": False}
    )
    assert left.status == 200
    assert await told("ben") == await told("ben", f"limit=100&as_of={gone['position']}") == []
