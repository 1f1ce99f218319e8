"""Muting a host and shutting a person out, over HTTP."""

import asyncio

import msgspec
import pytest

from contracts.values.ids import PersonId
from runtime.auth.suspensions import POLL_S, SuspensionWatch
from runtime.postgres.pools import open_pool
from tests.cells.command_cell import (
    OPERATOR_TOKEN,
    CommandCell,
    evening,
)
from tests.waiting import WITHIN_S


@pytest.mark.usefixtures("with_history")
async def test_a_mute_is_the_persons_own_secret(cell: CommandCell) -> None:
    host, host_id = await cell.person("host")
    anna, anna_id = await cell.person("anna")
    _, boris_id = await cell.person("boris")
    announced = await cell.do("POST", f"/announcement/{cell.movie_id}", host, evening())
    path = f"/announcement/{announced.body['id']}"
    muted = await cell.do("PUT", f"/user/{host_id}/mute", anna)
    assert muted.body == {"user_id": host_id, "muted": True}
    again = await cell.do("PUT", f"/user/{host_id}/mute", anna)
    assert again.body == muted.body
    at = f"min_position={again.position}"
    (line,) = (await cell.send("GET", f"/api/v1/mutes?{at}", anna)).body
    assert (line["user_id"], line["name"]) == (host_id, "Host")
    assert (await cell.send("GET", f"/api/v1/mutes?{at}", host)).body == []
    assert (await cell.send("GET", f"/api/v1/why/{muted.position}?{at}", host)).status == 404

    await cell.do("PUT", f"/operator/user/{boris_id}/suspension", OPERATOR_TOKEN, {"reason": "x"})
    guests = {"guest_ids": [anna_id, boris_id]}
    sent = await cell.do("POST", f"{path}/invites", host, guests)
    assert [one["code"] for one in sent.body["results"]] == ["not_invitable", "not_invitable"]
    assert {tuple(one) for one in sent.body["results"]} == {("guest_id", "code", "detail")}
    assert len({one["detail"] for one in sent.body["results"]}) == 1
    trail = await cell.send("GET", f"/api/v1/history{path}?min_position={sent.position}", host)
    assert anna_id not in msgspec.json.encode(trail.body).decode()

    unmuted = await cell.do("DELETE", f"/user/{host_id}/mute", anna)
    assert unmuted.body == {"user_id": host_id, "muted": False}
    position = unmuted.position
    assert (await cell.send("GET", f"/api/v1/mutes?min_position={position}", anna)).body == []
    sent = await cell.do("POST", f"{path}/invites", host, {"guest_ids": [anna_id]})
    assert [one["code"] for one in sent.body["results"]] == ["invited"]


async def test_what_mutes_refuse(cell: CommandCell) -> None:
    _, host_id = await cell.person("host")
    anna, anna_id = await cell.person("anna")
    mine = await cell.send("PUT", f"/api/v1/user/{anna_id}/mute", anna)
    assert (mine.status, mine.code) == (409, "mute_of_oneself")
    assert (await cell.send("PUT", "/api/v1/user/me/mute", anna)).status == 404
    assert (await cell.send("PUT", f"/api/v1/user/{host_id}/mute")).status == 401
    tried = await cell.do("PUT", f"/user/{host_id}/mute?dry_run=true", anna)
    assert tried.body["muted"] is True
    assert (await cell.send("GET", "/api/v1/mutes", anna)).body == []


async def test_a_suspended_person_is_refused_everywhere_and_let_in_again(
    cell: CommandCell,
) -> None:
    anna, anna_id = await cell.person("anna")
    path = f"/operator/user/{anna_id}/suspension"
    feed = (await cell.send("GET", "/api/v1/schedule/feed", anna)).body["url"]
    body = {"reason": "spam", "by": "Olga"}
    shut = await cell.do("PUT", path, OPERATOR_TOKEN, body)
    assert shut.body["suspended"] is True
    assert (shut.body["reason"], shut.body["by"]) == ("spam", "operator: Olga")
    (commit,) = [one for one in await cell.commits() if one.command.kind == "person.suspend"]
    assert commit.command.actor == "operator"
    for method, address in (
        ("POST", f"/api/v1/announcement/{cell.movie_id}"),
        ("PUT", f"/api/v1/user/{anna_id}/mute"),
    ):
        refused = await cell.send(method, address, anna)
        assert (refused.status, refused.code) == (403, "suspended"), address
    for address in ("/api/v1/schedule", "/api/v1/announcements", feed):
        token = None if address == feed else anna
        async with asyncio.timeout(WITHIN_S):
            while (refused := await cell.send("GET", address, token)).status != 403:
                await asyncio.sleep(POLL_S)
        assert refused.code == "suspended", address
    (line,) = (await cell.send("GET", "/api/v1/operator/suspensions", OPERATOR_TOKEN)).body
    assert (line["user_id"], line["reason"], line["by"]) == (anna_id, "spam", "operator: Olga")
    assert line["since"] is not None

    back = await cell.do("DELETE", path, OPERATOR_TOKEN, {"by": "Olga"})
    assert back.body["suspended"] is False
    assert (await cell.send("GET", "/api/v1/operator/suspensions", OPERATOR_TOKEN)).body == []
    async with asyncio.timeout(WITHIN_S):
        while (await cell.send("GET", "/api/v1/schedule", anna)).status != 200:
            await asyncio.sleep(POLL_S)


async def test_only_an_operator_shuts_out(cell: CommandCell) -> None:
    anna, anna_id = await cell.person("anna")
    root, _ = await cell.person("root", is_super=True)
    path = f"/api/v1/operator/user/{anna_id}/suspension"
    for token in (None, anna, root):
        assert (await cell.send("PUT", path, token, {"reason": "x"})).status in (401, 403)
        assert (await cell.send("DELETE", path, token)).status in (401, 403)
        assert (await cell.send("GET", "/api/v1/operator/suspensions", token)).status in (401, 403)
    assert (await cell.send("PUT", path, OPERATOR_TOKEN, {})).status == 422


async def test_a_process_learns_of_a_suspension_from_the_tables(postgres_dsn: str) -> None:
    pool = await open_pool(postgres_dsn)
    anna = PersonId("a0000000-0000-4000-8000-000000000001")
    watch = SuspensionWatch(pool, "SELECT person_id FROM read_model.suspensions WHERE suspended")
    assert not watch.known
    await watch.look()
    assert not watch(anna)
    await pool.execute(
        "INSERT INTO read_model.suspensions VALUES ($1, true, 'spam', NULL, now())", anna
    )
    await watch.look()
    assert watch(anna)
    await pool.close()
    await watch.look()
    assert watch(anna), "while the tables are away, what they said last holds"
