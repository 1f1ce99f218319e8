"""22: the shortener lent our name to any address; a data directory stayed open to others."""

import stat
from pathlib import Path

import pytest

from tests.attack.target import Target

TARGETS = [
    "http://evil.example/login",
    "https://evil.example",
    "//evil.example/a/1",
    "/\\evil.example",
    "/a",
    "/api/v1/announcements",
    "javascript:alert(1)",
]


@pytest.mark.parametrize("leads_to", TARGETS)
async def test_a_short_link_leads_to_our_own_pages_only(target: Target, leads_to: str) -> None:
    body = {"target": leads_to}
    refused = await target.operator("POST", "/neighbours/shortener/links", body)
    assert (refused.status, refused.json["code"]) == (422, "malformed_body")


async def test_a_public_page_is_shortened(target: Target) -> None:
    body = {"target": "/a/00000000-0000-4000-8000-000000000000"}
    made = await target.operator("POST", "/neighbours/shortener/links", body)
    followed = await target.send("GET", f"/s/{made.json['code']}")
    assert (followed.status, followed.headers["Location"]) == (307, body["target"])


async def test_nothing_in_the_data_directory_is_open_to_others(target: Target) -> None:
    if target.site.data is None:
        pytest.skip("the data of a system that was started elsewhere is out of reach")
    everything = [target.site.data, *target.site.data.rglob("*")]
    assert len(everything) > 100
    opened = [path for path in everything if others(path) and path.name != "output.log"]
    assert opened == []


def others(path: Path) -> int:
    try:
        found = path.lstat().st_mode
    except FileNotFoundError:
        return 0
    return 0 if stat.S_ISLNK(found) else stat.S_IMODE(found) & 0o077
