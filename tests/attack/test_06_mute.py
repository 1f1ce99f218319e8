"""A muted author looks for the mute, and the guest is left in peace."""

import asyncio

from tests.attack.target import Target
from tests.waiting import WITHIN_S


async def test_a_muted_host_learns_nothing_and_reaches_nobody(target: Target) -> None:
    host, host_id = await target.person("host")
    guest, guest_id = await target.person("guest")
    _, shut_out_id = await target.person("shut-out")
    fan, fan_id = await target.person("fan")
    for who, token in ((guest_id, guest), (fan_id, fan)):
        path = f"/neighbours/ugc/followers/{host_id}/{who}"
        await target.send("PUT", path, token)
    muted = await target.send("PUT", f"/api/v1/user/{host_id}/mute", guest)
    assert muted.json == {"user_id": host_id, "muted": True}
    path = f"/api/v1/operator/user/{shut_out_id}/suspension"
    assert (await target.operator("PUT", path, {"reason": "attack"})).status == 200

    evening = (await target.evening(host, invite=[guest_id])).json["id"]
    path = f"/api/v1/announcement/{evening}/invites"
    sent = await target.send("POST", path, host, {"guest_ids": [guest_id, shut_out_id]})
    ours, theirs = (dict(one) for one in sent.json["results"])
    assert (ours.pop("guest_id"), theirs.pop("guest_id")) == (guest_id, shut_out_id)
    assert ours == theirs, "a mute looks like a suspension"
    at = f"min_position={sent.position}"
    for looked_at in (
        f"/api/v1/why/{muted.position}?{at}",
        f"/api/v1/history/announcement/{evening}?{at}",
        f"/api/v1/announcement/{evening}?{at}",
        f"/api/v1/announcement/{evening}/bookings?{at}",
        f"/api/v1/mutes?{at}",
        f"/api/v1/notifications?{at}",
    ):
        body = (await target.send("GET", looked_at, host)).body.decode()
        assert guest_id not in body, looked_at

    # Once the fan has heard of the evening, the one who muted the host would have, too.
    async with asyncio.timeout(WITHIN_S):
        while not (await target.send("GET", "/api/v1/notifications?state=sent", fan)).json:
            await asyncio.sleep(0.05)
        while (notices := (await target.send("GET", "/api/v1/notifications", guest)).json) and any(
            one["state"] == "waiting" for one in notices
        ):
            await asyncio.sleep(0.05)
    assert [one for one in notices if one["state"] == "sent"] == []
    await target.operator("DELETE", f"/api/v1/operator/user/{shut_out_id}/suspension")
