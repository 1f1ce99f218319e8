"""The journal of an embedded system is renewed, also over a kill in the middle."""

import asyncio
import json
import signal
from pathlib import Path

import pytest

from tests.cells.embedded import (
    RunningSystem,
    assert_guest_is_seen,
    confirm_guest,
    evening,
    run_system,
)
from tests.waiting import WITHIN_S


async def renew(system: RunningSystem) -> dict[str, object]:
    renewed = await asyncio.to_thread(system.command, "journal", "renew", "--json")
    assert renewed.returncode == 0, renewed.stderr
    answer: dict[str, object] = json.loads(renewed.stdout.splitlines()[-1])
    return answer


async def verify(system: RunningSystem) -> dict[str, object]:
    verified = await asyncio.to_thread(system.command, "verify", "--json")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    result: dict[str, object] = json.loads(verified.stdout.splitlines()[-1])
    return result


async def test_reads_and_writes_go_on_in_a_renewed_journal(tmp_path: Path) -> None:
    async with run_system(tmp_path) as system:
        evening_id, boris, position = await confirm_guest(system)
        renewed = await renew(system)
        assert renewed["generation"] != 1
        await assert_guest_is_seen(system, evening_id, boris, position)
        later_id, _, later = await confirm_guest(system, in_days=3)
        assert later > position
        await assert_guest_is_seen(system, later_id, boris, later)
        await verify(system)
        again = await renew(system)
        assert again["generation"] != renewed["generation"]
        await verify(system)
        logs = [path.name for path in tmp_path.glob("journal*.sqlite")]
        assert logs == [f"journal.r{again['generation']}.sqlite"]
    async with run_system(tmp_path) as system:
        await assert_guest_is_seen(system, later_id, boris, later)
        assert await system.stop() == 0
        offline = await asyncio.to_thread(system.command, "verify", "--offline", "--json")
        assert offline.returncode == 0, offline.stderr


async def test_what_an_erased_person_wrote_leaves_the_journal_with_the_next_renewal(
    tmp_path: Path,
) -> None:
    async with run_system(tmp_path) as system:
        anna, boris = await system.token("anna"), await system.token("boris")
        path = f"/api/v1/announcement/{await system.film()}"
        for token, canary in ((anna, "kanarienvogel"), (boris, "rotkehlchen")):
            body = evening(description=f"about {canary}", event_location=f"at {canary}")
            await system.send("POST", path, token, body, expect=201)
        anna_id = (await system.get("/api/v1/my/erasure", anna))["user_id"]
        erasure = f"/api/v1/operator/user/{anna_id}/erasure"
        await system.send("PUT", erasure, system.operator_token, {"at_once": True})
        async with asyncio.timeout(WITHIN_S):
            while (await system.get("/api/v1/my/erasure", anna))["state"] != "erased":
                await asyncio.sleep(0.1)
        assert find_in_journal(tmp_path, "kanarienvogel")
        before = await verify(system)
        await renew(system)
        after = await verify(system)
        assert not find_in_journal(tmp_path, "kanarienvogel")
        assert find_in_journal(tmp_path, "rotkehlchen")
        assert after["dead_letters"] == 0
        assert before["seat_ledger"] == after["seat_ledger"]
        assert before["changed"] == {"erased": 0, "format": 0}
        assert isinstance(after["changed"], dict)
        assert after["changed"]["erased"] == 1  # Her name and her evening are in one record.


def find_in_journal(data: Path, text: str) -> list[str]:
    """Return the files of the journal, its write-ahead log included, that hold the text."""
    files = data.glob("journal*")
    return [path.name for path in files if text.encode() in path.read_bytes()]


@pytest.mark.parametrize("after_s", [0.0, 0.05, 0.2])
async def test_a_kill_in_the_middle_loses_nothing(tmp_path: Path, after_s: float) -> None:
    async with run_system(tmp_path) as system:
        evening_id, boris, position = await confirm_guest(system)
        path = "/api/v1/operator/journal/renewal"
        await system.send("POST", path, system.operator_token, {}, expect=202)
        await asyncio.sleep(after_s)
        assert await system.stop(signal.SIGKILL) == -signal.SIGKILL
    async with run_system(tmp_path) as system:
        await assert_guest_is_seen(system, evening_id, boris, position)
        later_id, _, later = await confirm_guest(system, in_days=3)
        await assert_guest_is_seen(system, later_id, boris, later)
        await renew(system)
        await verify(system)
