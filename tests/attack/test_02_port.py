"""2: anybody who reached the port was a super-user, and could read inboxes and stop services."""

from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from tests.attack.target import Target

ROUTES = [
    ("POST", "/neighbours/auth/token", {"login": "x", "is_super": True}),
    ("POST", "/neighbours/auth/token", {"login": "x", "permissions": ["everything"]}),
    ("POST", "/neighbours/control/ugc", {"down": False}),
    ("POST", "/neighbours/shortener/links", {"target": "/a/1"}),
    ("GET", "/neighbours/shortener/clicks", None),
    ("POST", "/api/v1/operator/verify", None),
    ("POST", "/api/v1/operator/rebuild", None),
    ("GET", "/api/v1/operator/notices", None),
]


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
async def test_a_stranger_opens_nothing(
    target: Target, method: str, path: str, body: object
) -> None:
    token, _ = await target.person("stranger")
    for key in (None, "", "operator", token):
        refused = await target.send(method, path, key, body)
        assert (refused.status, refused.json["code"]) == (401, "unauthenticated"), key


async def test_a_super_users_token_opens_no_operators_route(target: Target) -> None:
    token, _ = await target.super_user("boss")
    assert (await target.send("GET", "/api/v1/operator/notices", token)).status == 401
    assert (await target.operator("GET", "/api/v1/operator/notices")).status == 200


async def test_an_inbox_is_for_its_person_and_the_operator(target: Target) -> None:
    anna, anna_id = await target.person("anna")
    boris, _ = await target.person("boris")
    inbox = f"/neighbours/notification/inbox/{anna_id}"
    assert (await target.send("GET", inbox)).status == 401
    assert (await target.send("GET", inbox, boris)).status == 403
    assert (await target.send("GET", inbox, anna)).status == 200
    assert (await target.operator("GET", inbox)).status == 200
    guessed = f"{inbox}?until=4000000000&signature={'0' * 64}"
    assert (await target.send("GET", guessed, Accept="text/html")).status == 401


async def test_nobody_makes_others_follow(target: Target) -> None:
    """A follower sees evenings for followers: to set one is to let oneself in."""
    anna, anna_id = await target.person("anna")
    boris, boris_id = await target.person("boris")
    pair = f"/neighbours/ugc/followers/{anna_id}/{boris_id}"
    for method in ("PUT", "DELETE"):
        assert (await target.send(method, pair)).status == 401
        assert (await target.send(method, pair, anna)).status == 403
        assert (await target.send(method, pair, boris)).status == 200
    assert (await target.send("GET", f"/neighbours/ugc/followers/{anna_id}", boris)).status == 403


async def test_nobody_sends_in_our_name(target: Target) -> None:
    token, person_id = await target.person("anna")
    message = {
        "key": str(uuid4()),
        "user_id": person_id,
        "notification_id": str(uuid4()),
        "source_name": "practix",
        "event_type": "booking_status",
        "title": "You have won",
        "text": "Come and see.",
        "created_at": "2026-01-01T12:00:00Z",
    }
    assert (
        await target.send("POST", "/neighbours/notification/send", token, message)
    ).status == 401
    assert (
        await target.send("GET", f"/neighbours/notification/inbox/{person_id}", token)
    ).json == []


@pytest.mark.parametrize("path", ["/api/v1/announcements", "/a/x", "/neighbours/movies", "/s/x"])
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:8000"])
async def test_a_page_whose_name_leads_to_our_address_is_turned_away(
    target: Target, path: str, host: str
) -> None:
    turned = await target.send("GET", path, Host=host)
    assert (turned.status, turned.json["code"]) == (421, "unknown_host")


async def test_our_own_names_are_known(target: Target) -> None:
    ours = urlsplit(target.site.base_url).netloc
    assert (await target.send("GET", "/a/x", Host=ours)).status != 421


async def test_without_the_cells_secret_no_command_is_taken_from_a_peer(target: Target) -> None:
    """An empty secret opened this route to everybody."""
    for secret in ("", "secret"):
        refused = await target.send(
            "POST", "/internal/commands", body={}, X_Practix_Cell_Secret=secret
        )
        assert refused.status in (403, 404)
