"""The profile `servers`: real Kafka and PostgreSQL, two processes for each service."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio

from launcher.rolling.processes import list_processes
from launcher.servers import kafka
from tests.cells.embedded import (
    PRACTIX,
    SEPARATE,
    RunningSystem,
    assert_guest_is_seen,
    confirm_guest,
    run_system,
)
from tests.cells.stream_reader import reading
from tests.compose.traffic import Traffic
from tests.conftest import unavailable
from tests.e2e.killed import announce_and_see, kill, wait_for_position
from tests.paths import API_DOCUMENT, ROOT
from tests.waiting import within


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSystem]:
    """One for all tests here: its start takes longer than they do."""
    if reason := kafka.why_unavailable():
        unavailable(reason)
    data = tmp_path_factory.mktemp("separate")
    async with run_system(data, **SEPARATE, PRACTIX_PROCESSES="2") as found:
        yield found
        boris = await found.token("boris")
        async with reading(found.session, f"{found.url}/api/v1/stream", boris) as stream:
            assert await found.stop() == 0
            assert (await stream.next())[:2] == ("end", {"reason": "shutting_down"})


@pytest.mark.asyncio(loop_scope="module")
async def test_the_same_works_in_separate_processes(system: RunningSystem, tmp_path: Path) -> None:
    traffic = tmp_path / "traffic.jsonl"
    lines = (ROOT / "demo" / "evening_rush.jsonl").read_text().splitlines()[:300]
    traffic.write_text("\n".join(lines))
    stream_url = f"{system.url}/api/v1/stream"
    async with reading(system.session, stream_url, await system.token("boris")) as stream:
        evening_id, boris, position = await confirm_guest(system)
        told = await stream.next()
        while (told.name, told.data.get("state")) != ("booking", "confirmed"):
            told = await stream.next()
        while told.name != "notice":
            told = await stream.next()
    seen = await system.get(f"/api/v1/announcement/{evening_id}?min_position={position}", boris)
    assert [guest["state"] for guest in seen["guest_list"]] == ["confirmed"]
    replay = await asyncio.to_thread(
        system.command, "demo", str(traffic), "--json", "--base-url", system.url
    )
    assert replay.returncode == 0, replay.stderr
    assert json.loads(replay.stdout.splitlines()[-1])["outcomes"]["confirmed"] > 10
    own_sql = ("ask", "--json", "--base-url", system.url, "--sql")
    answer = await asyncio.to_thread(system.command, *own_sql, "SELECT max(seq) FROM events")
    assert answer.returncode == 0, answer.stderr
    count_told = "SELECT count() AS told FROM notices WHERE state = 'sent'"
    async for _ in within():
        copied = await asyncio.to_thread(system.command, *own_sql, count_told)
        assert copied.returncode == 0, copied.stderr
        if json.loads(copied.stdout.splitlines()[-1])["rows"][0]["told"] > 10:
            break
    forbidden = "SELECT * FROM file('/etc/passwd', 'TSV', 'line String')"
    refused = await asyncio.to_thread(system.command, *own_sql, forbidden)
    assert (refused.returncode, "not for questions" in refused.stderr) == (1, True)
    assert await system.get("/api/openapi.json") == msgspec.json.decode(API_DOCUMENT.read_text())
    async for _ in within():  # Who has just lost its lock takes it again.
        ready = await system.get("/readyz", expect=None)
        roles = sorted(value for name, value in ready.items() if name.endswith(".role"))
        if roles == ["active", "active", "standby", "standby"]:
            break
    assert {name.split(".")[0] for name in ready} == {"ready", *list_processes(2)}


@pytest.mark.asyncio(loop_scope="module")
async def test_replacing_all_processes_loses_no_request(system: RunningSystem) -> None:
    traffic = Traffic(system.session, system.url)
    async with traffic.flowing():
        await traffic.progress()
        system.process.send_signal(signal.SIGUSR1)
        assert (await system.read_until("processes were replaced")).startswith("all")
        await traffic.progress()
    assert traffic.lost == []
    await traffic.demand_all_readable(await system.token("anna"))


@pytest.mark.asyncio(loop_scope="module")
async def test_the_journal_of_separate_processes_is_renewed(system: RunningSystem) -> None:
    evening_id, boris, position = await confirm_guest(system, in_days=5)
    before = await asyncio.to_thread(system.command, "verify", "--json")
    renewed = await asyncio.to_thread(system.command, "journal", "renew", "--json")
    assert renewed.returncode == 0, renewed.stderr
    print(renewed.stdout)
    await assert_guest_is_seen(system, evening_id, boris, position)
    later_id, _, later = await confirm_guest(system, in_days=7)
    await assert_guest_is_seen(system, later_id, boris, later)
    after = await asyncio.to_thread(system.command, "verify", "--json")
    assert (before.returncode, after.returncode) == (0, 0), after.stdout
    assert json.loads(after.stdout.splitlines()[-1])["dead_letters"] == 0


@pytest.mark.asyncio(loop_scope="module")
async def test_separate_processes_outlive_their_servers_and_are_started_again(
    system: RunningSystem,
) -> None:
    evening_id, boris, position = await confirm_guest(system, in_days=2)
    for words in ("kafka.Kafka", "bin/postgres -D", "-m projector", "-m command_api"):
        await kill(system, words)
        await wait_for_position(system, boris, position)
        await assert_guest_is_seen(system, evening_id, boris, position)
    await announce_and_see(system)


async def test_a_clock_that_kafka_does_not_have_is_refused(tmp_path: Path) -> None:
    environment = {
        "PRACTIX_DATA": str(tmp_path),
        "PRACTIX_PROFILE": "servers",
        "PRACTIX_CLOCK_OFFSET_S": "60",
    }
    status, _, errors = await practix(environment, "run")
    assert status == 1
    assert "PRACTIX_CLOCK_OFFSET_S works in the embedded profile only" in errors
    assert list(tmp_path.iterdir()) == []


async def test_local_servers_come_up_once_and_go_down(tmp_path: Path) -> None:
    environment = {"PRACTIX_DATA": str(tmp_path)}
    up = await practix(environment, "servers", "up", "--json")
    assert up[0] == 0, up[2]
    assert json.loads(up[1])["POSTGRES_DSN"].startswith("postgresql://")
    again = await practix(environment, "servers", "up")
    assert again[0] != 0
    assert "already" in again[2]
    down = await practix(environment, "servers", "down", "--json")
    assert json.loads(down[1]) == {"stopped": True}
    assert json.loads((await practix(environment, "servers", "down", "--json"))[1]) == {
        "stopped": False
    }


async def practix(environment: dict[str, str], *arguments: str) -> tuple[int, str, str]:
    """Exit status, output and errors of a verb."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *PRACTIX[1:],
        *arguments,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    return process.returncode or 0, output.decode(), errors.decode()
