"""An id that an operator types names one thing, and leads nowhere else."""

from collections.abc import AsyncIterator
from functools import partial

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from launcher.client import RequestRefused
from launcher.verbs.operators.dead import register
from launcher.verbs.operators.link import OperatorLink
from tests.integration.launcher.invoking import build_practix
from tests.servers.http_server import served

ELSEWHERE = "../user/00000000-0000-0000-0000-000000000001/suspension"
NO_PLACES = (ELSEWHERE, "../acts", "5-0?dry_run=false", "5-0#", "5-0/", "5", "", "retry", "05-0")
NO_NUMBERS = (ELSEWHERE, "1?x", "", "0", "-1", "01", "1.0", "²", str(2**63), "9" * 5_000)


class ListeningSystem:
    """A system that answers everything, and what it was asked for."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[str] = []

    async def answer(self, request: Request) -> JSONResponse:
        path, query = request.scope["raw_path"].decode(), request.scope["query_string"].decode()
        self.requests.append(f"{request.method} {path}?{query}")
        return JSONResponse({"ok": True})


@pytest.fixture
async def asked() -> AsyncIterator[ListeningSystem]:
    found = ListeningSystem()
    methods = ["GET", "POST", "PUT", "DELETE"]
    app = Starlette(routes=[Route("/{path:path}", found.answer, methods=methods)])
    async with served(app) as found.url:
        yield found


@pytest.mark.parametrize("verb", ["show", "retry", "drop"])
@pytest.mark.parametrize("of", ["events", "untold-events", "notices", "fan-outs"])
async def test_what_is_no_id_is_sent_nowhere(asked: ListeningSystem, verb: str, of: str) -> None:
    if verb == "show" and of in ("notices", "fan-outs"):
        return
    dead = partial(build_practix(register, asked.url, client=OperatorLink), "dead")
    for text in NO_NUMBERS if of == "notices" else NO_PLACES:
        refused = await dead(verb, "--of", of, "--", text)
        assert refused.exit_code == 1, refused.output
        assert "is no id of a" in refused.output, refused.output
    assert asked.requests == []


async def test_a_part_of_a_path_stays_one_part(asked: ListeningSystem) -> None:
    link = OperatorLink(asked.url, "the token")
    await link.send("GET", ("acts", "a/../b?c=d#e%2e%2Ff g"))
    assert asked.requests == ["GET /api/v1/operator/acts/a%2F..%2Fb%3Fc=d%23e%252e%252Ff%20g?"]


@pytest.mark.parametrize("part", ["", ".", ".."])
async def test_a_part_that_leads_elsewhere_is_not_sent(asked: ListeningSystem, part: str) -> None:
    link = OperatorLink(asked.url, "the token")
    with pytest.raises(RequestRefused, match="is no part of a path"):
        await link.send("DELETE", ("dead-letters", part, "acts"))
    assert asked.requests == []
