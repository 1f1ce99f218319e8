"""`practix dead --of notices` and `--of fan-outs` against a served notifier."""

from datetime import timedelta

from tests.histories.notifier_events import person
from tests.integration.notifier.http.dead_verb import dead_of, parked
from tests.integration.notifier.http.served_notifier import ServedNotifier


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
