"""When evenings are, as the site tells it: by the system's clock, and by the evening's own zone."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.cells.embedded import RunningSystem, run_system
from tests.e2e.browser.site import Visitor, visiting

AHEAD: Final = timedelta(days=100)
"""How far the system's clock is ahead of the browser's."""
HERE: Final = "Europe/Moscow"
THERE: Final = "Asia/Tokyo"

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSystem]:
    ahead_s = str(int(AHEAD.total_seconds()))
    async with run_system(
        tmp_path_factory.mktemp("times"), PRACTIX_CLOCK_OFFSET_S=ahead_s
    ) as found:
        yield found


async def demand_month(visitor: Visitor, path: str, evening: dict[str, Any]) -> None:
    """Demand that the calendar of a page begins with the evening's month, and shows its day."""
    begins = datetime.fromisoformat(evening["event_time"])
    await visitor.open(path)
    calendar = visitor.page.locator(".calendar")
    await expect(calendar.locator("strong")).to_have_text(f"{begins:%B %Y}")
    await expect(calendar.locator("button.day")).to_have_count(1)


async def test_a_calendar_begins_with_the_first_evening_by_the_clock_of_the_system(
    browser: Browser, system: RunningSystem
) -> None:
    async with visiting(browser, system.url, "anna", zone="UTC") as anna:
        path = await anna.announce("The Godfather", event_location="Moscow, Arbat 1")
        evening = await system.get(
            path.replace("/evening/", "/api/v1/announcement/"), await system.token("anna")
        )
        assert datetime.fromisoformat(evening["event_time"]) > datetime.now(UTC) + AHEAD
        await demand_month(anna, "/mine", evening)
        await demand_month(anna, f"/evenings?author_id={evening['author_id']}", evening)
        await anna.open("/evenings?date_from=2030-03-05")
        await expect(anna.page.locator(".calendar strong")).to_have_text("March 2030")


async def test_a_calendar_turns_to_a_later_month_that_has_the_next_evening(
    browser: Browser, system: RunningSystem
) -> None:
    token = await system.token("boris")
    body = {
        "title": "Later",
        "description": "",
        "sub_only": False,
        "is_free": True,
        "ticket_count": 2,
        "event_time": (datetime.now(UTC) + AHEAD + timedelta(days=70)).isoformat(),
        "event_location": "Moscow, Arbat 2",
    }
    address = f"/api/v1/announcement/{await system.film()}"
    evening, _ = await system.send("POST", address, token, body, expect=201)
    async with visiting(browser, system.url, "boris", zone="UTC") as boris:
        await demand_month(boris, "/mine", evening)
        await demand_month(boris, f"/evenings?author_id={evening['author_id']}", evening)
        await boris.click("Previous month")
        await expect(boris.page.locator("button.day")).to_have_count(0)
        assert boris.complaints == []


async def test_a_host_sees_the_zone_that_everybody_will_and_can_leave_it_out(
    browser: Browser, system: RunningSystem
) -> None:
    """It says where the host is."""
    async with visiting(browser, system.url, "zoya", zone=THERE) as zoya:
        stated = zoya.page.get_by_label(f"State the time zone: {THERE}")
        await zoya.open(f"/announce?movie_id={await system.film()}")
        await expect(stated).to_be_checked()
        await zoya.page.locator("[name=event_location]").fill("Moscow, Arbat 1")
        await stated.uncheck()
        await zoya.click("Publish")
        await expect(zoya.seats).to_be_visible()
        path = zoya.page.url.removeprefix(system.url)
        address = path.replace("/evening/", "/api/v1/announcement/")
        token = await system.token("zoya")
        assert (await system.get(address, token))["tz"] is None
        for states in (True, False):
            await zoya.open(f"{path}/change")
            await expect(stated).to_be_checked(checked=not states)
            await stated.set_checked(states)
            await zoya.click("See who would be told")
            await zoya.click("Save the changes")
            await expect(zoya.seats).to_be_visible()
            assert (await system.get(address, token))["tz"] == (THERE if states else None)
        assert zoya.complaints == []


async def test_the_time_of_an_evening_is_told_by_its_own_zone(
    browser: Browser, system: RunningSystem
) -> None:
    span = r"\d+ \w+, 19:00–\d\d:\d\d"
    async with visiting(browser, system.url, "vera", zone=THERE) as vera:
        path = await vera.announce("Psycho", event_location="Tokyo, Ginza 1")
        when = vera.page.locator("dl dd").first
        await expect(when).to_have_text(re.compile(rf"{span}$"))
    evening = await system.get(
        path.replace("/evening/", "/api/v1/announcement/"), await system.token("vera")
    )
    assert evening["tz"] == THERE
    async with visiting(browser, system.url, "gleb", zone=HERE) as gleb:
        await gleb.open(path)
        when = gleb.page.locator("dl dd").first
        await expect(when).to_have_text(re.compile(rf"{span} GMT\+9$"))
        await gleb.open(f"/evenings?author_id={evening['author_id']}")
        time = gleb.page.locator("li.evening time")
        await expect(time).to_have_text(re.compile(r"at 19:00 GMT\+9$"))
        assert gleb.complaints == []
