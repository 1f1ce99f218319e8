"""Why something is as it is, without anything that the reader may not know."""

import asyncio

import msgspec
import pytest

from tests.cells.command_cell import CommandCell, evening
from tests.cells.http_reply import HttpReply
from tests.cells.own_reads import at
from tests.waiting import WITHIN_S

pytestmark = pytest.mark.usefixtures("with_history")


async def read_after(cell: CommandCell, path: str, token: str, position: int) -> HttpReply:
    """Read once the tables and the history have come to `position`."""
    separator = "&" if "?" in path else "?"
    async with asyncio.timeout(WITHIN_S):
        while True:
            address = f"/api/v1{path}{separator}min_position={position}"
            reply = await cell.send("GET", address, token)
            if reply.status not in (503, 504):
                return reply


async def test_who_is_invited_does_not_learn_who_else_was(cell: CommandCell) -> None:
    host, _ = await cell.person("host")
    boris, boris_id = await cell.person("boris")
    _, olga_id = await cell.person("olga")
    announced = await cell.do("POST", f"/announcement/{cell.movie_id}", host, evening())
    path = f"/announcement/{announced.body['id']}"
    sent = await cell.do("POST", f"{path}/invites", host, {"guest_ids": [boris_id, olga_id]})
    bookings = {one["guest_id"]: one["booking_id"] for one in sent.body["results"]}

    by_boris = await read_after(cell, f"/booking/{bookings[boris_id]}/why", boris, sent.position)
    assert (by_boris.body["code"], by_boris.body["facts"]) == ("guests_invited", {})
    assert olga_id not in msgspec.json.encode(by_boris.body).decode()
    by_host = await read_after(cell, f"/booking/{bookings[boris_id]}/why", host, sent.position)
    assert by_host.body["facts"]["results"] == sent.body["results"]


async def test_a_rival_host_learns_when_and_not_whose_the_other_evening_is(
    cell: CommandCell,
) -> None:
    """The guest's own yes to a hidden evening releases the request to another one."""
    rival, _ = await cell.person("rival")
    secret, secret_id = await cell.person("secret")
    boris, boris_id = await cell.person("boris")
    film = f"/announcement/{cell.movie_id}"
    open_one = (await cell.do("POST", film, rival, evening(event_time=at(24)))).body["id"]
    asked = await cell.do("POST", f"/booking/{open_one}", boris)
    body = evening(event_time=at(25), visibility="invite", invite=[boris_id])
    hidden = (await cell.do("POST", film, secret, body)).body["id"]
    done = await cell.do("PUT", f"/announcement/{hidden}/booking/me", boris, {"my_status": True})

    path = f"/booking/{asked.body['booking_id']}/why"
    why = await read_after(cell, path, rival, done.position)
    assert why.body["state"] == "withdrawn"
    assert (why.body["by"], why.body["command"], why.body["code"]) == ("guest", None, "superseded")
    assert why.body["facts"] == {}
    assert (await read_after(cell, path, boris, done.position)).body["command"] == "booking.answer"
    assert (await read_after(cell, f"/why/{done.position}", rival, done.position)).status == 404

    trail = await read_after(cell, f"/history/announcement/{open_one}", rival, done.position)
    released = [one for one in trail.body if one["type"] == "booking.released"]
    assert [one["actor"]["id"] for one in released] == [boris_id]
    assert secret_id not in msgspec.json.encode(trail.body).decode()
    assert hidden not in msgspec.json.encode(trail.body).decode()


