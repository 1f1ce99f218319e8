"""Leaving because the host moved is not late, and whoever left may stand in line again."""

from datetime import UTC, datetime, timedelta

from tests.attack.target import Received, Target


def at(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


async def says(target: Target, token: str, booking_id: str, yes: bool) -> Received:
    body = {"my_status": yes}
    return await target.send("PUT", f"/api/v1/booking/{booking_id}", token, body)


async def comes(target: Target, host: str, evening_id: str, guest: str) -> str:
    asked = await target.send("POST", f"/api/v1/booking/{evening_id}", guest)
    booking_id: str = asked.json["booking_id"]
    assert (await says(target, host, booking_id, True)).json["state"] == "confirmed"
    return booking_id


async def late_cancellations(target: Target, guest: str, position: int) -> int:
    path = f"/api/v1/user/me/rating?min_position={position}"
    count: int = (await target.send("GET", path, guest)).json["late_cancellations"]
    return count


async def test_leaving_late_counts_unless_the_host_moved_the_evening(target: Target) -> None:
    host, _ = await target.person("host")
    guest, _ = await target.person("guest")
    kept, _ = await target.person("kept")
    evening_id = (await target.evening(host, event_time=at(10))).json["id"]
    mine = await comes(target, host, evening_id, guest)
    theirs = await comes(target, host, evening_id, kept)
    left = await says(target, kept, theirs, False)
    assert await late_cancellations(target, kept, left.position) == 1
    path = f"/api/v1/announcement/{evening_id}"
    assert (await target.send("PUT", path, host, {"event_time": at(5)})).status == 200
    left = await says(target, guest, mine, False)
    assert await late_cancellations(target, guest, left.position) == 0


async def test_a_guest_who_left_waits_in_line_with_the_hosts_yes(target: Target) -> None:
    host, _ = await target.person("host")
    guest, _ = await target.person("guest")
    other, _ = await target.person("other")
    evening_id = (await target.evening(host, ticket_count=1)).json["id"]
    mine = await comes(target, host, evening_id, guest)
    assert (await says(target, guest, mine, False)).json["state"] == "declined"
    theirs = await comes(target, host, evening_id, other)
    back = await says(target, guest, mine, True)
    assert back.status == 200
    assert (back.json["state"], back.json["preapproved"]) == ("waitlisted", True)
    assert back.json["waitlist_position"] == 1
    left = await says(target, other, theirs, False)
    path = f"/api/v1/booking/{mine}?min_position={left.position}"
    assert (await target.send("GET", path, guest)).json["state"] == "offered"
