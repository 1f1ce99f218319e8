"""`practix dead --of notices` and `--of fan-outs` against a served notifier, and requests for what
is parked. What is not parked is left alone."""

from datetime import timedelta
from typing import Any

from tests.cells.stand_in import OPERATOR
from tests.histories.notifier_events import BEGIN, announcement, created, person, published
from tests.integration.notifier.http.dead_verb import dead_of, parked
from tests.integration.notifier.http.served_notifier import NOTICES, ServedNotifier

FANOUTS = f"{NOTICES}/fanouts"
PUBLICATIONS = f"{NOTICES}/publications"
PARKED = {"only": "parked"}
DUE = {"due_at": BEGIN.isoformat(), **PARKED}


async def test_parked_fan_outs_and_notices_are_listed_counted_and_retried(
    cell: ServedNotifier,
) -> None:
    await cell.send("PUT", f"/neighbours/ugc/followers/{person('host')}/{person('anna')}")
    for service in ("ugc", "notification"):
        await cell.send("POST", f"/neighbours/control/{service}", body={"down": True})
    await cell.tell()
    dead = dead_of(cell)

    async def both_parked() -> bool:
        cell.now += timedelta(hours=6)
        return bool(await parked(dead, "notices")) and bool(await parked(dead, "fan-outs"))

    await cell.until(both_parked)
    for service in ("ugc", "notification"):
        await cell.send("POST", f"/neighbours/control/{service}", body={"down": False})
    for of in ("fan-outs", "notices"):
        before = await parked(dead, of)
        counted = await dead("retry", "--of", of, "--dry-run")
        assert f"{len(before)} of {len(before)} {of} would be" in counted.stdout, counted.output
        assert await parked(dead, of) == before

    (first, *_) = await parked(dead, "notices")
    dropped = await dead("drop", first["id"], "--of", "notices", "--by", "Olga")
    assert dropped.exit_code == 0, dropped.output
    assert first["id"] not in {one["id"] for one in await parked(dead, "notices")}
    fanouts = await parked(dead, "fan-outs")
    tried = await dead("drop", fanouts[0]["id"], "--of", "fan-outs", "--dry-run")
    assert "would drop announcement.published.v1" in tried.stdout, tried.output
    assert await parked(dead, "fan-outs") == fanouts
    for of in ("fan-outs", "notices"):
        retried = await dead("retry", "--of", of)
        assert retried.exit_code == 0, retried.output
        assert await parked(dead, of) == []
    assert "no id" in (await dead("drop", "x", "--of", "notices")).output
    for text in ("x-1", "1-outcome", "01-0", f"{10**30}-0"):
        refused = await dead("drop", text, "--of", "fan-outs")
        assert "is no id of a fan-out" in refused.output, refused.output


async def test_a_parked_fan_out_is_given_up(cell: ServedNotifier) -> None:
    await cell.send("POST", "/neighbours/control/ugc", body={"down": True})
    await cell.tell()
    dead = dead_of(cell)

    async def is_parked() -> bool:
        cell.now += timedelta(hours=6)
        return bool(await parked(dead, "fan-outs"))

    await cell.until(is_parked)
    (fanout,) = await parked(dead, "fan-outs")
    dropped = await dead("drop", fanout["id"], "--of", "fan-outs", "--by", "Olga")
    assert dropped.exit_code == 0, dropped.output
    assert await parked(dead, "fan-outs") == []


async def waiting_notice(cell: ServedNotifier) -> dict[str, Any]:
    """Write a notice that is to be sent tomorrow."""
    later = (cell.now + timedelta(days=1)).isoformat()
    written = {"recipient": person("anna"), "text": "See you.", "due_at": later}
    await cell.settled("anna")
    status, notice, _ = await cell.send("POST", NOTICES, OPERATOR, written)
    assert (status, notice["state"]) == (201, "waiting")
    found: dict[str, Any] = notice
    return found


async def waiting_fanout(cell: ServedNotifier) -> dict[str, Any]:
    await cell.send("POST", "/neighbours/control/ugc", body={"down": True})
    await cell.tell()

    async def waits() -> bool:
        return bool(await cell.get(FANOUTS, OPERATOR))

    await cell.until(waits)
    (fanout,) = await cell.get(FANOUTS, OPERATOR)
    assert fanout["state"] == "waiting"
    found: dict[str, Any] = fanout
    return found


async def test_the_verbs_leave_alone_what_waits(cell: ServedNotifier) -> None:
    fanout, notice = await waiting_fanout(cell), await waiting_notice(cell)
    path = f"{NOTICES}/{notice['id']}"
    names = {
        "notices": str(notice["id"]),
        "fan-outs": f"{fanout['position']}-{fanout['event_index']}",
    }
    for of, name in names.items():
        for words in (("retry",), ("drop", "--by", "Olga"), ("drop", "--dry-run")):
            refused = await dead_of(cell)(*words, name, "--of", of)
            assert refused.exit_code == 1, refused.output
            assert "409: It is not parked." in refused.output, refused.output
    assert await cell.get(path, OPERATOR) == notice
    assert (await cell.get(FANOUTS, OPERATOR))[0]["state"] == "waiting"
    acts = [one["act"] for one in await cell.get(f"{NOTICES}/record", OPERATOR)]
    assert acts == ["created"]


async def test_a_request_for_what_is_parked_changes_nothing_else(cell: ServedNotifier) -> None:
    notice = await waiting_notice(cell)
    path = f"{NOTICES}/{notice['id']}"
    for method, body in (("PUT", DUE), ("DELETE", PARKED)):
        status, answer, _ = await cell.send(method, path, OPERATOR, body)
        assert (status, answer["code"], answer["state"]) == (409, "not_parked", "waiting")
    for action in ({"action": "cancel", **PARKED}, {"action": "reschedule", **DUE}):
        bulk = {"ids": [notice["id"]], **action}
        status, answer, _ = await cell.send("POST", f"{NOTICES}/bulk", OPERATOR, bulk)
        assert (status, answer["done"], answer["results"][0]["state"]) == (200, 0, "waiting")
    for wrong in ({"action": "approve", **PARKED}, {"action": "cancel", "only": "waiting"}):
        bulk = {"ids": [notice["id"]], **wrong}
        assert (await cell.send("POST", f"{NOTICES}/bulk", OPERATOR, bulk))[0] == 422
    assert await cell.get(path, OPERATOR) == notice
    assert (await cell.send("DELETE", path, OPERATOR))[0] == 200
    status, answer, _ = await cell.send("DELETE", path, OPERATOR, PARKED)
    assert (status, answer["code"], answer["state"]) == (409, "not_parked", "cancelled")


async def test_a_publication_is_retried_only_if_it_is_parked(cell: ServedNotifier) -> None:
    cell.history.tell(created("film", publish_to=("club",)), published("film"))
    await cell.tell()

    async def is_parked() -> bool:
        return bool(await cell.get(f"{PUBLICATIONS}?state=parked", OPERATOR))

    await cell.until(is_parked)
    path = f"{PUBLICATIONS}/{announcement('film')}/club"
    later = {"due_at": (cell.now + timedelta(days=1)).isoformat(), **PARKED}
    status, answer, _ = await cell.send("PUT", path, OPERATOR, later)
    assert (status, answer["state"]) == (200, "waiting")
    status, answer, _ = await cell.send("PUT", path, OPERATOR, DUE)
    assert (status, answer["code"], answer["state"]) == (409, "not_parked", "waiting")
