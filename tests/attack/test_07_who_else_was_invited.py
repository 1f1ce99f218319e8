"""An invited guest asks everything that can be asked, and does not learn who else was invited."""

from tests.attack.target import Target


async def test_an_invited_guest_does_not_see_the_others(target: Target) -> None:
    host, _ = await target.person("host")
    guest, guest_id = await target.person("guest")
    _, other_id = await target.person("other")
    evening = (await target.evening(host, invite=[guest_id, other_id])).json["id"]
    path = f"/api/v1/announcement/{evening}"
    _, third_id = await target.person("third")
    sent = await target.send("POST", f"{path}/invites", host, {"guest_ids": [third_id]})
    at = f"min_position={sent.position}"
    booking = (await target.send("GET", f"{path}/booking/me?{at}", guest)).json["booking_id"]
    asked = [
        f"/api/v1/booking/{booking}/why?{at}",
        f"/api/v1/booking/{booking}?{at}",
        f"{path}?{at}",
        f"{path}/bookings?{at}",
        f"/api/v1/history/announcement/{evening}?{at}",
        f"/api/v1/schedule?{at}",
        *(
            f"/api/v1/why/{position}?{at}"
            for position in range(sent.position - 8, sent.position + 1)
        ),
    ]
    for one in asked:
        body = (await target.send("GET", one, guest)).body.decode()
        assert other_id not in body, one
        assert third_id not in body, one
    why = await target.send("GET", f"/api/v1/booking/{booking}/why?{at}", host)
    assert other_id in why.body.decode(), "the host is told, so the search finds it"


async def test_a_revoked_invitation_to_a_draft_is_like_none(target: Target) -> None:
    host, _ = await target.person("host")
    guest, guest_id = await target.person("guest")
    draft = (await target.evening(host, publish=False, invite=[guest_id])).json["id"]
    path = f"/api/v1/announcement/{draft}/booking/{guest_id}"
    revoked = await target.send("PUT", path, host, {"my_status": False})
    at = f"min_position={revoked.position}"
    hidden = await target.send("GET", f"/api/v1/why/{revoked.position}?{at}", guest)
    absent = await target.send("GET", f"/api/v1/why/999999999?{at}", guest)
    assert hidden.status == absent.status == 404
    for answer in (hidden, absent):
        assert set(answer.json) == {"type", "title", "status", "detail", "instance", "code"}
    assert hidden.json["detail"] == absent.json["detail"]
