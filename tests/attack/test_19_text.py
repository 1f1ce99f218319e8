"""19: text that looks like nothing, looks like something else, or breaks what holds it."""

from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from tests.attack.target import Target

LIST = "/api/v1/announcements"
ONE_LINE = ("title", "event_location", "location_hint")


@pytest.mark.parametrize("field", ONE_LINE)
async def test_a_field_of_one_line_takes_nothing_that_breaks_or_hides_it(
    target: Target, field: str
) -> None:
    host, _ = await target.person("host")
    for wrong in ("\u200b\u200d", "\u3164", "a\nb", "a\u2028b", "a\x1b[31mb", "a\u202eb", "a\0b"):
        refused = await target.evening(host, **{field: wrong})
        assert (refused.status, refused.json["code"]) == (422, "malformed_body"), repr(wrong)
        assert refused.json["errors"][0]["field"] == field


async def test_a_text_of_several_lines_takes_no_controls(target: Target) -> None:
    host, _ = await target.person("host")
    for wrong in ("a\0b", "a\x1b[31mb", "a\u202eb"):
        assert (await target.evening(host, description=wrong)).status == 422
    lines = await target.evening(host, description="one\r\ntwo\tthree")
    assert lines.json["description"] == "one\ntwo\tthree"


async def test_a_reason_is_one_line(target: Target) -> None:
    host, _ = await target.person("host")
    path = f"/api/v1/announcement/{(await target.evening(host)).json['id']}"
    for wrong in ("a%0Ab", "a%1Bb", "%E2%80%AEa", "%E2%80%8B"):
        refused = await target.send("DELETE", f"{path}?reason={wrong}", host)
        assert (refused.status, refused.json["code"]) == (422, "malformed_query")
        assert refused.json["parameter"] == refused.json["errors"][0]["field"] == "reason"


async def test_a_title_is_composed_and_found_in_any_script(target: Target) -> None:
    host, host_id = await target.person("host")
    word = f"w{uuid4().hex}"
    title = f"За\u0301мок й हिन्दी {word}"
    announced = await target.evening(host, title=title)
    assert announced.json["title"] == f"За\u0301мок й हिन्दी {word}"
    at = f"{LIST}?author_id={host_id}&min_position={announced.position}"
    for words in ("за\u0301мок", "замок", "हिन्दी", f"🎬 {word}", "й"):
        found = await target.send("GET", f"{at}&q={quote(words)}", host)
        assert [one["id"] for one in found.json] == [announced.json["id"]], words
    alone = await target.send("GET", f"{at}&q={quote('🎬')}", host)
    assert (alone.status, alone.json) == (200, [])
    ninth = "за мок " * 4 + "nothing"
    found = await target.send("GET", f"{at}&q={quote(ninth)}", host)
    assert found.status == 422 or found.json == []


async def test_a_feed_holds_no_raw_control(target: Target) -> None:
    host, _ = await target.person("host")
    announced = await target.evening(host, title="Evening, with; signs\\ and “quotes”")
    at = f"/api/v1/schedule/feed?min_position={announced.position}"
    feed = await target.send("GET", (await target.send("GET", at, host)).json["url"])
    text = feed.body.decode()
    assert "SUMMARY:Evening\\, with\\; signs\\\\ and" in text
    assert not {one for one in text if (ord(one) < 32 and one not in "\r\n\t") or ord(one) == 127}


@pytest.mark.parametrize(
    ("amount", "shown"), [(1_000_000, "1,000,000"), (199_999.99, "199,999.99")]
)
async def test_a_price_is_shown_as_it_was_stated(target: Target, amount: float, shown: str) -> None:
    host, _ = await target.person("host")
    priced: dict[str, Any] = {"price_amount": amount, "price_currency": "RUB", "is_free": False}
    announced = await target.evening(host, **priced)
    page = await target.send("GET", await page_of(target, announced))
    assert f"RUB\N{NO-BREAK SPACE}{shown}" in page.body.decode()
    assert (await target.evening(host, **priced | {"price_amount": 1.999})).status == 422


async def test_the_hour_that_comes_twice_is_told_apart(target: Target) -> None:
    host, _ = await target.person("host")
    shown = []
    for instant in ("2031-10-26T00:30:00Z", "2031-10-26T01:30:00Z"):
        announced = await target.evening(host, event_time=instant, tz="Europe/Berlin", publish=True)
        if announced.status == 201:
            page = (await target.send("GET", await page_of(target, announced))).body.decode()
            shown.append(page.partition("26 October 2031")[2][:60])
        await target.send("DELETE", f"/api/v1/announcement/{announced.json.get('id')}", host)
    assert len(set(shown)) == 2
    assert "GMT+2" in shown[0]
    assert "GMT+1" in shown[1]


@pytest.mark.parametrize("zone", ["localtime", "posixrules", "right/Europe/Moscow", "Factory"])
async def test_a_zone_means_the_same_everywhere(target: Target, zone: str) -> None:
    person, _ = await target.person("person")
    assert (await target.evening(person, tz=zone)).status == 422
    assert (await target.send("PUT", "/api/v1/preferences", person, {"tz": zone})).status == 422


async def page_of(target: Target, announced: Any) -> str:
    """The public page, once the tables have the evening."""
    host_page = f"/api/v1/announcement/{announced.json['id']}?min_position={announced.position}"
    token, _ = await target.person("reader")
    assert (await target.send("GET", host_page, token)).status == 200
    return f"/a/{announced.json['id']}"
