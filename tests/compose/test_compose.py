"""The compose file, tried for real: up, used, restarted under traffic, nothing lost.

`make test-compose` runs it where a Docker engine answers; elsewhere it says why not.
"""

import asyncio
import json
import os
import re
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from time import monotonic
from urllib.parse import urlencode
from uuid import uuid4

import aiohttp
import pytest

from deploy import up
from launcher.client import RequestRefused, log_in, stream_operator_lines
from runtime.openapi.document import Document, merge
from tests.cells.embedded import PRACTIX
from tests.compose.images import build, why_no_engine
from tests.compose.traffic import Traffic
from tests.paths import ROOT
from tests.unit.launcher.profiles.dashboard import list_expressions

pytestmark = pytest.mark.timeout(1200)
"""The first test builds the images, which takes minutes where nothing of them is there yet."""

PORT = "8207"
BASE_URL = f"http://127.0.0.1:{PORT}"
PROJECT = "practix-test"
HEALTHY_S_MAX = 120.0
FIGURES_S_MAX = 90.0
DOCUMENTED = {
    "command_api": "command_api_1",
    "query_api": "query_api_2",
    "projector": "projector_2",
    "notifier": "notifier_1",
    "neighbours": "neighbours",
}

SERVERS = ("kafka", "postgres", "clickhouse")
SERVICE_UID = 10001

ANNA = "the token of Anna, an operator of the tests"
SECRETS = {name: f"of-tests-and-long-enough-{name.lower()}" for name in up.SECRETS}


