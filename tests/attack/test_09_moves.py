"""Holds and guests who have to choose follow every change of their evenings."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.attack.target import Target


def at(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


async def move(target: Target, host: str, evening_id: str, hours: float) -> int:
    body = {"event_time": at(hours)}
    moved = await target.send("PUT", f"/api/v1/announcement/{evening_id}", host, body)
    assert moved.status == 200
    return moved.position


async def booking(target: Target, guest: str, booking_id: str, position: int) -> dict[str, Any]:
    path = f"/api/v1/booking/{booking_id}?min_position={position}"
    found: dict[str, Any] = (await target.send("GET", path, guest)).json
    return found


async def test_a_guest_is_confirmed_again_when_the_clash_is_gone(target: Target) -> None:
    guest, _ = await target.person("guest")
    host, _ = await target.person("host")
    rival_host, _ = await target.person("rival-host")
    evening_id = (await target.evening(host, event_time=at(100))).json["id"]
    rival_id = (await target.evening(rival_host, event_time=at(200))).json["id"]
    booking_id = await target.confirm_guest(host, evening_id, guest)
    await target.confirm_guest(rival_host, rival_id, guest)

    moved = await move(target, host, evening_id, 200)
    assert (await booking(target, guest, booking_id, moved))["state"] == "offered"
    back = await move(target, host, evening_id, 100)
    settled = await booking(target, guest, booking_id, back)
    assert (settled["state"], settled["hold_until"]) == ("confirmed", None)

    await move(target, host, evening_id, 200)
    path = f"/api/v1/announcement/{rival_id}"
    cancelled = await target.send("DELETE", path, rival_host)
    settled = await booking(target, guest, booking_id, cancelled.position)
    assert settled["state"] == "confirmed"


async def test_a_held_seat_ends_before_the_evening_that_moved_nearer(target: Target) -> None:
    host, _ = await target.person("host")
    guest, guest_id = await target.person("guest")
    evening_id = (await target.evening(host, event_time=at(100))).json["id"]
    path = f"/api/v1/announcement/{evening_id}/invites"
    body = {"guest_ids": [guest_id], "hold_until": at(90)}
    invited = (await target.send("POST", path, host, body)).json["results"][0]
    moved = await move(target, host, evening_id, 10)
    held = await booking(target, guest, invited["booking_id"], moved)
    assert held["hold_until"] <= held["event_time"]
    assert held["state"] == "invited"
