"""Leaving because the host moved is not late, and whoever left may stand in line again."""

from datetime import UTC, datetime, timedelta

from tests.attack.target import Target


def at(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


async def late_cancellations(target: Target, guest: str, position: int) -> int:
    path = f"/api/v1/user/me/rating?min_position={position}"
    count: int = (await target.send("GET", path, guest)).json["late_cancellations"]
    return count


async def test_leaving_late_counts_unless_the_host_moved_the_evening(target: Target) -> None:
    host, _ = await target.person("host")
    guest, _ = await target.person("guest")
    kept, _ = await target.person("kept")
    evening_id = (await target.evening(host, event_time=at(10))).json["id"]
    mine = await target.confirm_guest(host, evening_id, guest)
    theirs = await target.confirm_guest(host, evening_id, kept)
    left = await target.answer(kept, theirs, yes=False)
    assert await late_cancellations(target, kept, left.position) == 1
    path = f"/api/v1/announcement/{evening_id}"
    assert (await target.send("PUT", path, host, {"event_time": at(5)})).status == 200
    left = await target.answer(guest, mine, yes=False)
    assert await late_cancellations(target, guest, left.position) == 0


async def test_a_guest_who_left_waits_in_line_with_the_hosts_yes(target: Target) -> None:
    host, _ = await target.person("host")
    guest, _ = await target.person("guest")
    other, _ = await target.person("other")
    evening_id = (await target.evening(host, ticket_count=1)).json["id"]
    mine = await target.confirm_guest(host, evening_id, guest)
    assert (await target.answer(guest, mine, yes=False)).json["state"] == "declined"
    theirs = await target.confirm_guest(host, evening_id, other)
    back = await target.answer(guest, mine, yes=True)
    assert back.status == 200
    assert (back.json["state"], back.json["preapproved"]) == ("waitlisted", True)
    assert back.json["waitlist_position"] == 1
    left = await target.answer(other, theirs, yes=False)
    path = f"/api/v1/booking/{mine}?min_position={left.position}"
    assert (await target.send("GET", path, guest)).json["state"] == "offered"
