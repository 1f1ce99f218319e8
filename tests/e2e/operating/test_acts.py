"""What operators do is recorded with their names, and can be read."""

import asyncio
from pathlib import Path
from typing import Any, Final

import msgspec

from tests.cells.embedded import RunningSystem, evening, run_system
from tests.waiting import WITHIN_S

ANNA: Final = "the token of Anna, an operator of the tests"
BORIS: Final = "the token of Boris, an operator of the tests"
TOKENS: Final = {
    "PRACTIX_OPERATOR_TOKENS__ANNA": ANNA,
    "PRACTIX_OPERATOR_TOKENS__boris": BORIS,
}
ACTS: Final = "/api/v1/operator/acts"
RENEWAL: Final = "/api/v1/operator/journal/renewal"
CANARY: Final = "Kanarienvogel"


async def moderate(system: RunningSystem) -> int:
    """Do one act of each kind. Returns the position of the last one in the journal."""
    host, guest = await system.token("anna"), await system.token("boris")
    body = evening(title=CANARY)
    film = f"/api/v1/announcement/{await system.film()}"
    created, position = await system.send("POST", film, host, body, expect=201)
    report = {"kind": "evening", "id": created["id"], "reason": CANARY}
    reported, _ = await system.send("POST", "/api/v1/report", guest, report, expect=201)
    hidden = f"/api/v1/operator/reports/{reported['report_id']}/hidden"
    await system.send("PUT", hidden, BORIS, {"reason": CANARY})
    answer = f"/api/v1/operator/reports/{reported['report_id']}/answer"
    await system.send("PUT", answer, ANNA, {"text": CANARY, "by": "Somebody"})
    person = f"/api/v1/operator/user/{created['author_id']}"
    await system.send("PUT", f"{person}/suspension", ANNA, {"reason": CANARY})
    shared = system.operator_token
    await system.send("DELETE", f"{person}/suspension", shared, {"by": "anna"})
    _, position = await system.send("PUT", f"{person}/erasure", shared, {})
    notice = {"recipient": created["author_id"], "text": CANARY}
    await system.send("POST", "/api/v1/operator/notices", BORIS, notice, expect=201)
    await renew(system)
    assert system.command("rebuild").returncode == 0
    return position


async def renew(system: RunningSystem) -> None:
    """Have Anna renew the journal, and wait until that is done."""
    await system.send("POST", RENEWAL, ANNA, {}, expect=202)
    async with asyncio.timeout(WITHIN_S):
        while (await system.get(RENEWAL, ANNA))["phase"] != "done":
            await asyncio.sleep(0.1)
        while (await list_acts(system, 1))[0]["act"] != "journal.renewal_ended":
            await asyncio.sleep(0.1)


async def list_acts(system: RunningSystem, position: int) -> list[dict[str, Any]]:
    """Return all acts, one on a page."""
    found: list[dict[str, Any]] = []
    path = f"{ACTS}?limit=1&min_position={position}"
    cursor: str | None = ""
    headers = {"Authorization": f"Bearer {ANNA}"}
    while cursor is not None:
        url = system.url + path + (f"&cursor={cursor}" if cursor else "")
        async with system.session.get(url, headers=headers) as response:
            assert response.status == 200, await response.text()
            found += await response.json()
            cursor = response.headers.get("X-Next-Cursor")
    return found


async def test_acts_name_who_did_what_and_nobodys_words(tmp_path: Path) -> None:
    async with run_system(tmp_path, **TOKENS) as system:
        position = await moderate(system)
        async with asyncio.timeout(WITHIN_S):
            while len(acts := await list_acts(system, position)) < 11:
                await asyncio.sleep(0.2)
        assert [(one["act"], one["by"], one["stated_by"]) for one in acts] == [
            ("rebuild_ended", "operator", None),
            ("rebuild", "operator", None),
            ("journal.renewal_ended", "anna", None),
            ("journal.renewal_begun", "anna", None),
            ("created", "boris", None),
            ("person.erasure_confirmed", "operator", None),
            ("person.erasure_requested", "operator", None),
            ("person.reinstated", "operator", "anna"),
            ("person.suspended", "anna", None),
            ("report.answered", "anna", None),
            ("text.hidden", "boris", None),
        ]
        assert CANARY not in str(acts)
        assert acts[0]["after"] == {"switched": True}
        ended, begun = acts[2:4]
        generation = ended["after"]["generation"]
        assert begun["subject"] == ended["subject"] == f"journal {generation}"
        assert begun["before"] == ended["before"] == {"generation": 1}
        assert begun["after"] is None
        assert ended["after"] == {"generation": generation, "ended": "done", "reason": None}
        assert ended["position"] > begun["position"] >= generation
        assert acts[0]["at"] >= acts[-1]["at"]
        by_hand = system.command("acts", "--json", "--last", "2")
        assert msgspec.json.decode(by_hand.stdout)["acts"] == acts[:2]
        printed = system.command("acts").stdout
        assert "rebuild_ended" in printed
        assert "operator (says anna)  person.reinstated" in printed

        for token in (
            None,
            "another token, which is as long as it must be",
            await system.token("x"),
        ):
            refused, _ = await system.send("GET", ACTS, token, expect=401)
            assert refused["code"] == "unauthenticated"
        wrong, _ = await system.send("GET", f"{ACTS}?cursor=1-2", ANNA, expect=422)
        assert wrong["code"] == "malformed_cursor"
