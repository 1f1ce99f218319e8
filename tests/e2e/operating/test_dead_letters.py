"""What an older build could not read follows once a newer one runs, as an operator lets it."""

import asyncio
import json
from pathlib import Path
from typing import Any, Final

from tests.cells.embedded import RunningSystem, confirm_guest, run_system
from tests.paths import ROOT
from tests.waiting import WITHIN_S

TITLE: Final = "Moved to the roof"
OLDER_BUILD: Final = '''
"""Python runs this before anything else: the readers do not know changes of announcements."""

from contracts.events.stored.codec import decode_event, read_fields
from notifier.planning import fold
from projector.read_models import intake


def decode(stored):
    if read_fields(stored).get("type") == "announcement.changed.v1":
        raise ValueError
    return decode_event(stored)


fold.decode_event = intake.decode_event = decode
'''
KINDS: Final = {"events": "dead-letters", "untold-events": "notices/dead-letters"}
LATER: Final = {"PRACTIX_CLOCK_OFFSET_S": "120"}
"""A change is told a minute after it was made."""


def list_parked(system: RunningSystem, of: str) -> list[dict[str, Any]]:
    listed = system.command("dead", "list", "--of", of, "--json")
    assert listed.returncode == 0, listed.stderr
    found: list[dict[str, Any]] = json.loads(listed.stdout)["dead_letters"]
    return found


async def test_an_operator_retries_what_an_older_build_could_not_read(tmp_path: Path) -> None:
    older, data = tmp_path / "older", tmp_path / "data"
    older.mkdir()
    (older / "sitecustomize.py").write_text(OLDER_BUILD)
    async with run_system(data, PYTHONPATH=f"{older}:{ROOT}") as system:
        evening_id, _, _ = await confirm_guest(system)
        anna = await system.token("anna")
        path = f"/api/v1/announcement/{evening_id}"
        _, position = await system.send("PUT", path, anna, {"title": TITLE})
        for letters in KINDS.values():
            parked = f"/api/v1/operator/{letters}?min_position={position}"
            assert await system.get(parked, system.operator_token)
        for of in KINDS:
            refused = system.command("dead", "retry", "--of", of)
            assert (refused.returncode, "left: " in refused.stdout) == (1, True), refused.stdout
    async with run_system(data, **LATER) as system:
        for of, done in (("events", "projected"), ("untold-events", "folded")):
            (letter,) = list_parked(system, of)
            assert (letter["key"], letter["position"]) == (evening_id, position)
            shown = system.command("dead", "show", letter["id"], "--of", of, "--json")
            (event,) = json.loads(shown.stdout)["events"]
            assert len(event["request_id"]) == 32
            counted = system.command("dead", "retry", "--of", of, "--dry-run")
            assert f"1 of 1 would be {done}" in counted.stdout, counted.stderr
            retried = system.command("dead", "retry", "--of", of)
            assert (retried.returncode, f"1 {done}" in retried.stdout) == (0, True), retried.stdout
            assert list_parked(system, of) == []
        boris = await system.token("boris")
        seen = await system.get(f"/api/v1/announcement/{evening_id}", boris)
        assert seen["title"] == TITLE
        async with asyncio.timeout(WITHIN_S):
            while True:
                told = await system.get("/api/v1/notifications", boris)
                if [one["state"] for one in told if one["kind"] == "announce_put"] == ["sent"]:
                    break
                await asyncio.sleep(0.1)
        assert system.command("verify").returncode == 0
        acts = json.loads(system.command("acts", "--json").stdout)["acts"]
        retries = [one["subject"] for one in acts if one["act"] == "dead_letters_retried"]
        assert sorted(retries) == sorted([letter["id"], f"event {letter['id']}"] * 2)
