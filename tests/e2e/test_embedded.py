"""`practix run` as a newcomer has it: the README's tour, a kill, a restart, a demo."""

import asyncio
import json
import re
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from tests.cells.embedded import (
    START_S_MAX,
    RunningSystem,
    assert_guest_is_seen,
    confirm_guest,
    run_system,
)
from tests.paths import API_DOCUMENT, ROOT
from tests.waiting import WITHIN_S, within


async def test_the_tour_survives_a_kill_and_a_restart(tmp_path: Path) -> None:
    async with run_system(tmp_path) as system:
        evening_id, boris, position = await confirm_guest(system)
        await assert_guest_is_seen(system, evening_id, boris, position)
        assert await system.stop(signal.SIGKILL) == -signal.SIGKILL
    async with run_system(tmp_path) as system:
        await assert_guest_is_seen(system, evening_id, boris, position)
        kept = await verify(system, "--keep")
        assert kept["kept"]
        assert await system.stop() == 0
        offline = await verify(system, "--offline", "--from", str(kept["position"]))
        assert offline["scores_in_history"] is not None
        assert offline["from"] == kept["position"]


async def verify(system: RunningSystem, *options: str) -> dict[str, Any]:
    """Return the result of `practix verify`, which must be right."""
    done = await asyncio.to_thread(system.command, "verify", "--json", *options)
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


async def test_readiness_tells_of_every_part_and_of_the_services_around_us(tmp_path: Path) -> None:
    async with run_system(tmp_path) as system:
        await system.send("POST", "/neighbours/control/ugc", body={"down": True})
        readiness = await system.get("/readyz")
    assert readiness["ready"] is True
    assert readiness["circuits"] == {
        "auth": "closed",
        "movies": "closed",
        "ugc": "open",
        "notification": "closed",
        "shortener": "closed",
    }
    assert {name.split(".")[0] for name in readiness} == {
        "ready",
        "circuits",
        "command_api",
        "query_api",
        "projector",
        "history",
        "analysts",
        "notifier",
    }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSystem]:
    """For the tests that leave it as it is."""
    async with run_system(tmp_path_factory.mktemp("shared")) as found:
        yield found
        assert await found.stop(signal.SIGINT) == 0


@pytest.mark.asyncio(loop_scope="module")
async def test_a_second_start_on_the_same_data_is_refused(system: RunningSystem) -> None:
    second = await asyncio.to_thread(system.command, "run")
    assert second.returncode != 0
    assert "already running" in second.stderr


@pytest.mark.asyncio(loop_scope="module")
async def test_a_demo_is_replayed_and_verified(system: RunningSystem, tmp_path: Path) -> None:
    traffic = tmp_path / "traffic.jsonl"
    lines = (ROOT / "demo" / "evening_rush.jsonl").read_text().splitlines()[:400]
    traffic.write_text("\n".join([*lines, "not json", '{"at_ms": 1, "kind": "request"}']))
    replay = await asyncio.to_thread(
        system.command, "demo", str(traffic), "--json", "--base-url", system.url
    )
    assert replay.returncode == 0, replay.stderr
    summary = json.loads(replay.stdout.splitlines()[-1])
    assert summary["verify"]["ok"]
    assert summary["verify"]["scores_in_history"] is not None
    assert (summary["lines"], summary["malformed"]) == (402, 2)
    assert summary["outcomes"]["confirmed"] > 20
    assert summary["outcomes"]["overlap"] > 0


