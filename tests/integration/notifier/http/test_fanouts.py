"""Operators see the fan-outs that are stuck, revive them, and give them up."""

from datetime import timedelta

from tests.cells.stand_in import OPERATOR
from tests.histories.notifier_events import BEGIN, created, person, published
from tests.integration.notifier.http.served_notifier import NOTICES, ServedNotifier
from tests.waiting import eventually

FANOUTS = f"{NOTICES}/fanouts"


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


async def test_an_operator_gives_a_fan_out_up(cell: ServedNotifier) -> None:
    await cell.send("PUT", f"/neighbours/ugc/followers/{person('host')}/{person('fan')}")
    await cell.send("POST", "/neighbours/control/ugc", body={"down": True})
    await cell.tell()

    async def waits() -> bool:
        return bool(await cell.get(FANOUTS, OPERATOR))

    await cell.until(waits)
    (fanout,) = await cell.get(FANOUTS, OPERATOR)
    one = f"{FANOUTS}/{fanout['position']}/{fanout['event_index']}"
    assert (await cell.send("DELETE", one, cell.token("anna")))[0] == 401
    status, answer, _ = await cell.send("DELETE", f"{one}?dry_run=true", OPERATOR)
    assert (status, answer["state"], answer["reason"]) == (200, "dropped", "by_operator")
    assert (await cell.get(FANOUTS, OPERATOR))[0]["state"] == "waiting"
    for _ in range(2):  # The second one changes nothing, and is no act.
        status, answer, _ = await cell.send("DELETE", one, OPERATOR, {"by": "Olga"})
        assert (status, answer["state"], answer["reason"]) == (200, "dropped", "by_operator")
    (record,) = await cell.get(f"{NOTICES}/record", OPERATOR)
    assert (record["act"], record["by"]) == ("cancelled", "operator: Olga")
    assert (record["position"], record["event_index"]) == (
        fanout["position"],
        fanout["event_index"],
    )
    assert (record["before"]["state"], record["after"]["state"]) == ("waiting", "dropped")
    await cell.send("POST", "/neighbours/control/ugc", body={"down": False})
    body = {"due_at": BEGIN.isoformat()}
    assert (await cell.send("PUT", one, OPERATOR, body))[0] == 409
    assert (await cell.send("DELETE", f"{FANOUTS}/999/0", OPERATOR))[0] == 404


async def test_fan_outs_are_listed_page_after_page(cell: ServedNotifier) -> None:
    await cell.send("POST", "/neighbours/control/ugc", body={"down": True})
    for name in ("a", "b", "c", "d"):
        cell.history.tell(created(name), published(name))
    position = await cell.tell()
    await eventually(lambda: cell.service.position >= position)
    whole = await cell.get(FANOUTS, OPERATOR)
    assert len(whole) == 5
    found, path = [], f"{FANOUTS}?limit=2"
    while True:
        status, page, headers = await cell.send("GET", path, OPERATOR)
        assert (status, len(page) <= 2) == (200, True)
        found += page
        if "X-Next-Cursor" not in headers:
            break
        path = f"{FANOUTS}?limit=2&cursor={headers['X-Next-Cursor']}"
    places = [(one["position"], one["event_index"]) for one in found]
    assert places == [(one["position"], one["event_index"]) for one in whole]
    status, problem, _ = await cell.send("GET", f"{FANOUTS}?cursor=x", OPERATOR)
    assert (status, problem["code"]) == (422, "malformed_cursor")
