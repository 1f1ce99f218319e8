"""Operators see the fan-outs that are stuck, and revive them."""

from datetime import timedelta

from tests.cells.stand_in import OPERATOR
from tests.histories.notifier_events import BEGIN, person
from tests.integration.notifier.http.served_notifier import ServedNotifier


async def test_an_operator_revives_a_fan_out_that_ugc_never_answered(cell: ServedNotifier) -> None:
    follow = f"/neighbours/ugc/followers/{person('host')}/{person('anna')}"
    await cell.send("PUT", follow)
    await cell.send("POST", "/neighbours/control/ugc", body={"down": True})
    await cell.tell()
    path = "/api/v1/operator/notices/fanouts"

    async def parked() -> bool:
        cell.now += timedelta(hours=1)
        return len(await cell.get(f"{path}?state=parked", OPERATOR)) == 1

    await cell.until(parked)
    (fanout,) = await cell.get(path, OPERATOR)
    assert (fanout["author_id"], fanout["reason"]) == (person("host"), "too_late")
    await cell.send("POST", "/neighbours/control/ugc", body={"down": False})
    one = f"{path}/{fanout['position']}/{fanout['event_index']}"
    body = {"due_at": BEGIN.isoformat()}
    assert (await cell.send("PUT", one, None, body))[0] == 401
    status, answer, _ = await cell.send("PUT", one, OPERATOR, body)
    assert (status, answer["state"]) == (200, "waiting")

    async def told() -> bool:
        cell.now += timedelta(seconds=1)  # The circuit to UGC may still be open.
        return "announce_new" in {one["event_type"] for one in await cell.inbox("anna")}

    await cell.until(told)
    status, answer, _ = await cell.send("PUT", one, OPERATOR, body)
    assert (status, answer["code"], answer["state"]) == (409, "notice_not_waiting", "done")
    for unknown in ("999/0", f"999/{2**31}", f"{10**18}/0"):
        assert (await cell.send("PUT", f"{path}/{unknown}", OPERATOR, body))[0] == 404
    assert (await cell.send("GET", f"{path}?state=new", OPERATOR))[0] == 422
