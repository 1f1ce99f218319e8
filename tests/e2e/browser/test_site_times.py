"""When evenings are, as the site tells it and as hosts say it: by the system's clock, and by the
evening's own zone. And what they cost."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.cells.embedded import RunningSystem, run_system
from tests.e2e.browser.site import Visitor, demand_said_at, visiting

BEGIN: Final = datetime.now(UTC)
DECEMBER: Final = next(
    noon
    for noon in (datetime(BEGIN.year + later, 12, 28, 12, tzinfo=UTC) for later in (0, 1))
    if noon > BEGIN + timedelta(days=100)
)
"""What the system's clock says, far ahead of the browser's: evenings are in this year and in the
next."""
AHEAD: Final = DECEMBER - BEGIN
HERE: Final = "Europe/Moscow"
THERE: Final = "Asia/Tokyo"
NEW_YORK: Final = "America/New_York"
CLOCKS: Final = [
    ("2026-11-29T19:00", "Asia/Tokyo", "2026-11-29T10:00Z"),
    ("2026-11-29T00:15", "Asia/Kathmandu", "2026-11-28T18:30Z"),
    ("2026-11-29T23:59", "Pacific/Kiritimati", "2026-11-29T09:59Z"),
    ("2026-11-29T00:00", "Pacific/Pago_Pago", "2026-11-29T11:00Z"),
    ("2027-03-14T01:59", NEW_YORK, "2027-03-14T06:59Z"),
    ("2027-03-14T02:30", NEW_YORK, "2027-03-14T07:30Z"),  # It never shows this, but 03:30.
    ("2027-03-14T03:00", NEW_YORK, "2027-03-14T07:00Z"),
    ("2027-11-07T00:59", NEW_YORK, "2027-11-07T04:59Z"),
    ("2027-11-07T01:30", NEW_YORK, "2027-11-07T05:30Z"),  # And an hour later again.
    ("2027-11-07T02:00", NEW_YORK, "2027-11-07T07:00Z"),
    ("2027-04-04T01:45", "Australia/Lord_Howe", "2027-04-03T14:45Z"),  # Half an hour is put back.
    ("2027-10-03T02:10", "Australia/Lord_Howe", "2027-10-02T15:40Z"),
]

pytestmark = pytest.mark.asyncio(loop_scope="module")


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
        assert datetime.fromisoformat(evening["event_time"]) > DECEMBER
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
        "event_time": (DECEMBER + timedelta(days=70)).isoformat(),
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
        stated = zoya.page.get_by_label("Time zone")
        await zoya.open(f"/announce?movie_id={await system.film()}")
        await expect(stated).to_have_value(THERE)
        await zoya.page.locator("[name=event_location]").fill("Moscow, Arbat 1")
        await stated.select_option("")
        await zoya.click("Publish")
        await expect(zoya.seats).to_be_visible()
        path = zoya.page.url.removeprefix(system.url)
        address = path.replace("/evening/", "/api/v1/announcement/")
        token = await system.token("zoya")
        assert (await system.get(address, token))["tz"] is None
        for states in (True, False):
            await zoya.open(f"{path}/change")
            await expect(stated).to_have_value("" if states else THERE)
            await stated.select_option(THERE if states else "")
            await zoya.click("See who would be told")
            await zoya.click("Save the changes")
            await expect(zoya.seats).to_be_visible()
            assert (await system.get(address, token))["tz"] == (THERE if states else None)
        assert zoya.complaints == []


@pytest.mark.parametrize(
    ("day", "told"),
    [
        (datetime(DECEMBER.year, 12, 30), "30 December"),
        (datetime(DECEMBER.year + 1, 1, 2), f"2 January {DECEMBER.year + 1}"),
    ],
)
async def test_the_time_of_an_evening_is_told_by_its_own_zone(
    browser: Browser, system: RunningSystem, day: datetime, told: str
) -> None:
    span = rf"{told}, 19:00–\d\d:\d\d"
    host = f"Vera {day.year}"
    async with visiting(browser, system.url, host, zone=THERE) as vera:
        path = await vera.announce(
            "Psycho", event_location="Tokyo, Ginza 1", event_time=f"{day:%Y-%m-%d}T19:00"
        )
        when = vera.page.locator("dl dd").first
        await expect(when).to_have_text(re.compile(rf"{span}$"))
    evening = await system.get(
        path.replace("/evening/", "/api/v1/announcement/"), await system.token(host)
    )
    assert evening["tz"] == THERE
    async with visiting(browser, system.url, "gleb", zone=HERE) as gleb:
        await gleb.open(path)
        when = gleb.page.locator("dl dd").first
        await expect(when).to_have_text(re.compile(rf"{span} GMT\+9$"))
        await gleb.open(f"/evenings?author_id={evening['author_id']}")
        time = gleb.page.locator("li.evening time")
        await expect(time).to_have_text(re.compile(rf"{told} at 19:00 GMT\+9$"))
        assert gleb.complaints == []


async def read_evening(visitor: Visitor, system: RunningSystem, login: str) -> dict[str, Any]:
    """Return the evening on whose page the visitor is."""
    path = "/" + visitor.page.url.split("/", 3)[3]
    address = path.replace("/evening/", "/api/v1/announcement/")
    found: dict[str, Any] = await system.get(address, await system.token(login))
    return found


def clock(evening: dict[str, Any], zone: str) -> str:
    at = datetime.fromisoformat(evening["event_time"]).astimezone(ZoneInfo(zone))
    return f"{at:%Y-%m-%dT%H:%M}"


async def test_clocks_of_zones_are_read_as_zoneinfo_reads_them(
    browser: Browser, system: RunningSystem
) -> None:
    async with visiting(browser, system.url, "anna", zone=HERE) as anna:
        await anna.open(f"/announce?movie_id={await system.film()}")
        read = """async (clocks) => {
            const link = document.querySelector('link[href$="parts/zones.js"]');
            const { instantOf, localTime } = await import(link.href);
            return clocks.map(([local, zone]) => {
                const instant = instantOf(local, zone);
                return [instant, localTime(instant, zone)];
            });
        }"""
        answers = await anna.page.evaluate(read, [list(one) for one in CLOCKS])
    for (local, zone, expected), (instant, shown) in zip(CLOCKS, answers, strict=True):
        at = datetime.fromisoformat(instant)
        assert at == datetime.fromisoformat(expected), (local, zone)
        assert shown == f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}"
        earlier = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone))  # fold=0
        assert at == earlier.astimezone(UTC), (local, zone)


async def test_a_host_says_by_which_clock_an_evening_begins(
    browser: Browser, system: RunningSystem
) -> None:
    async with visiting(browser, system.url, "anna", zone=HERE) as anna:
        await anna.open(f"/announce?movie_id={await system.film()}")
        zone = anna.page.get_by_label("Time zone")
        await expect(zone).to_have_value(HERE)
        await zone.select_option(NEW_YORK)
        await anna.page.locator("[name=event_time]").fill("2030-07-04T20:30")
        await anna.page.locator("[name=event_location]").fill("New York, Broadway 1")
        await anna.click("Publish")
        await expect(anna.seats).to_be_visible()
        evening = await read_evening(anna, system, "anna")
        assert (evening["tz"], clock(evening, NEW_YORK)) == (NEW_YORK, "2030-07-04T20:30")
        await expect(anna.page.locator("dd").first).to_contain_text("20:30")


async def test_an_evening_is_changed_by_its_own_clock(
    browser: Browser, system: RunningSystem
) -> None:
    async with visiting(browser, system.url, "boris", zone=NEW_YORK) as boris:
        path = await boris.announce(
            "Psycho", event_time="2030-03-05T19:00", event_location="New York, Broadway 2"
        )
    async with visiting(browser, system.url, "boris", zone=HERE) as boris:
        await boris.open(f"{path}/change")
        when, zone = (boris.page.locator(f"[name={one}]") for one in ("event_time", "tz"))
        await expect(when).to_have_value("2030-03-05T19:00")
        await expect(zone).to_have_value(NEW_YORK)
        await boris.page.locator("[name=title]").fill("At ours")
        changes = await save(boris)
        assert changes == {"title": "At ours"}
        await boris.open(f"{path}/change")
        await zone.select_option("Asia/Tokyo")
        changes = await save(boris)
        assert changes == {"tz": "Asia/Tokyo", "event_time": "2030-03-05T10:00:00.000Z"}
        evening = await read_evening(boris, system, "boris")
        assert clock(evening, "Asia/Tokyo") == "2030-03-05T19:00"


async def test_an_hour_that_comes_twice_is_not_moved_by_a_change_of_something_else(
    browser: Browser, system: RunningSystem
) -> None:
    body = {
        "title": "Late", "description": "", "sub_only": False, "is_free": True, "ticket_count": 2,
        "event_time": "2030-11-03T06:30:30Z", "event_location": "New York", "tz": NEW_YORK,
    }  # fmt: skip
    address = f"/api/v1/announcement/{await system.film()}"
    evening, _ = await system.send("POST", address, await system.token("vera"), body, expect=201)
    async with visiting(browser, system.url, "vera", zone=HERE) as vera:
        await vera.open(f"/evening/{evening['id']}/change")
        await expect(vera.page.locator("[name=event_time]")).to_have_value("2030-11-03T01:30")
        await vera.page.locator("[name=title]").fill("Later")
        assert await save(vera) == {"title": "Later"}


@pytest.mark.parametrize(
    ("locale", "typed", "currency", "shown", "again"),
    [
        ("en-GB", "12.50", "EUR", "€12.50", "12.5"),
        ("en-GB", "12,5", "USD", "US$12.50", "12.5"),
        ("ru-RU", "12,50", "EUR", "12,50\N{NO-BREAK SPACE}€", "12,5"),
        ("ru-RU", "1500.5", "USD", "1\N{NO-BREAK SPACE}500,50\N{NO-BREAK SPACE}$", "1500,5"),
        ("ru-RU", "300", "RUB", "300\N{NO-BREAK SPACE}₽", "300"),
        ("ru-RU", "0", "RUB", "бесплатно", "0"),
        ("en-GB", "0.00", "EUR", "free", "0"),
    ],
)
async def test_a_price_is_read_as_it_is_written_in_either_language(
    browser: Browser,
    system: RunningSystem,
    locale: str,
    typed: str,
    currency: str,
    shown: str,
    again: str,
) -> None:
    async with visiting(browser, system.url, f"host {typed}", locale=locale) as host:
        await host.open(f"/announce?movie_id={await system.film()}")
        price = host.page.locator("[name=price_amount]")
        await expect(price).to_have_value("0")
        await price.fill("")
        await price.press_sequentially(typed)
        await host.page.locator("[name=price_currency]").select_option(currency)
        await host.page.locator("[name=event_location]").fill("Moscow, Arbat 1")
        await host.page.locator("main form button").first.click()
        await expect(host.page.locator("dd").nth(2)).to_have_text(shown)
        await host.page.locator("a[href$=change]").click()
        await expect(price).to_have_value(again)
        await host.page.locator("[name=title]").fill("Anew")
        assert await save(host) == {"title": "Anew"}


async def test_a_price_that_is_none_is_told_at_its_field(
    browser: Browser, system: RunningSystem
) -> None:
    async with visiting(browser, system.url, "gleb") as gleb:
        await gleb.open(f"/announce?movie_id={await system.film()}")
        await gleb.page.locator("[name=event_location]").fill("Moscow, Arbat 1")
        price = gleb.page.locator("[name=price_amount]")
        for typed, reason in {
            "ten": "Enter a number.",
            "1.005": "At most 2 decimals.",
            "-1": "At least 0.",
        }.items():
            await price.fill(typed)
            await gleb.click("Publish")
            await demand_said_at(price, reason)


async def save(visitor: Visitor) -> Any:
    """Save the changes of a form. Returns what was sent."""
    buttons = visitor.page.locator("main .actions button")
    await buttons.first.click()
    async with visitor.page.expect_request(
        lambda one: one.method == "PUT" and "dry_run" not in one.url
    ) as sent:
        await buttons.nth(1).click()
    await expect(visitor.seats).to_be_visible()
    return (await sent.value).post_data_json
