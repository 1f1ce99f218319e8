"""A suspended person goes on using an old token, in vain."""

import asyncio
from uuid import uuid4

from tests.attack.target import Target
from tests.waiting import WITHIN_S


async def test_a_suspended_person_gets_nowhere(target: Target) -> None:
    person, person_id = await target.person("person")
    evening = (await target.evening(person)).json["id"]
    feed = (await target.send("GET", "/api/v1/schedule/feed", person)).json["url"]
    path = f"/api/v1/operator/user/{person_id}/suspension"
    shut = await target.operator("PUT", path, {"reason": "attack", "by": "tests"})
    assert shut.status == 200
    attempts = [
        ("GET", "/api/v1/announcements"),
        ("GET", f"/api/v1/announcement/{evening}"),
        ("GET", f"/api/v1/announcement/{evening}/eligibility"),
        ("GET", "/api/v1/schedule"),
        ("GET", "/api/v1/notifications"),
        ("GET", "/api/v1/preferences"),
        ("GET", "/api/v1/mutes"),
        ("GET", feed),
        ("POST", f"/api/v1/booking/{evening}"),
        ("DELETE", f"/api/v1/announcement/{evening}"),
        ("PUT", f"/api/v1/user/{uuid4()}/mute"),
    ]
    for method, address in attempts:
        async with asyncio.timeout(WITHIN_S):
            while (refused := await target.send(method, address, person)).status != 403:
                await asyncio.sleep(0.1)
        assert refused.json["code"] == "suspended", address
    listed = (await target.operator("GET", "/api/v1/operator/suspensions")).json
    assert [one["reason"] for one in listed if one["user_id"] == person_id] == ["attack"]
    stranger, _ = await target.person("stranger")
    at = f"min_position={shut.position}"
    there = await target.send("GET", f"/api/v1/announcement/{evening}?{at}", stranger)
    assert there.json["status"] == "Alive", "what stands, stands"

    assert (await target.operator("DELETE", path)).json["suspended"] is False
    async with asyncio.timeout(WITHIN_S):
        while (await target.send("GET", "/api/v1/schedule", person)).status != 200:
            await asyncio.sleep(0.1)


async def test_nobody_else_shuts_anybody_out(target: Target) -> None:
    person, person_id = await target.person("person")
    victim, victim_id = await target.person("victim")
    path = f"/api/v1/operator/user/{victim_id}/suspension"
    for token in (None, person, victim):
        assert (await target.send("PUT", path, token, {"reason": "x"})).status in (401, 403)
        assert (await target.send("GET", "/api/v1/operator/suspensions", token)).status in (
            401,
            403,
        )
    own = f"/api/v1/operator/user/{person_id}/suspension"
    assert (await target.send("DELETE", own, person)).status in (401, 403)
    assert (await target.send("GET", "/api/v1/schedule", victim)).status == 200
