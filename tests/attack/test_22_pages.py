"""22: pages that a browser cannot be made to misuse, and uploads that break off."""

import asyncio
from uuid import uuid4

from yarl import URL

from tests.attack.target import Target


async def test_every_page_has_its_bounds(target: Target) -> None:
    host, host_id = await target.person("host")
    announced = await target.evening(host)
    paths = [
        f"/a/{announced.json['id']}",
        f"/a/{uuid4()}",
        "/api/openapi",
        "/analyst",
        f"/neighbours/notification/inbox/{host_id}",
    ]
    for path in paths:
        page = await target.send("GET", path, host, Accept="text/html")
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        if not page.headers["Content-Type"].startswith("text/html"):
            continue  # An inbox may be shown in another way than to a person's token.
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "script-src 'unsafe-inline'" not in policy
        assert page.headers["Referrer-Policy"] == "no-referrer"


async def test_an_upload_that_is_broken_off_is_not_a_page_in_the_log(target: Target) -> None:
    address = URL(target.site.base_url)
    guest, _ = await target.person("guest")
    before = _log_lines(target)
    for _ in range(5):
        _, writer = await asyncio.open_connection(address.host, address.port)
        writer.write(
            f"POST /api/v1/booking/{uuid4()} HTTP/1.1\r\nHost: {address.authority}\r\n"
            f"Authorization: Bearer {guest}\r\nContent-Type: application/json\r\n"
            "Content-Length: 1000\r\n\r\n{".encode()
        )
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.close()
    assert (await target.send("GET", "/healthz")).status == 200
    new = _log_lines(target)[len(before) :]
    assert not [line for line in new if "Traceback" in line or "ClientDisconnect" in line]


def _log_lines(target: Target) -> list[str]:
    """Of a system of our own; another one's log is elsewhere."""
    if target.site.data is None:
        return []
    return (target.site.data / "output.log").read_text().splitlines()
