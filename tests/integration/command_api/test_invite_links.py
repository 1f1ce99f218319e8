"""Invite links over HTTP: made, listed, used by many at once, revoked; and no token is kept."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from command_api.http.link_tokens import LinkTokens
from contracts.values.ids import InviteLinkId, new_id
from tests.cells.cell_over_time import CellOverTime, until

GUESTS = [f"guest-{number}" for number in range(12)]


@pytest.fixture
async def people(
    tmp_path: Path, postgres_dsn: str, has_history: bool
) -> AsyncIterator[CellOverTime]:
    async with AsyncExitStack() as running:
        found = CellOverTime(tmp_path, postgres_dsn, running, history=has_history)
        await found.start()
        await found.meet("host", "stranger", *GUESTS)
        yield found


async def make_link(people: CellOverTime, evening_id: str, **limits: Any) -> dict[str, Any]:
    made = await people.say("host", "POST", f"/announcement/{evening_id}/invite-links", limits)
    assert made.status == 201, made.body
    link: dict[str, Any] = made.body
    return link


def path_of(link: dict[str, Any]) -> str:
    url: str = link["url"]
    return url.removeprefix("/api/v1")


async def test_many_use_a_link_at_once_and_each_use_is_counted(people: CellOverTime) -> None:
    """Five uses, three seats: three are confirmed, two wait, everybody else is refused."""
    evening_id = await people.evening("host", visibility="invite")
    path = f"/announcement/{evening_id}"
    assert (await people.say("host", "PUT", path, {"ticket_count": 3})).status == 200
    link = await make_link(people, evening_id, uses_max=5, waives_approval=True)
    assert (await people.say("guest-0", "GET", path)).status == 404

    replies = await asyncio.gather(
        *(people.say(guest, "POST", path_of(link), {}) for guest in GUESTS)
    )
    assert Counter(one.body.get("state", one.body.get("code")) for one in replies) == {
        "confirmed": 3,
        "waitlisted": 2,
        "invite_link_used_up": 7,
    }
    assert all(one.body["preapproved"] for one in replies if one.body.get("state") == "waitlisted")
    lucky = next(guest for guest, one in zip(GUESTS, replies, strict=True) if one.status == 201)
    again = await people.say(lucky, "POST", path_of(link), {})
    assert (again.status, again.body["guest_id"]) == (200, people.ids[lucky])
    assert (await people.read(lucky, path))["my_state"] == again.body["state"]

    listed = (await people.say("host", "GET", f"{path}/invite-links")).body
    assert listed == [link | {"used": 5}]
    assert (await people.read("host", path))["tickets_left"] == 0


async def test_only_the_author_sees_links_and_nobody_tells_a_token_from_another(
    people: CellOverTime,
) -> None:
    evening_id = await people.evening("host", sub_only=True)
    link = await make_link(people, evening_id)
    path = f"/announcement/{evening_id}/invite-links"
    absent = f"/announcement/{new_id()}/invite-links"
    for method, rest in (("GET", ""), ("POST", ""), ("DELETE", f"/{link['link_id']}")):
        hidden = await people.say("stranger", method, path + rest)
        missing = await people.say("stranger", method, absent + rest)
        assert (hidden.status, hidden.text) == (404, missing.text), (method, rest)

    foreign = LinkTokens("another cell's").sign(InviteLinkId(link["link_id"]))
    of_draft = await make_link(people, await people.evening("host", publish=False))
    answers = {
        (await people.say("stranger", "POST", f"/invite-link/{token}", {})).text
        for token in (foreign, "x", link["link_id"], of_draft["token"])
    }
    assert len(answers) == 1
    assert '"status":404' in answers.pop()


async def test_a_revoked_link_is_refused_and_what_came_of_it_stays(people: CellOverTime) -> None:
    evening_id = await people.evening("host")
    link = await make_link(people, evening_id)
    asked = await people.say("guest-0", "POST", path_of(link), {"message": "Hello"})
    assert (asked.status, asked.body["state"]) == (201, "requested")
    path = f"/announcement/{evening_id}/invite-links/{link['link_id']}"
    revoked = await people.say("host", "DELETE", path)
    assert revoked.body["revoked_at"] is not None
    refused = await people.say("guest-1", "POST", path_of(link), {})
    assert (refused.status, refused.code) == (409, "invite_link_revoked")
    kept = await people.read("guest-0", f"/booking/{asked.body['booking_id']}")
    assert kept["message"] == "Hello"
    malformed = {"uses_max": 0}, {"uses_max": 1.5}, {"expires_at": "tomorrow"}, {"waives": True}
    for body in malformed:
        found = await people.say("host", "POST", f"/announcement/{evening_id}/invite-links", body)
        assert found.status == 422, body


@pytest.mark.usefixtures("with_history")
async def test_no_record_and_no_table_has_the_token_and_history_tells_the_author_alone(
    people: CellOverTime, postgres_dsn: str
) -> None:
    evening_id = await people.evening("host")
    link = await make_link(people, evening_id, waives_approval=True)
    assert (await people.say("guest-0", "POST", path_of(link), {})).status == 201

    recorded = b"".join(map(msgspec.json.encode, await people.cell.commits()))
    assert link["link_id"].encode() in recorded
    assert link["token"].encode() not in recorded
    trail = f"/history/announcement/{evening_id}"
    of_author = {one["type"] for one in await people.read("host", trail)}
    assert {"invite_link.made", "invite_link.used"} <= of_author
    of_stranger = await people.read("stranger", trail)
    assert not [one for one in of_stranger if one["type"].startswith("invite_link")]
    of_guest = await people.read("guest-0", trail)
    assert [one["type"] for one in of_guest if one["type"].startswith("invite_link")] == [
        "invite_link.used"
    ]
    connection = await asyncpg.connect(postgres_dsn)
    try:
        row = await connection.fetchrow("SELECT * FROM read_model.invite_links")
    finally:
        await connection.close()
    assert row is not None
    assert (str(row["link_id"]), row["used"]) == (link["link_id"], 1)
    assert link["token"] not in map(str, row.values())


async def test_all_followers_are_invited_by_a_job_that_can_be_read(people: CellOverTime) -> None:
    host_id = people.ids["host"]
    fans = GUESTS[:3]
    for fan in fans:
        path = f"/neighbours/ugc/followers/{host_id}/{people.ids[fan]}"
        assert (await people.cell.send("PUT", path, people.tokens[fan])).status < 300
    evening_id = await people.evening("host", visibility="invite")
    path = f"/announcement/{evening_id}/invites"
    for body in ({}, {"all_followers": False}, {"all_followers": True, "guest_ids": [host_id]}):
        assert (await people.say("host", "POST", path, body)).status == 422
    assert (await people.say("stranger", "POST", path, {"all_followers": True})).status == 404

    begun = await people.say("host", "POST", path, {"all_followers": True})
    assert (begun.status, begun.body["state"], begun.body["invited"]) == (202, "running", 0)

    async def done() -> bool:
        (job,) = await people.read("host", path)
        return bool(job["job_id"] == begun.body["job_id"] and job["state"] == "done")

    await until(done)
    (job,) = await people.read("host", path)
    assert (job["invited"], job["left_over"]) == (3, 0)
    assert (await people.read(fans[0], f"/announcement/{evening_id}"))["my_state"] == "invited"
    assert (await people.say("stranger", "GET", path)).status == 404
    assert (await people.say(fans[0], "GET", path)).status == 403
