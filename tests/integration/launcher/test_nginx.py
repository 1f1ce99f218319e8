"""The gateway of the containers: nginx with our file, before processes of the test's own."""

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest
from aiohttp import web

from launcher.servers.process import HOST, free_port
from tests.paths import ROOT
from tests.waiting import POLL_S, WITHIN_S

NGINX: Final = shutil.which("nginx")
GATEWAY: Final = ROOT / "deploy" / "gateway"
PROBLEM: Final = "application/problem+json"
ADDRESSES: Final = {
    "query_api": ("127.0.0.2", "127.0.0.3"),
    "command_api": ("127.0.0.4", "127.0.0.5"),
    "neighbours": ("127.0.0.6",),
}
"""By them a name server answers, as Docker's does."""

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")


class NameServer(asyncio.DatagramProtocol):
    """Knows ADDRESSES."""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, asked: bytes, sender: tuple[str, int]) -> None:
        name = asked[13 : 13 + asked[12]].decode()
        found = [bytes(map(int, one.split("."))) for one in ADDRESSES[name]]
        answers = b"".join(b"\xc0\x0c\0\1\0\1\0\0\0\1\0\4" + address for address in found)
        head = asked[:2] + b"\x81\x80\0\1" + bytes([0, len(found)]) + b"\0\0\0\0"
        self._transport.sendto(head + asked[12 : 18 + len(name)] + answers, sender)


class Behind:
    """The processes behind the gateway. Each answers with its address and what it was sent."""

    def __init__(self) -> None:
        self.not_ready: set[str] = set()
        self.dropping: set[str] = set()
        """Those that end every connection without an answer."""
        self.silent: set[str] = set()
        """Those that answer nothing until they are left."""
        self.asked: list[str] = []
        self.keys: list[str | None] = []
        """The idempotency keys of these requests."""

    async def answer(self, request: web.Request) -> web.Response:
        address = request.transport.get_extra_info("sockname")[0]  # type: ignore[union-attr]
        self.asked.append(address)
        self.keys.append(request.headers.get("Idempotency-Key"))
        if address in self.silent:
            await asyncio.Event().wait()
        if address in self.dropping:
            request.transport.close()  # type: ignore[union-attr]
        status = 503 if address in self.not_ready else 200
        return web.json_response({"by": address, **request.headers}, status=status)


@pytest.fixture
async def behind() -> Behind:
    return Behind()


@pytest.fixture
def stand_in() -> str:
    """Return which part of the stand-in the gateway opens besides the site."""
    return "closed"


@pytest.fixture
def patience() -> dict[str, str]:
    """Directives of nginx that are others in a test."""
    return {}


