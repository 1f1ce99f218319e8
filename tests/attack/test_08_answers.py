"""An answer to what is gone is refused, says what is there now, and invites nobody."""

import asyncio

from tests.attack.target import Target


async def test_of_ten_hosts_who_approve_one_guest_at_once_one_succeeds(target: Target) -> None:
    guest, _ = await target.person("guest")
    hosts = [(await target.person(f"host-{number}"))[0] for number in range(10)]
    evenings = [(await target.evening(host)).json["id"] for host in hosts]
    bookings = [await target.request_seat(evening, guest) for evening in evenings]
    answers = await asyncio.gather(
        *(target.answer(host, one, yes=True) for host, one in zip(hosts, bookings, strict=True))
    )
    assert sorted(one.status for one in answers) == [200] + [409] * 9
    for refused in (one.json for one in answers if one.status == 409):
        assert (refused["code"], refused["why"]) == ("guest_said_no", "superseded")
        assert (refused["author_status"], refused["guest_status"]) == (None, False)
    position = max(one.position for one in answers)
    mine = await target.send("GET", f"/api/v1/bookings?min_position={position}", guest)
    assert sorted(one["state"] for one in mine.json) == ["confirmed"] + ["withdrawn"] * 9


async def test_an_approval_that_crosses_a_withdrawal_invites_nobody(target: Target) -> None:
    host, _ = await target.person("host")
    guest, guest_id = await target.person("guest")
    evening_id = (await target.evening(host)).json["id"]
    booking_id = await target.request_seat(evening_id, guest)
    assert (await target.send("DELETE", f"/api/v1/booking/{booking_id}", guest)).status == 200
    late = await target.answer(host, booking_id, yes=True)
    assert (late.status, late.json["why"], late.json["state"]) == (409, "withdrawn", "withdrawn")
    body = {"guest_ids": [guest_id]}
    invited = await target.send("POST", f"/api/v1/announcement/{evening_id}/invites", host, body)
    assert [one["code"] for one in invited.json["results"]] == ["invited"]


async def test_a_yes_to_a_revoked_invitation_says_that_it_is_revoked(target: Target) -> None:
    host, _ = await target.person("host")
    guest, guest_id = await target.person("guest")
    evening_id = (await target.evening(host, invite=[guest_id])).json["id"]
    pair = f"/api/v1/announcement/{evening_id}/booking/{guest_id}"
    assert (await target.send("PUT", pair, host, {"my_status": False})).status == 200
    late = await target.send("PUT", pair, guest, {"my_status": True})
    assert (late.status, late.json["code"], late.json["why"]) == (409, "invite_revoked", "revoked")
    assert late.json["booking_id"]
