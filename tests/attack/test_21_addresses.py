"""21: addresses with too many slashes, wrong methods, other origins, and super-users."""

from uuid import uuid4

import pytest

from tests.attack.target import Target

ADDRESSES = {
    "/api/v1/announcements": "GET, HEAD",
    "/api/v1/announcement/{id}": "DELETE, GET, HEAD, POST, PUT",
    "/api/v1/booking/{id}": "DELETE, GET, HEAD, POST, PUT",
    "/api/v1/preferences": "GET, HEAD, PUT",
    "/api/v1/operator/ask": "GET, HEAD, POST",
    "/a/{id}": "GET, HEAD",
    "/analyst": "GET, HEAD",
    "/api/openapi": "GET, HEAD",
    "/healthz": "GET, HEAD",
}


@pytest.mark.parametrize("path", ADDRESSES)
async def test_a_slash_too_many_redirects_nowhere(target: Target, path: str) -> None:
    asked = f"{path.format(id=uuid4())}/"
    for host in ("", "evil.example"):
        headers = {"Host": host} if host else {}
        answer = await target.send("GET", asked, **headers)
        # A system may refuse a foreign Host before it looks at the address.
        assert answer.status == 404 or (host and 400 <= answer.status < 500)
        assert "Location" not in answer.headers
        assert b"evil.example" not in answer.body


@pytest.mark.parametrize(("path", "allowed"), ADDRESSES.items())
async def test_a_wrong_method_is_told_the_right_ones(
    target: Target, path: str, allowed: str
) -> None:
    answer = await target.send("PATCH", path.format(id=uuid4()))
    assert answer.status == 405
    # Behind a gateway each process answers for itself.
    told = set(answer.headers["Allow"].split(", "))
    assert told
    assert told <= set(allowed.split(", "))
    if target.site.data is not None:
        assert told == set(allowed.split(", "))


async def test_a_page_of_another_origin_reads_nothing(target: Target) -> None:
    guest, _ = await target.person("guest")
    path, origin = "/api/v1/announcements", f"https://{uuid4()}.example"
    read = await target.send("GET", path, guest, Origin=origin)
    asked = await target.send(
        "OPTIONS",
        path,
        Origin=origin,
        Access_Control_Request_Method="GET",
        Access_Control_Request_Headers="authorization",
    )
    for answer in (read, asked):
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert "Access-Control-Allow-Credentials" not in answer.headers


async def test_a_super_user_who_may_read_is_told_that_answering_is_not_allowed(
    target: Target,
) -> None:
    host, _ = await target.person("host")
    _, guest_id = await target.person("guest")
    login = {"login": f"super-{uuid4()}", "is_super": True}
    above = (await target.operator("POST", "/neighbours/auth/token", login)).json["access_token"]
    announced = await target.evening(host, visibility="invite")
    evening_id = announced.json["id"]
    body = {"guest_ids": [guest_id]}
    invited = await target.send("POST", f"/api/v1/announcement/{evening_id}/invites", host, body)
    booking_path = f"/api/v1/announcement/{evening_id}/booking/{guest_id}"
    at = f"{booking_path}?min_position={invited.position}"
    booking = await target.send("GET", at, above)
    assert booking.status == 200
    for path in (booking_path, f"/api/v1/booking/{booking.json['booking_id']}"):
        assert (await target.send("PUT", path, above, {"my_status": True})).status == 403
    path = f"/api/v1/announcement/{evening_id}"
    assert (await target.send("PUT", path, above, {"title": "Mine"})).status == 403
    stranger, _ = await target.person("stranger")
    assert (await target.send("PUT", booking_path, stranger, {"my_status": True})).status == 404
    nowhere = f"/api/v1/booking/{uuid4()}"
    assert (await target.send("PUT", nowhere, above, {"my_status": True})).status == 404
