"""A notice that waited tells nothing that its recipient may no longer know."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from tests.attack.target import Target
from tests.waiting import WITHIN_S

SECRET = "Secret street 7"


async def hasten(target: Target, recipient: str, position: int) -> dict[str, Any]:
    """Have the edit that waits for `recipient` sent now; the notice, once it is settled."""
    path = f"/api/v1/operator/notices?recipient={recipient}&kind=announce_put"
    (waiting,) = (await target.operator("GET", f"{path}&min_position={position}")).json
    due_at = {"due_at": datetime.now(UTC).isoformat()}
    await target.operator("PUT", f"/api/v1/operator/notices/{waiting['id']}", due_at)
    async with asyncio.timeout(WITHIN_S):
        while (found := (await target.operator("GET", path)).json[0])["state"] == "waiting":
            await asyncio.sleep(0.05)
    settled: dict[str, Any] = found
    return settled


async def inbox(target: Target, person: str, token: str) -> str:
    return (
        await target.send("GET", f"/neighbours/notification/inbox/{person}", token)
    ).body.decode()


async def test_a_removed_guest_does_not_get_the_new_address(target: Target) -> None:
    host, host_id = await target.person("host")
    guest, guest_id = await target.person("guest")
    evening = (await target.evening(host, hide_location=True)).json["id"]
    asked = await target.send("POST", f"/api/v1/booking/{evening}", guest)
    booking = f"/api/v1/booking/{asked.json['booking_id']}"
    await target.send("PUT", booking, host, {"my_status": True})
    path = f"/api/v1/announcement/{evening}"
    await target.send("PUT", path, host, {"event_location": SECRET})
    removed = await target.send("PUT", booking, host, {"my_status": False})
    assert removed.status == 200
    notice = await hasten(target, guest_id, removed.position)
    assert (notice["state"], notice["reason"]) == ("dropped", "not_involved")
    assert SECRET not in await inbox(target, guest_id, guest)
    assert (await hasten(target, host_id, removed.position))["state"] == "sent"
    assert SECRET in await inbox(target, host_id, host)


async def test_a_place_that_was_hidden_after_its_edit_is_not_told(target: Target) -> None:
    host, _ = await target.person("host")
    guest, guest_id = await target.person("guest")
    evening = (await target.evening(host)).json["id"]
    await target.send("POST", f"/api/v1/booking/{evening}", guest)
    path = f"/api/v1/announcement/{evening}"
    await target.send("PUT", path, host, {"event_location": SECRET})
    hidden = await target.send("PUT", path, host, {"hide_location": True})
    notice = await hasten(target, guest_id, hidden.position)
    assert notice["state"] == "sent"
    assert SECRET not in await inbox(target, guest_id, guest)