class Stack:
    """The compose project of this run."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = {**os.environ, **environment, "PORT": PORT}

    def beside(self, **variables: str) -> "Stack":
        """Return the same project with other variables."""
        return Stack(self._environment | variables)

    def compose(self, *arguments: str, timeout_s: float = 400) -> str:
        done = subprocess.run(
            ["docker", "compose", "--project-name", PROJECT, *arguments],
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def pipe(self, *arguments: str, source: str = os.devnull, target: str = os.devnull) -> None:
        """Run a compose command from the file `source` into the file `target`."""
        with open(source, "rb") as given, open(target, "wb") as written:
            subprocess.run(
                ["docker", "compose", "--project-name", PROJECT, *arguments],
                cwd=ROOT,
                env=self._environment,
                stdin=given,
                stdout=written,
                timeout=400,
                check=True,
            )

    def lose(self, *volumes: str) -> None:
        """Delete volumes of services that are down."""
        names = [f"{PROJECT}_{one}" for one in volumes]
        subprocess.run(["docker", "volume", "rm", *names], check=True, capture_output=True)

    def down(self) -> None:
        self.compose("--profile", "*", "down", "--volumes", "--remove-orphans")

    async def act(self, *arguments: str) -> None:
        """A compose command, while traffic goes on."""
        await asyncio.to_thread(self.compose, *arguments)

    async def healthy(self, service: str) -> None:
        async with asyncio.timeout(HEALTHY_S_MAX):
            while "(healthy)" not in await asyncio.to_thread(
                self.compose, "ps", "--all", "--format", "{{.Status}}", service
            ):
                await asyncio.sleep(1.0)


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    if reason := why_no_engine():
        pytest.fail(reason, pytrace=False)
    found = Stack(
        build() | SECRETS | {"STAND_IN": "published", "OPERATOR_TOKENS": json.dumps({"anna": ANNA})}
    )
    found.down()
    try:
        found.compose("build", "neighbours", "query_api_1")
        found.compose("up", "--detach", "--wait", "--wait-timeout", up.UP_S_MAX)
        yield found
    finally:
        found.down()


@pytest.fixture
def site(stack: Stack) -> Iterator[None]:
    """The gateway of the profile `site` alone, for one test."""
    again = ("up", "--detach", "--wait", "--no-deps", "gateway")
    stack.beside(SITE="open", STAND_IN="closed").compose(*again)
    yield
    stack.compose(*again)


@pytest.fixture
async def traffic(stack: Stack) -> AsyncIterator[Traffic]:
    async with aiohttp.ClientSession() as session:
        yield Traffic(session, BASE_URL)


async def verified() -> dict[str, object]:
    """The last line of verify. It is refused while a projector has just lost sight of the journal
    or the tables, and asked for again."""
    token = SECRETS["PRACTIX_OPERATOR_TOKEN"]
    give_up_at = monotonic() + HEALTHY_S_MAX
    while True:
        try:
            lines = [line async for line in stream_operator_lines(BASE_URL, "verify", token)]
        except RequestRefused as refused:
            if refused.code != "unavailable" or monotonic() > give_up_at:
                raise
            await asyncio.sleep(1.0)
        else:
            return lines[-1]


def test_no_port_but_the_gateways_is_published(stack: Stack) -> None:
    published = stack.compose("ps", "--format", "{{.Service}} {{.Ports}}")
    outside = [line for line in published.splitlines() if "127.0.0.1:" in line]
    assert [line.split()[0] for line in outside] == ["gateway"]
    assert "0.0.0.0:" not in published


async def test_the_gateway_serves_one_document_of_all_processes(stack: Stack) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{BASE_URL}/api/openapi.json") as answer:
            assert answer.content_type == "application/json"
            served = await answer.json()
        async with session.get(f"{BASE_URL}/api/openapi") as page:
            assert "/api/openapi.json" in await page.text()
        for hidden in ("/", "/metrics", "/readyz", "/internal/forward"):
            async with session.get(BASE_URL + hidden) as answer:
                assert answer.status == 404, hidden
    parts = {name: document_of(stack, process) for name, process in DOCUMENTED.items()}
    assert served == merge(parts)


def document_of(stack: Stack, process: str) -> Document:
    fetch = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:8000/api/openapi.json').read().decode())"
    found: Document = json.loads(stack.compose("exec", "-T", process, "python3", "-c", fetch))
    return found


def test_practix_works_on_the_gateway_as_on_any_system(stack: Stack, tmp_path: Path) -> None:
    traffic = tmp_path / "traffic.jsonl"
    lines = (ROOT / "demo" / "evening_rush.jsonl").read_text().splitlines()[:200]
    traffic.write_text("\n".join(lines))
    for verb in (["demo", str(traffic)], ["verify"]):
        done = subprocess.run(
            [*PRACTIX, *verb, "--base-url", BASE_URL],
            cwd=ROOT,
            env={**os.environ, "PRACTIX_OPERATOR_TOKEN": SECRETS["PRACTIX_OPERATOR_TOKEN"]},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "verified" in done.stdout


@pytest.mark.usefixtures("stack")
async def test_what_an_operator_with_an_own_token_does_is_recorded_with_the_name() -> None:
    headers = {"Authorization": f"Bearer {ANNA}"}
    anna = await log_in(BASE_URL, "anna")
    notice = {"recipient": anna["user_id"], "text": "Welcome"}
    async with aiohttp.ClientSession(f"{BASE_URL}/", headers=headers) as session:
        async with session.post("api/v1/operator/notices", json=notice) as answer:
            assert answer.status == 201, await answer.text()
        async with session.get("api/v1/operator/acts") as answer:
            acts = await answer.json()
    assert ("created", "anna") in {(one["act"], one["by"]) for one in acts}


@pytest.mark.usefixtures("site")
async def test_the_site_lets_in_anybody_and_nobody_who_may_do_more() -> None:
    anna = await log_in(BASE_URL, "anna")
    inbox = f"/neighbours/notification/inbox/{anna['user_id']}"
    following = f"/neighbours/ugc/followers/{uuid4()}/{anna['user_id']}"
    operator, credential = SECRETS["PRACTIX_OPERATOR_TOKEN"], SECRETS["NEIGHBOUR_CREDENTIAL"]
    async with aiohttp.ClientSession(BASE_URL) as session:

        async def ask(method: str, path: str, token: str) -> int:
            headers = {"Authorization": f"Bearer {token}"}
            async with session.request(method, path, headers=headers) as answer:
                return answer.status

        async with session.get("/") as page:
            assert (page.status, page.content_type) == (200, "text/html")
            (script,) = set(re.findall(r'"(/site/[^/"]+/app\.js)"', await page.text()))
        async with session.get(script) as answer:
            assert (answer.status, answer.content_type) == (200, "text/javascript")

        assert await ask("GET", inbox, anna["access_token"]) == 200
        assert await ask("PUT", following, anna["access_token"]) in (200, 201, 204)
        for token in (operator, credential):
            assert await ask("GET", inbox, token) == 401
            assert await ask("DELETE", inbox, token) == 401
            assert await ask("DELETE", following, token) == 401
            assert await ask("POST", "/neighbours/control/ugc", token) == 404
            assert await ask("POST", "/neighbours/notification/send", token) == 404
    with pytest.raises(RequestRefused):
        await log_in(BASE_URL, "anna", operator)


@pytest.mark.timeout(120)
async def test_prometheus_finds_every_figure_of_the_dashboard(stack: Stack) -> None:
    """After the traffic of the demo. Grafana would send it the same questions."""
    await stack.act("up", "--detach", "--wait", "prometheus")
    async with asyncio.timeout(FIGURES_S_MAX):
        while set(await answered_by(stack, "up")) != {"1"}:
            await asyncio.sleep(1.0)
        for expression in list_expressions():
            while not await answered_by(stack, expression):
                await asyncio.sleep(1.0)


async def answered_by(stack: Stack, expression: str) -> list[str]:
    """The values that Prometheus has for it now."""
    url = f"http://127.0.0.1:9090/api/v1/query?{urlencode({'query': expression})}"
    got = await asyncio.to_thread(
        stack.compose, "exec", "-T", "prometheus", "wget", "-q", "-O", "-", url
    )
    answer = json.loads(got)
    assert answer["status"] == "success", expression
    return [one["value"][1] for one in answer["data"]["result"]]


def test_services_run_without_rights(stack: Stack) -> None:
    user = stack.compose("exec", "-T", "command_api_1", "id", "-u").strip()
    assert user != "0"
    with pytest.raises(AssertionError, match="Read-only"):
        stack.compose("exec", "-T", "command_api_1", "sh", "-c", "touch /srv/x")


async def test_a_rolling_replacement_loses_no_request(stack: Stack, traffic: Traffic) -> None:
    async with traffic.flowing():
        await traffic.progress()
        for service in up.PREPARED:
            await stack.act(*up.RUN_ONCE, service)
        for service in up.ROLLED:
            for step in up.replace(service):
                await stack.act(*step.arguments)
            await traffic.progress()
    assert traffic.lost == []
    result = await verified()
    assert result["ok"], result


async def test_nothing_acknowledged_is_lost(stack: Stack, traffic: Traffic) -> None:
    """Every service is restarted, the leader killed, Kafka and PostgreSQL taken down and up,
    while hosts announce and guests book."""
    async with traffic.flowing():
        for service in (
            "neighbours",
            "query_api_1",
            "projector_1",
            "notifier_1",
            "command_api_2",
            "gateway",
        ):
            await stack.act("restart", service)
            await stack.healthy(service)
            await traffic.progress()
        for service in ("command_api_1", "command_api_2"):
            await stack.act("kill", service)
            await traffic.progress()
            await stack.act("start", service)
            await stack.healthy(service)
        for service in SERVERS:
            await stack.act("stop", service)
            await asyncio.sleep(3.0)
            await stack.act("start", service)
            await stack.healthy(service)
            await traffic.progress()
    token = (await log_in(BASE_URL, "anna"))["access_token"]
    await traffic.demand_all_readable(token)
    result = await verified()
    assert result["ok"], result


@pytest.mark.timeout(1500)
async def test_all_servers_are_lost_and_restored(
    stack: Stack, traffic: Traffic, tmp_path: Path
) -> None:
    """By the commands of docs/operations.md. PostgreSQL's backup is older than the journal's."""
    dump, journal = tmp_path / "practix.dump", tmp_path / "journal"
    journal.mkdir()
    os.chown(journal, SERVICE_UID, SERVICE_UID)
    copy = ("run", "--rm", "-v", f"{journal}:/backup", "topic", "python3", "-m")
    async with traffic.flowing():
        await traffic.progress()
        save = ("pg_dump", "--format=custom", "-U", "practix", "practix")
        await asyncio.to_thread(stack.pipe, "exec", "-T", "postgres", *save, target=str(dump))
        await traffic.progress()
    await stack.act(*copy, "deploy.copy_journal", "backup", "/backup")
    await stack.act("down")
    await asyncio.to_thread(stack.lose, *SERVERS)

    await stack.act("up", "--detach", "--wait", *SERVERS)
    await stack.act(*copy, "deploy.copy_journal", "restore", "/backup")
    load = ("pg_restore", "--no-owner", "--no-privileges", "--exit-on-error")
    names = ("-U", "practix", "-d", "practix")
    await asyncio.to_thread(stack.pipe, "exec", "-T", "postgres", *load, *names, source=str(dump))
    for service in up.PREPARED:
        await stack.act("run", "--rm", service)
    await stack.act(*up.RUN_ONCE, "notifier_1", "python3", "-m", "notifier.restored")
    await stack.act("up", "--detach", "--wait", "--wait-timeout", "300")
    await traffic.demand_all_readable((await log_in(BASE_URL, "anna"))["access_token"])
    result = await verified()
    assert result["ok"], result
