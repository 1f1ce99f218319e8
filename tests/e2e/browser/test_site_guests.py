"""What the site says to a guest and to a host: to each from their own view, and once."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest
from playwright.async_api import Browser, expect

from tests.cells.embedded import RunningSystem
from tests.e2e.browser.site import Visitor, visiting, visiting_stale
from tests.servers.browser import open_window

PLACE: Final = {"event_location": "Moscow, Arbat 1", "ticket_count": "1"}

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]


async def fill(system: RunningSystem, path: str, host: str, guest: str) -> None:
    """Give the guest the only seat of an evening."""
    booking_id = await ask(system, path, guest)
    body = {"my_status": True}
    token = await system.token(host)
    _, position = await system.send("PUT", f"/api/v1/booking/{booking_id}", token, body)
    await be_shown(system, path, token, position)


async def be_shown(system: RunningSystem, path: str, token: str, position: int) -> None:
    """Wait until pages show what was written at the position."""
    address = path.replace("/evening/", "/api/v1/announcement/")
    await system.get(f"{address}?min_position={position}", token)


async def ask(system: RunningSystem, path: str, guest: str) -> str:
    """Ask to come, and return the id of the booking."""
    address = path.replace("/evening/", "/api/v1/booking/")
    booking, _ = await system.send("POST", address, await system.token(guest), expect=201)
    booking_id: str = booking["booking_id"]
    return booking_id


async def leave(system: RunningSystem, path: str, guest: str) -> None:
    address = f"{path.replace('/evening/', '/api/v1/announcement/')}/booking/me"
    await system.send("PUT", address, await system.token(guest), {"my_status": False})


async def test_only_who_logs_in_gets_the_language_and_zone_of_the_window(
    browser: Browser, system: RunningSystem
) -> None:
    people = {}
    for login in ("vera", "dina"):
        body = {"login": login, "language": "ru", "tz": "Asia/Tokyo"}
        answer, _ = await system.send("POST", "/neighbours/auth/token", body=body)
        people[login] = answer["user_id"]
    zone = "America/New_York"
    async with visiting(browser, system.url, "nina", zone=zone) as nina:
        await expect(nina.page.get_by_role("option", name="Vera")).to_be_attached()
        await nina.click("Fill with an example week")
        await expect(nina.heading).to_have_text("Evenings")
        mine = await nina.page.evaluate("JSON.parse(sessionStorage.getItem('practix.person')).id")
    for user_id, language, tz in (
        (people["vera"], "ru", "Asia/Tokyo"),
        (people["dina"], "ru", "Asia/Tokyo"),
        (mine, "en", zone),
    ):
        account = await system.get(f"/neighbours/auth/users/{user_id}")
        assert (account["language"], account["tz"]) == (language, tz)


async def test_a_full_evening_is_found_and_one_that_takes_no_requests_is_not(
    browser: Browser, system: RunningSystem
) -> None:
    async with (
        visiting(browser, system.url, "anna") as anna,
        visiting(browser, system.url, "inna") as inna,
        visiting(browser, system.url, "oleg") as oleg,
    ):
        full = await anna.announce("Casablanca", title="Only one seat", **PLACE)
        await fill(system, full, "anna", "boris")
        await inna.announce("Psycho", title="Closed by hand", event_location="Moscow, Arbat 2")
        await inna.click("Take no more requests")
        await expect(inna.page.locator("main .tag").first).to_have_text("closed to requests")

        await oleg.open("/evenings")
        lines = oleg.page.locator("li.evening")
        line = lines.filter(has_text="Only one seat")
        await expect(line.locator(".tag")).to_have_text("full, with a waiting list")
        await expect(lines.filter(has_text="Closed by hand")).to_have_count(0)
        days = await oleg.page.locator("button.day small").all_inner_texts()
        assert days == [] or sum(map(int, days)) <= await lines.count()

        await oleg.page.get_by_text("More filters").click()
        await oleg.page.get_by_label("has free seats").check()
        await expect(oleg.page).to_have_url(re.compile("has_seats=true"))
        await expect(lines.filter(has_text="Only one seat")).to_have_count(0)
        await oleg.open("/evenings?status=Closed")
        await expect(lines.filter(has_text="Closed by hand")).to_have_count(1)

        await oleg.open("/evenings")
        await line.get_by_role("link").click()
        await oleg.click("Join the waiting list")
        await expect(oleg.own_state).to_have_text("on the waiting list")


async def test_the_host_reads_what_guests_wait_for_from_her_view(
    browser: Browser, system: RunningSystem
) -> None:
    async with visiting(browser, system.url, "kira") as kira:
        path = await kira.announce("Metropolis", **PLACE)
        await ask(system, path, "fedor")
        line = kira.page.locator("li[data-guest]")
        await expect(line.locator(".tag")).to_have_text("waits for your answer")
        await kira.open(f"{path}/history")
        guests = kira.page.locator(".panel .people")
        await expect(guests.locator(".tag")).to_have_text("waits for your answer")


async def test_a_host_sees_whom_she_has_approved_in_advance(
    browser: Browser, system: RunningSystem
) -> None:
    async with visiting(browser, system.url, "lena") as lena:
        path = await lena.announce("Rashomon", **PLACE)
        await fill(system, path, "lena", "gleb")
        await ask(system, path, "roma")
        line = lena.page.locator("li[data-guest]").filter(has_text="Roma")
        await expect(line.locator(".tag")).to_have_text("on the waiting list · 1")
        await lena.answer_guest("Roma", "Approve")
        await expect(line).to_contain_text("request approved in advance")
        await expect(line.get_by_role("button", name="Approve")).to_have_count(0)


async def test_a_host_may_close_a_full_evening_and_not_reopen_it(
    browser: Browser, system: RunningSystem
) -> None:
    async with visiting(browser, system.url, "olga") as olga:
        path = await olga.announce("Casablanca", **PLACE)
        await fill(system, path, "olga", "petya")
        status = olga.page.locator("main .tag").first
        await expect(status).to_have_text("full, with a waiting list")
        await expect(olga.page.get_by_role("button", name="Take requests again")).to_have_count(0)
        await olga.click("Take no more requests")
        await expect(status).to_have_text("closed to requests")


async def test_the_history_tells_a_full_evening_and_a_taken_seat_from_others(
    browser: Browser, system: RunningSystem
) -> None:
    async with (
        visiting(browser, system.url, "mila") as mila,
        visiting(browser, system.url, "sofa") as sofa,
    ):
        path = await mila.announce("Alien", **PLACE)
        await fill(system, path, "mila", "egor")
        await ask(system, path, "sofa")
        await mila.answer_guest("Sofa", "Approve")
        await leave(system, path, "egor")
        await sofa.open(path)
        await sofa.click("Accept")
        await expect(sofa.own_state).to_have_text("confirmed")
        await leave(system, path, "sofa")
        await expect(mila.seats).to_have_text("1 of 1 seat left")
        await mila.open(f"{path}/history")
        said = await mila.page.locator(".timeline strong").all_inner_texts()
        assert {"all seats are taken", "a seat is free again"} <= set(said)
        assert not {"closed to requests", "open to requests again"} & set(said)
        assert "the guest has accepted" in said
        assert "invitation" not in " ".join(said)


async def test_a_host_is_asked_before_a_guest_loses_a_seat(
    browser: Browser, system: RunningSystem
) -> None:
    async with (
        visiting(browser, system.url, "alla") as alla,
        visiting(browser, system.url, "yura") as yura,
    ):
        path = await alla.announce("Stalker", **PLACE)
        await fill(system, path, "alla", "yura")
        await yura.open(path)
        await alla.answer_guest("Yura", "Take back")
        await expect(alla.page.get_by_role("dialog")).to_contain_text("Yura")
        await alla.click("No")
        await expect(yura.own_state).to_have_text("confirmed")
        await alla.answer_guest("Yura", "Take back")
        await alla.click("Yes")
        await expect(yura.own_state).to_have_text("declined by the host")


async def test_the_file_for_a_calendar_is_saved_and_the_page_stays(
    browser: Browser, system: RunningSystem
) -> None:
    async with visiting(browser, system.url, "ella") as ella:
        path = await ella.announce("Solaris", **PLACE)
        async with ella.page.expect_download() as download:
            await ella.click("Add to calendar")
        assert "BEGIN:VEVENT" in Path(await (await download.value).path()).read_text()
        await ella.open(path)
        assert ella.page.url.endswith(path)
        assert ella.complaints == []


async def test_a_draft_has_no_chat_and_is_deleted_after_a_question(
    browser: Browser, system: RunningSystem
) -> None:
    async with visiting(browser, system.url, "alla") as alla:
        path = await announce_by_api(system, "alla", {"is_free": True, "publish": False})
        await alla.open(path)
        await expect(alla.page.get_by_role("log")).to_have_count(0)
        await alla.click("Delete the draft")
        await alla.click("Yes")
        await expect(alla.page.locator("main .tag").first).to_have_text("cancelled")


async def test_a_long_name_fits_on_a_phone(browser: Browser, system: RunningSystem) -> None:
    name = "konstantin-" * 6
    async with visiting(browser, system.url, name, size=(360, 740)) as visitor:
        await visitor.open("/evenings")
        assert await visitor.page.evaluate("document.documentElement.scrollWidth") == 360


async def test_a_cancelled_evening_says_nothing_else_of_its_guests(
    browser: Browser, system: RunningSystem
) -> None:
    async with visiting(browser, system.url, "rita") as rita:
        path = await rita.announce("Stalker", **PLACE)
        await fill(system, path, "rita", "lidia")
        async with visiting(browser, system.url, "lidia") as lidia:
            await lidia.open(path)
            await expect(lidia.own_state).to_have_text("confirmed")
            await rita.click("See who would be told")
            await rita.click("Yes, cancel it")
            await expect(lidia.page.locator("main .tag")).to_have_text(
                ["cancelled", "for everybody"]
            )
            await expect(rita.page.locator("li[data-guest] .tag")).to_have_count(0)
            await lidia.open("/evenings?mine=guest&all=true")
            line = lidia.page.locator("li.evening")
            await expect(line.locator(".tag")).to_have_text(["cancelled"])
            await lidia.open("/notices")
            notices = lidia.page.locator(".notices li")
            await expect(notices.filter(has_text="cancelled")).to_have_count(1)
            await expect(notices.filter(has_text="no longer true")).to_have_count(0)


async def test_a_refusal_is_said_once_and_as_long_as_it_is_so(
    browser: Browser, system: RunningSystem
) -> None:
    async with visiting_stale(browser, system.url) as (yana, zoya):
        await zoya.click("Ask to come")
        alert = zoya.page.get_by_role("alert")
        await expect(alert).to_contain_text("closed to new requests")
        await expect(zoya.page.get_by_text("closed to new requests")).to_have_count(1)
        await zoya.page.unroute("**/api/v1/stream*")
        await yana.click("Take requests again")
        await expect(zoya.page.get_by_role("button", name="Ask to come")).to_be_visible()
        await expect(alert).to_have_count(0)
        await yana.click("Take no more requests")
        await expect(zoya.page.locator(".panel")).to_contain_text("closed to new requests")


@pytest.mark.parametrize("price", [None, 300])
async def test_a_paid_evening_becomes_free_only_if_the_host_says_so(
    browser: Browser, system: RunningSystem, price: int | None
) -> None:
    paid: dict[str, Any] = {"is_free": False}
    if price is not None:
        paid |= {"price_amount": price, "price_currency": "RUB"}
    async with visiting(browser, system.url, "anna") as anna:
        path = await announce_by_api(system, "anna", paid)
        await anna.open(f"{path}/change")
        field = anna.page.locator("[name=price_amount]")
        await field.fill("")
        await anna.click("See who would be told")
        sentence = "0 if it is free"
        assert await field.evaluate("one => one.validity.valueMissing")
        await expect(field).to_be_focused()
        await expect(anna.page.get_by_text(sentence)).to_be_visible()
        await expect(anna.page.get_by_role("button", name="Save the changes")).to_have_count(0)
        await field.fill("0")
        await anna.click("See who would be told")
        await anna.click("Save the changes")
        await expect(anna.page.locator("dd").nth(2)).to_have_text("free")


async def announce_by_api(system: RunningSystem, host: str, price: dict[str, Any]) -> str:
    """Announce an evening through the API. Returns the path of its page."""
    token = await system.token(host)
    body = {
        "title": "Paid", "description": "", "sub_only": False, "ticket_count": 2,
        "event_time": f"20{40 + len(price)}-01-01T19:00:00Z", "event_location": "Moscow", **price,
    }  # fmt: skip
    address = f"/api/v1/announcement/{await system.film()}"
    evening, position = await system.send("POST", address, token, body, expect=201)
    path = f"/evening/{evening['id']}"
    await be_shown(system, path, token, position)
    return path


async def test_a_page_for_people_says_what_it_is_and_is_shown_after_the_login(
    browser: Browser, system: RunningSystem
) -> None:
    async with open_window(browser) as (page, _):
        visitor = Visitor(page, [], system.url)
        for path, title in (("/plan", "My plan"), (f"/evening/{uuid4()}", "Evenings")):
            await visitor.open(path)
            await expect(visitor.heading).to_have_text(title)
            await expect(page.locator("main")).to_contain_text("Log in")
        await visitor.open("/plan")
        await page.locator("main").get_by_role("button", name="Somebody else…").click()
        await expect(page.locator("input[name=login]")).to_be_focused()
        await page.keyboard.type("pavel")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="When I am free")).to_be_visible()
    async with open_window(browser) as (page, _):
        await page.goto(f"{system.url}/announce?movie_id={await system.film()}")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Announce an evening")
        await page.locator("main").get_by_role("button", name="Boris").click()
        await expect(page.locator("[name=event_location]")).to_be_visible()
        assert "/announce?movie_id=" in page.url


async def test_a_page_of_evenings_is_full_though_hosts_have_closed_the_first_ones(
    browser: Browser, system: RunningSystem
) -> None:
    film, token = await system.film(), await system.token("zina")
    for number in range(20):
        body = {
            "title": "Closed by hand", "description": "", "sub_only": False, "is_free": True,
            "ticket_count": 1, "event_location": "Moscow",
            "event_time": (datetime.now(UTC) + timedelta(hours=1 + 4 * number)).isoformat(),
        }  # fmt: skip
        evening, _ = await system.send(
            "POST", f"/api/v1/announcement/{film}", token, body, expect=201
        )
        address = f"/api/v1/announcement/{evening['id']}"
        _, position = await system.send("PUT", address, token, {"status": "Closed"})
    async with visiting(browser, system.url, "taras") as taras:
        later = {"title": "Later", "event_time": "2040-05-01T19:00", **PLACE}
        await taras.announce("Psycho", **later)
        await system.get(f"/api/v1/announcements?min_position={position}", token)
        await taras.open("/evenings")
        lines = taras.page.locator("li.evening")
        await expect(lines.filter(has_text="Later")).to_have_count(1)
        await expect(lines.filter(has_text="Closed by hand")).to_have_count(0)
