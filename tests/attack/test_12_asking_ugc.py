"""A slow UGC does not betray that an evening for followers exists."""

import asyncio
from uuid import uuid4

from tests.attack.target import Received, Target

DELAY_S = 0.3
ROUTES = [
    ("POST", "/api/v1/booking/{}"),
    ("POST", "/api/v1/booking/{}?dry_run=true"),
    ("GET", "/api/v1/announcement/{}/eligibility"),
    ("GET", "/api/v1/announcement/{}"),
    ("GET", "/api/v1/announcement/{}/bookings"),
]


async def timed(target: Target, method: str, path: str) -> tuple[Received, float]:
    """By somebody new: nothing about them is in a cache."""
    stranger, _ = await target.person(uuid4().hex[:8])
    loop = asyncio.get_running_loop()
    started_at = loop.time()
    return await target.send(method, path, stranger), loop.time() - started_at


async def test_hidden_and_absent_ask_the_same_question(target: Target) -> None:
    """Both wait for UGC, so a lower bound shows it, however busy the machine is."""
    host, _ = await target.person("host")
    hidden = [
        (await target.evening(host, sub_only=True)).json["id"],
        (await target.evening(host, visibility="invite", publish=False)).json["id"],
        str(uuid4()),
    ]
    switch = "/neighbours/control/ugc"
    await target.operator("POST", switch, {"down": False, "delay_ms": int(DELAY_S * 1000)})
    try:
        for announcement_id in hidden:
            routes = [(method, path.format(announcement_id)) for method, path in ROUTES]
            found = await asyncio.gather(*(timed(target, *route) for route in routes))
            for route, (received, seconds) in zip(routes, found, strict=True):
                assert received.status == 404
                assert seconds >= DELAY_S, route
    finally:
        await target.operator("POST", switch, {"down": False, "delay_ms": 0})
