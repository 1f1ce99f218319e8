"""Somebody who was removed from an evening, and a stranger, look everywhere for its chat."""

import msgspec

from tests.attack.target import Target

OPEN = "only for those who come"
GONE = "this was deleted"


async def test_nobody_else_reads_a_chat_and_nobody_reads_a_deleted_post(target: Target) -> None:
    host, _ = await target.person("host")
    removed, _ = await target.person("removed")
    guest, _ = await target.person("guest")
    stranger, _ = await target.person("stranger")
    superuser, _ = await target.super_user("super")
    evening = (await target.evening(host, ticket_count=3)).json["id"]
    booking = await target.confirm_guest(host, evening, removed)
    await target.confirm_guest(host, evening, guest)
    chat = f"/api/v1/announcement/{evening}/posts"
    kept = await target.send("POST", chat, host, {"text": OPEN})
    gone = await target.send("POST", chat, guest, {"text": GONE})
    await target.send("DELETE", f"/api/v1/post/{gone.json['post_id']}", guest)
    out = await target.answer(host, booking, yes=False)
    at = f"min_position={out.position}"
    posts = [one.json["post_id"] for one in (kept, gone)]
    asked = [
        f"{chat}?{at}",
        f"{chat}?{at}&q=those",
        *(f"/api/v1/post/{one}?{at}" for one in posts),
        f"/api/v1/history/announcement/{evening}?{at}&limit=100",
        f"/api/v1/history/announcement/{evening}?limit=100&as_of={gone.position}",
        *(f"/api/v1/why/{one}?{at}" for one in range(kept.position, out.position + 1)),
        f"/api/v1/schedule?{at}",
        "/api/v1/notifications",
    ]
    for token in (removed, stranger, superuser):
        for path in asked:
            body = (await target.send("GET", path, token)).body.decode()
            assert OPEN not in body, path
            assert GONE not in body, path
            assert not path.startswith((chat, "/api/v1/post")) or '"not_found"' in body, path
    for path in asked:
        assert GONE not in (await target.send("GET", path, guest)).body.decode(), path
    shown = (await target.send("GET", asked[0], guest)).body
    assert [one["text"] for one in msgspec.json.decode(shown)] == [OPEN, None]