@pytest.fixture
async def gateway(
    behind: Behind, stand_in: str, patience: dict[str, str], tmp_path: Path
) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of nginx, with the site open."""
    port, port_behind = free_port(), free_port()
    names, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        NameServer, local_addr=(HOST, 0)
    )
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", behind.answer)
    runner = web.AppRunner(app, handler_cancellation=True)
    await runner.setup()
    for address in (one for addresses in ADDRESSES.values() for one in addresses):
        await web.TCPSite(runner, address, port_behind).start()
    conf = (GATEWAY / "nginx.conf").read_text()
    for ours, here in (
        ("/tmp/", f"{tmp_path}/"),
        ("/etc/nginx/cells.conf", f"{GATEWAY}/cells.conf"),
        ("/etc/nginx/stand_in.conf", f"{GATEWAY}/stand_in/{stand_in}.conf"),
        ("/etc/nginx/site.conf", f"{GATEWAY}/site/open.conf"),
        ("/srv/gateway", str(GATEWAY)),
        *patience.items(),
        ("listen 8080", f"listen {HOST}:{port}"),
        ("127.0.0.11", f"{HOST}:{names.get_extra_info('sockname')[1]}"),
        (":8000", f":{port_behind}"),
    ):
        assert ours in conf
        conf = conf.replace(ours, here)
    file = tmp_path / "nginx.conf"
    file.write_text(("user root;\n" if os.geteuid() == 0 else "") + conf)
    assert NGINX is not None
    process = subprocess.Popen([NGINX, "-c", str(file), "-g", "daemon off;"])
    async with aiohttp.ClientSession(f"http://{HOST}:{port}") as session:
        async with asyncio.timeout(WITHIN_S):
            while not await is_alive(session):
                await asyncio.sleep(POLL_S)
        yield session
    process.terminate()
    process.wait()
    await runner.cleanup()
    names.close()


async def is_alive(session: aiohttp.ClientSession) -> bool:
    try:
        async with session.get("/healthz") as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


@pytest.mark.parametrize("path", ["/", "/film/1", "/site/1/app.js", "/no/such/page"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_pages_of_the_site_get_nobodys_token(
    gateway: aiohttp.ClientSession, method: str, path: str
) -> None:
    headers = {"Authorization": "Bearer the-token-of-the-operator", "Accept-Language": "ru"}
    async with gateway.request(method, path, headers=headers) as answer:
        sent = await answer.json()
    assert sent["by"] in ADDRESSES["neighbours"]
    assert "Authorization" not in sent
    assert (sent["Accept-Language"], sent["X-Forwarded-For"]) == ("ru", HOST)
    assert sent["Host"] == f"{HOST}:{gateway._base_url.port}"  # type: ignore[union-attr]


@pytest.mark.parametrize("path", ["/api/v1/announcements", "/a/1", "/api/v1/stream"])
async def test_a_read_goes_on_to_a_process_that_is_ready(
    gateway: aiohttp.ClientSession, behind: Behind, path: str
) -> None:
    first, second = ADDRESSES["query_api"]
    behind.not_ready = {first}
    for _ in range(4):
        async with gateway.get(path) as answer:
            assert (answer.status, (await answer.json())["by"]) == (200, second)
    assert first in behind.asked
    behind.not_ready = {first, second}
    async with gateway.get(path) as answer:
        assert (answer.status, answer.headers.get("Retry-After")) == (503, "1")
        assert (await answer.json())["by"] in {first, second}


@pytest.mark.parametrize("path", ["/api/v1/announcements", "/a/1", "/api/v1/stream"])
async def test_a_read_that_nobody_answers_says_so(
    gateway: aiohttp.ClientSession, behind: Behind, path: str
) -> None:
    behind.dropping = set(ADDRESSES["query_api"])
    async with gateway.get(path) as answer:
        assert (answer.status, answer.headers.get("Retry-After")) == (503, "1")
        assert (await answer.json(content_type=PROBLEM))["code"] == "unavailable"
    assert set(behind.asked) == behind.dropping


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_a_command_whose_answer_is_503_is_not_sent_again(
    gateway: aiohttp.ClientSession, behind: Behind, method: str
) -> None:
    behind.not_ready = set(ADDRESSES["command_api"])
    async with gateway.request(method, "/api/v1/announcements/1") as answer:
        assert answer.status == 503
    assert len(behind.asked) == 1


@pytest.mark.parametrize("own", [None, "a-key-of-the-client"])
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_a_command_whose_answer_is_lost_is_sent_again_with_one_key(
    gateway: aiohttp.ClientSession, behind: Behind, method: str, own: str | None
) -> None:
    """Without a key it could count twice, if others have done something in between."""
    behind.dropping = set(ADDRESSES["command_api"])
    headers = {} if own is None else {"Idempotency-Key": own}
    async with gateway.request(method, "/api/v1/booking/1", headers=headers) as answer:
        assert answer.status == 503
    assert set(behind.asked) == behind.dropping
    first, second = behind.keys
    assert first == second
    assert first if own is None else first == own


@pytest.mark.parametrize(
    "patience",
    [
        {
            "proxy_read_timeout 100s": "proxy_read_timeout 200ms",
            "proxy_next_upstream_timeout 10s": "proxy_next_upstream_timeout 100ms",
        }
    ],
)
@pytest.mark.parametrize(("method", "asked"), [("PUT", "command_api"), ("GET", "query_api")])
async def test_what_nobody_answered_for_long_is_not_sent_again(
    gateway: aiohttp.ClientSession, behind: Behind, method: str, asked: str
) -> None:
    behind.silent = set(ADDRESSES[asked])
    async with gateway.request(method, "/api/v1/booking/1") as answer:
        assert answer.status == 503
    assert len(behind.asked) == 1


async def test_a_post_whose_answer_is_lost_is_not_sent_again(
    gateway: aiohttp.ClientSession, behind: Behind
) -> None:
    behind.dropping = set(ADDRESSES["command_api"])
    async with gateway.post("/api/v1/announcements") as answer:
        assert answer.status == 503
        assert (await answer.json(content_type=PROBLEM))["code"] == "outcome_unknown"
    assert behind.keys == [None]


@pytest.mark.parametrize("path", ["/api/v1/announcements", "/neighbours/auth/token"])
async def test_a_request_that_is_too_large_is_told_so(
    gateway: aiohttp.ClientSession, path: str
) -> None:
    async with gateway.post(path, data=BytesIO(bytes(2_000_000))) as answer:
        assert answer.status == 413
        assert (await answer.json(content_type=PROBLEM))["code"] == "too_large"


@pytest.mark.parametrize(
    ("head", "status", "code"),
    [
        ("TRACE /api/v1/announcements HTTP/1.1", 405, "method_not_allowed"),
        ("DELETE /api/openapi.json HTTP/1.1", 405, "method_not_allowed"),
        ("GET /api/openapi.json HTTP/1.1\r\nIf-Match: x", 400, "malformed_request"),
        ("GET /api/openapi.json HTTP/1.1\r\nRange: bytes=9999999-", 400, "malformed_request"),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: gzip", 400, "malformed_request"),
        ("GET / HTTP/3.0", 400, "malformed_request"),
        ("GET / HTTP/1.1\r\nHost: another", 400, "malformed_request"),
        (f"GET / HTTP/1.1\r\nX: {'x' * 9000}", 431, "head_too_large"),
    ],
)
async def test_what_nginx_refuses_itself_is_a_problem(
    gateway: aiohttp.ClientSession, behind: Behind, head: str, status: int, code: str
) -> None:
    refused = await send_raw(gateway, head)
    assert refused.startswith(f"HTTP/1.1 {status} ")
    assert f"\r\nContent-Type: {PROBLEM}\r\n" in refused
    assert json.loads(refused.partition("\r\n\r\n")[2])["code"] == code
    assert behind.asked == []


@pytest.mark.parametrize(
    "path",
    [
        "//neighbours//control/ugc",
        "/./neighbours/control/ugc",
        "/film/../neighbours/control/ugc",
        "/film/%2e%2E/neighbours/control/ugc",
        "/film%2F..%2fneighbours/control/ugc",
        "/%6eeighbours/control/ugc",
        "/neighbours%2Fcontrol/ugc",
        "/neighbours/control/ugc/../../../s/1",
        "/neighbours/control/ugc/..%2f..%2f..%2fs/1",
        "/neighbours/control/ugc#/../../../s/1",
        "/neighbours/movies/../control/ugc",
        "/internal/forward/../../api/v1/announcements",
        "/internal//../api/v1/announcements",
        "/internal%0a",
        "/metrics/",
        "/metrics%0a",
        "/readyz/.",
    ],
)
async def test_no_spelling_of_an_address_opens_what_is_closed(
    gateway: aiohttp.ClientSession, behind: Behind, path: str
) -> None:
    """An address that nginx reads otherwise than the process behind it is read by neither."""
    refused = await send_raw(gateway, f"GET {path} HTTP/1.1")
    assert refused.startswith("HTTP/1.1 404 ")
    assert behind.asked == []


async def send_raw(gateway: aiohttp.ClientSession, head: str) -> str:
    """Return the whole answer to a request that a client would not send."""
    reader, writer = await asyncio.open_connection(HOST, gateway._base_url.port)  # type: ignore[union-attr]
    writer.write(f"{head}\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
    async with asyncio.timeout(WITHIN_S):
        answer = await reader.read()
    writer.close()
    return answer.decode()


OPERATOR: Final = "Bearer the-token-of-the-operator"
PERSON: Final = "Bearer eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("path", "token", "passed_on"),
    [
        ("/neighbours/auth/token", OPERATOR, None),
        ("/neighbours/auth/token", PERSON, None),
        ("/neighbours/ugc/followers/1/2", OPERATOR, None),
        ("/neighbours/ugc/followers/1/2", PERSON, PERSON),
        ("/neighbours/notification/inbox/1", OPERATOR, None),
    ],
)
async def test_of_the_stand_in_the_site_needs_no_more_than_a_persons_token(
    gateway: aiohttp.ClientSession, path: str, token: str, passed_on: str | None
) -> None:
    async with gateway.post(path, headers={"Authorization": token}) as answer:
        sent = await answer.json()
    assert sent["by"] in ADDRESSES["neighbours"]
    assert (sent.get("Authorization"), sent["X-Forwarded-For"]) == (passed_on, HOST)


@pytest.mark.parametrize("stand_in", ["published"])
@pytest.mark.parametrize("path", ["auth/token", "ugc/followers/1/2", "control/ugc"])
async def test_beside_the_site_a_published_stand_in_is_open_to_the_operator(
    gateway: aiohttp.ClientSession, path: str
) -> None:
    async with gateway.post(f"/neighbours/{path}", headers={"Authorization": OPERATOR}) as answer:
        assert (await answer.json())["Authorization"] == OPERATOR
