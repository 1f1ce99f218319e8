"""An author tries to learn where a guest has gone, and learns when, but not where or to whom."""

from datetime import UTC, datetime, timedelta

from tests.attack.target import Target


async def test_the_host_of_a_hidden_evening_is_not_named_to_a_rival(target: Target) -> None:
    rival, _ = await target.person("rival")
    secret, secret_id = await target.person("secret")
    guest, guest_id = await target.person("guest")
    later = (datetime.now(UTC) + timedelta(hours=20)).isoformat()
    open_one = (await target.evening(rival, ticket_count=1)).json["id"]
    held = {"guest_ids": [guest_id], "hold_until": later}
    sent = await target.send("POST", f"/api/v1/announcement/{open_one}/invites", rival, held)
    lost = sent.json["results"][0]["booking_id"]
    hidden = (await target.evening(secret)).json["id"]
    asked = await target.send("POST", f"/api/v1/booking/{hidden}", guest)
    await target.send("PUT", f"/api/v1/announcement/{hidden}", secret, {"visibility": "invite"})
    path = f"/api/v1/booking/{asked.json['booking_id']}"
    done = await target.send("PUT", path, secret, {"my_status": True})
    assert done.json["state"] == "confirmed"
    at = f"min_position={done.position}"
    for looked_at in (
        f"/api/v1/history/announcement/{open_one}?{at}",
        f"/api/v1/booking/{lost}/why?{at}",
        f"/api/v1/booking/{lost}?{at}",
        f"/api/v1/why/{done.position}?{at}",
        f"/api/v1/announcement/{open_one}?{at}",
        f"/api/v1/notifications?announcement_id={open_one}&{at}",
    ):
        body = (await target.send("GET", looked_at, rival)).body.decode()
        assert secret_id not in body, looked_at
        assert hidden not in body, looked_at