@pytest.mark.asyncio(loop_scope="module")
async def test_a_word_to_all_guests_is_tried_told_and_listed(system: RunningSystem) -> None:
    evening_id, boris, begun = await confirm_guest(system, in_days=9)
    anna = await system.token("anna")
    path = f"/api/v1/announcement/{evening_id}/broadcasts"
    word = {"text": "Ring twice", "to": ["confirmed"]}
    tried, _ = await system.send("POST", f"{path}?dry_run=true", anna, word, expect=201)
    seen = f"{path}?min_position={begun}"
    assert (tried["reaches"], await system.get(seen, anna)) == (1, [])
    (told,) = tried["would_tell"]
    assert (told["name"], told["kind"]) == ("Boris", "host_message")
    await system.send("GET", seen, boris, expect=403)
    planned, _ = await system.send("POST", path, anna, word | {"before_start_min": 60}, expect=201)
    changed = {"text": "Ring thrice"}
    await system.send("PUT", f"{path}/{planned['broadcast_id']}", anna, changed)
    sent, position = await system.send("POST", path, anna, word, expect=201)
    newest, oldest = await system.get(f"{path}?min_position={position}", anna)
    assert newest == sent
    assert (oldest["text"], oldest["due_at"], oldest["reaches"]) == (
        "Ring thrice",
        planned["due_at"],
        1,
    )
    cancelled, _ = await system.send("DELETE", f"{path}/{planned['broadcast_id']}", anna)
    assert (cancelled["state"], cancelled["due_at"]) == ("cancelled", None)
    inbox = f"/neighbours/notification/inbox/{await user_id(system, 'boris')}"
    async with asyncio.timeout(WITHIN_S):
        while "host_message" not in {one["event_type"] for one in await system.get(inbox, boris)}:
            await asyncio.sleep(0.1)


async def user_id(system: RunningSystem, login: str) -> str:
    body, _ = await system.send("POST", "/neighbours/auth/token", body={"login": login})
    found: str = body["user_id"]
    return found


async def test_whoever_is_let_in_again_may_write_before_the_tables_know(tmp_path: Path) -> None:
    reads = ("/api/v1/schedule", "/api/v1/notifications")
    async with run_system(tmp_path) as system:
        vera, vera_id = await system.token("vera"), await user_id(system, "vera")
        shared, path = system.operator_token, f"/api/v1/operator/user/{vera_id}/suspension"
        await system.send("PUT", path, shared, {"reason": "spam"})
        mute = f"/api/v1/user/{await user_id(system, 'anna')}/mute"
        for address in reads:
            async for _ in within():
                answer = await system.get(address, vera, expect=None)
                if isinstance(answer, dict) and answer["code"] == "suspended":
                    break
    async with run_system(tmp_path) as system:  # All services know of it from the start.
        for method, address in (("PUT", mute), *(("GET", read) for read in reads)):
            refused, _ = await system.send(method, address, vera, expect=403)
            assert refused["code"] == "suspended", address
        await system.send("DELETE", path, shared)
        await system.send("PUT", mute, vera)


async def test_an_evening_is_over_on_a_later_clock_which_cannot_be_turned_back(
    tmp_path: Path,
) -> None:
    async with run_system(tmp_path) as system:
        evening_id, boris, _ = await confirm_guest(system)
    two_days = str(2 * 24 * 3600)
    async with run_system(tmp_path, PRACTIX_CLOCK_OFFSET_S=two_days) as system:
        boris = await system.token("boris")
        async with asyncio.timeout(WITHIN_S):
            path = f"/api/v1/announcement/{evening_id}"
            while (await system.get(path, boris))["status"] != "Done":
                await asyncio.sleep(0.1)
    async with aiohttp.ClientSession() as session:
        back = RunningSystem(tmp_path, session)
        try:
            assert await back.read_until("PRACTIX_CLOCK_OFFSET_S", START_S_MAX)
            assert await asyncio.to_thread(back.process.wait, START_S_MAX) != 0
        finally:
            await back.close()


def operations_of(document: dict[str, Any]) -> set[tuple[str, str]]:
    return {(path, method) for path, of in document["paths"].items() for method in of}


@pytest.mark.asyncio(loop_scope="module")
async def test_the_document_shows_reads_and_writes(system: RunningSystem) -> None:
    document = await system.get("/api/openapi.json")
    published = json.loads(API_DOCUMENT.read_text())
    assert operations_of(document) == operations_of(published)
    assert document["components"] == published["components"]
    assert {"get", "put", "delete"} <= set(
        document["paths"]["/api/v1/announcement/{announcement_id}"]
    )
    assert "DetailAnnouncementResponse" in document["components"]["schemas"]
    for path, operations in document["paths"].items():
        for operation in operations.values():
            declared = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
            assert declared == set(re.findall(r"{(\w+)}", path)), path
    assert await system.get("/healthz") == {"status": "alive"}
