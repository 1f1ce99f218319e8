"""An operator's own SQL reads nothing of the host, and opens no address."""

import asyncio
from pathlib import Path

import pytest

from tests.attack.target import Target
from tests.contract.own_sql_attacks import (
    ADDRESSES,
    DICTIONARIES,
    DIRECTED,
    FILES,
    HEAVY,
    PROGRAMS,
    RIGHTS,
    SYSTEM,
)
from tests.waiting import WITHIN_S

ASK = "/api/v1/operator/ask"
REFUSED = {(422, "malformed_query"), (403, "own_sql_barred")}
"""Not read at all, or only where the engine is unable to do harm."""


@pytest.fixture(autouse=True)
async def history(target: Target) -> None:
    """There: it comes some moments after the system is ready."""
    async with asyncio.timeout(WITHIN_S):
        while (await target.operator("GET", f"{ASK}?name=invitations")).status != 200:
            await asyncio.sleep(0.1)


async def refused(target: Target, sql: str) -> str:
    received = await target.operator("POST", ASK, {"sql": sql})
    problem = received.json
    assert (received.status, problem.get("code")) in REFUSED, (sql, problem)
    return received.body.decode()


async def test_no_secret_is_read_and_nobody_is_called(
    target: Target, listener: tuple[int, list[str]], tmp_path: Path
) -> None:
    port, visitors = listener
    data = target.site.data
    secrets = [Path("/etc/passwd")]
    if data is not None:
        secrets.append(data / "secrets" / "token")
    for secret in secrets:
        content = secret.read_text().strip().splitlines()[0]
        places = {"secret": secret, "folder": secret.parent, "written": tmp_path / "x"}
        for attack in FILES:
            assert content not in await refused(target, attack.format(**places, port=port))
    for attack in (*ADDRESSES, *PROGRAMS, *DICTIONARIES, *RIGHTS, *DIRECTED, *SYSTEM):
        await refused(target, attack.format(**places, port=port))
    assert visitors == []
    assert list(tmp_path.iterdir()) == []


async def test_an_answer_is_bounded(target: Target) -> None:
    for sql in HEAVY:
        await refused(target, sql)


async def test_readers_do_not_wait_for_questions(target: Target) -> None:
    _, person_id = await target.person("rated")
    slow = "SELECT sum(sipHash64(arrayJoin(range(6000)), arrayJoin(range(5001))))"
    questions = [asyncio.create_task(target.operator("POST", ASK, {"sql": slow})) for _ in range(3)]
    token, _ = await target.person("reader")
    for _ in range(5):
        page = await target.send("GET", f"/api/v1/user/{person_id}/rating", token)
        assert page.status == 200
    for question in questions:
        assert (await question).status in (200, 403, 422)
