"""`practix journal renew` waits for the new journal, whatever happens to the leader meanwhile."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from launcher.client import RequestRefused
from launcher.verbs import journal
from launcher.verbs.journal import PATH, NotRenewed, renew


class PreparedSystem:
    """Gives prepared answers, and goes on giving the last one."""

    def __init__(self) -> None:
        self.answers: list[dict[str, Any] | int] = []
        self.asked: list[str] = []
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer operator"
        self.asked.append(request.method)
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(found, int):
            return web.json_response({"detail": "nobody leads"}, status=found)
        return web.json_response(found)


@pytest.fixture
async def system(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[PreparedSystem]:
    monkeypatch.setattr(journal, "POLL_S", 0.001)
    found = PreparedSystem()
    app = web.Application()
    app.router.add_route("*", PATH, found.answer)
    async with TestServer(app) as server:
        found.url = str(server.make_url("")).rstrip("/")
        yield found


def state(generation: int, phase: str, problem: str | None = None) -> dict[str, Any]:
    return {
        "generation": generation,
        "phase": phase,
        "position": 5,
        "of": 10,
        "without_writes_s": None,
        "problem": problem,
    }


async def test_it_returns_once_the_new_journal_is_in_use(system: PreparedSystem) -> None:
    system.answers = [
        state(1, "none"),
        state(1, "copying"),
        state(1, "switching"),
        state(9, "done"),
    ]
    assert (await renew(system.url, "operator"))["generation"] == 9
    assert system.asked == ["GET", "POST", "GET", "GET"]


async def test_it_asks_again_while_nobody_leads(system: PreparedSystem) -> None:
    system.answers = [503, state(1, "none"), 503, state(1, "copying"), 503, state(9, "none")]
    assert (await renew(system.url, "operator"))["generation"] == 9


async def test_what_a_change_of_leader_interrupted_is_begun_again(system: PreparedSystem) -> None:
    interrupted = [state(1, "copying"), state(1, "none")]
    system.answers = [state(1, "none"), *interrupted, state(1, "copying"), state(9, "done")]
    assert (await renew(system.url, "operator"))["generation"] == 9
    assert system.asked.count("POST") == 2


async def test_a_renewal_that_keeps_failing_is_an_error(system: PreparedSystem) -> None:
    system.answers = [state(1, "failed", "no room")]
    with pytest.raises(NotRenewed, match="no room"):
        await renew(system.url, "operator")


async def test_a_refusal_is_not_repeated(system: PreparedSystem) -> None:
    system.answers = [401]
    with pytest.raises(RequestRefused, match="401"):
        await renew(system.url, "operator")
    assert system.asked == ["GET"]
