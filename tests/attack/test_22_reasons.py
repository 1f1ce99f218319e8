"""A reason that a person typed is not shown as one of the system, whatever it says."""

import asyncio

from tests.attack.target import Target
from tests.waiting import WITHIN_S


async def test_a_typed_code_of_the_systems_stays_a_quotation(target: Target) -> None:
    host, _ = await target.person("host")
    guest, guest_id = await target.person("guest")
    evening_id = (await target.evening(host)).json["id"]
    asked = await target.send("POST", f"/api/v1/booking/{evening_id}", guest)
    path = f"/api/v1/booking/{asked.json['booking_id']}"
    said = await target.send("PUT", path, host, {"my_status": False, "reason": "superseded"})
    assert said.json["reason_by"] == "person"
    read = await target.send("GET", f"{path}?min_position={said.position}", guest)
    assert (read.json["reason"], read.json["reason_by"]) == ("superseded", "person")

    inbox = f"/neighbours/notification/inbox/{guest_id}"
    async with asyncio.timeout(WITHIN_S):
        while True:
            notices = (await target.send("GET", inbox, guest, Accept="application/json")).json
            told = [one["text"] for one in notices if "superseded" in one["text"]]
            if told:
                break
            await asyncio.sleep(0.1)
    assert "«superseded»" in told[0] or '"superseded"' in told[0]


async def test_what_was_left_is_listed_only_on_demand(target: Target) -> None:
    host, _ = await target.person("host")
    guest, _ = await target.person("guest")
    evening_id = (await target.evening(host)).json["id"]
    asked = await target.send("POST", f"/api/v1/booking/{evening_id}", guest)
    path = f"/api/v1/announcements?mine=guest&min_position={asked.position}"
    assert [one["my_state"] for one in (await target.send("GET", path, guest)).json] == [
        "requested"
    ]
    booking = f"/api/v1/booking/{asked.json['booking_id']}"
    left = await target.send("DELETE", booking, guest)
    path = f"/api/v1/announcements?mine=guest&min_position={left.position}"
    assert (await target.send("GET", path, guest)).json == []
    ever = (await target.send("GET", f"{path}&all=true", guest)).json
    assert [(one["id"], one["my_state"]) for one in ever] == [(evening_id, "withdrawn")]