async def test_the_host_of_a_hidden_evening_is_not_named_to_a_rival(cell: CommandCell) -> None:
    """The host's own yes releases the guest's other request, and frees a held seat."""
    rival, _ = await cell.person("rival")
    secret, secret_id = await cell.person("secret")
    boris, boris_id = await cell.person("boris")
    film = f"/announcement/{cell.movie_id}"
    body = evening(event_time=at(24), ticket_count=1)
    open_one = (await cell.do("POST", film, rival, body)).body["id"]
    held = {"guest_ids": [boris_id], "hold_until": at(20)}
    sent = await cell.do("POST", f"/announcement/{open_one}/invites", rival, held)
    booking = sent.body["results"][0]["booking_id"]
    hidden = (await cell.do("POST", film, secret, evening(event_time=at(25)))).body["id"]
    asked = await cell.do("POST", f"/booking/{hidden}", boris)
    await cell.do("PUT", f"/announcement/{hidden}", secret, {"visibility": "invite"})
    path = f"/booking/{asked.body['booking_id']}"
    done = await cell.do("PUT", path, secret, {"my_status": True})

    trail = await read_after(cell, f"/history/announcement/{open_one}", rival, done.position)
    actors = {one["type"]: one["actor"] for one in trail.body if one["position"] == done.position}
    assert actors == {"booking.released": None, "announcement.reopened": None}
    why = await read_after(cell, f"/booking/{booking}/why", rival, done.position)
    assert (why.body["by"], why.body["command"]) == ("system", None)
    for answer in (trail, why):
        text = msgspec.json.encode(answer.body).decode()
        assert secret_id not in text
        assert hidden not in text


async def test_a_revoked_invitation_to_a_draft_is_like_none(cell: CommandCell) -> None:
    host, _ = await cell.person("host")
    boris, boris_id = await cell.person("boris")
    body = evening(publish=False, invite=[boris_id])
    announced = await cell.do("POST", f"/announcement/{cell.movie_id}", host, body)
    path = f"/announcement/{announced.body['id']}/booking/{boris_id}"
    revoked = await cell.do("PUT", path, host, {"my_status": False})
    hidden = await read_after(cell, f"/why/{revoked.position}", boris, revoked.position)
    absent = await read_after(cell, "/why/99999", boris, revoked.position)
    assert hidden.status == absent.status == 404
    ours = {name: value for name, value in hidden.body.items() if name != "instance"}
    assert ours == {name: value for name, value in absent.body.items() if name != "instance"}
    assert (
        await read_after(cell, f"/why/{revoked.position}", host, revoked.position)
    ).status == 200


@pytest.mark.parametrize("end", ["published", "published for the invited", "called off"])
async def test_it_stays_so_whatever_becomes_of_the_draft(cell: CommandCell, end: str) -> None:
    host, _ = await cell.person("host")
    boris, boris_id = await cell.person("boris")
    visibility = "invite" if end == "published for the invited" else "public"
    body = evening(publish=False, invite=[boris_id], visibility=visibility)
    announced = await cell.do("POST", f"/announcement/{cell.movie_id}", host, body)
    path = f"/announcement/{announced.body['id']}"
    mine = f"{path}/booking/{boris_id}"
    if end == "called off":
        revoked = done = await cell.do("DELETE", path, host)
    else:
        revoked = await cell.do("PUT", mine, host, {"my_status": False})
        done = await cell.do("PUT", path, host, {"status": "Alive"})
    seen = await read_after(cell, mine, host, done.position)
    assert seen.body["state"] == "revoked"
    booking = f"/booking/{seen.body['booking_id']}"
    for hidden in (mine, booking, f"{booking}/why", f"/why/{revoked.position}"):
        assert (await read_after(cell, hidden, boris, done.position)).status == 404, hidden
    for listed in ("/bookings", "/announcements?mine=guest"):
        answer = await read_after(cell, listed, boris, done.position)
        assert answer.body == [], listed
    shown = await read_after(cell, path, boris, done.position)
    trail = await read_after(cell, f"/history{path}", boris, done.position)
    if end != "published":
        assert shown.status == trail.status == 404
        return
    assert (shown.body["my_booking_id"], shown.body["my_state"]) == (None, None)
    assert [one["type"] for one in trail.body] == ["announcement.published"]
    past = await read_after(cell, f"{path}?as_of={done.position}", boris, done.position)
    assert (past.status, past.body["my_booking_id"]) == (200, None)
