"""Every page of the site: on a phone, in both languages, and when something goes wrong."""

import os
import re
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Route, expect

from tests.cells.embedded import RunningSystem, run_system
from tests.e2e.browser.site import visiting, visiting_stale
from tests.servers.browser import DESKTOP, PHONE, find_grave, is_too_wide, open_window
from tests.torture.proxy import Proxy
from tests.waiting import eventually, within

EVENINGS: Final = 8
"""Those of the example week. One is full."""
NOBODY: Final = "00000000-0000-4000-8000-000000000000"
LOST: Final = "There is nothing at this address, or you may not see it."
STATES_AND_TIMES: Final = """lines => lines.map(
    (one) => [one.querySelector('.tag').innerText, one.querySelector('time').dateTime])"""

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningSystem]:
    """With the example week, which the first visitor asks for."""
    async with run_system(tmp_path_factory.mktemp("site")) as found:
        async with visiting(browser, found.url, "anna") as anna:
            await anna.click("Fill with an example week")
            await expect(anna.page.locator("li.evening")).to_have_count(EVENINGS)
            assert anna.complaints == []
        yield found


def list_paths(evening: str, person: str, film: str, invite: str) -> tuple[str, ...]:
    return (
        "/",
        f"/film/{film}",
        f"/announce?movie_id={film}",
        "/evenings",
        f"/evening/{evening}",
        f"/evening/{evening}/change",
        f"/evening/{evening}/history",
        f"/invited/{invite}",
        "/mine",
        "/figures",
        "/plan",
        "/notices",
        "/preferences",
        f"/person/{person}",
        "/data",
        f"/report?kind=evening&id={evening}",
    )


async def list_pages(system: RunningSystem) -> tuple[str, ...]:
    """Return the path of each page, about an evening that Anna hosts. She is invited by Vera."""
    token, other = await system.token("anna"), await system.token("vera")
    evening, *_ = await system.get("/api/v1/announcements?mine=host", token)
    inviting, *_ = await system.get("/api/v1/announcements?mine=host", other)
    links = f"/api/v1/announcement/{inviting['id']}/invite-links"
    link, _ = await system.send("POST", links, other, {}, expect=201)
    return list_paths(evening["id"], evening["author_id"], evening["movie_id"], link["token"])


@pytest.mark.parametrize(
    ("size", "scheme", "locale"), [(DESKTOP, "light", "en-GB"), (PHONE, "dark", "ru-RU")]
)
async def test_every_page_is_for_everybody(
    browser: Browser,
    system: RunningSystem,
    size: tuple[int, int],
    scheme: Literal["light", "dark"],
    locale: str,
) -> None:
    found: dict[str, object] = {}
    async with visiting(
        browser, system.url, "anna", size=size, scheme=scheme, locale=locale
    ) as anna:
        for path in await list_pages(system):
            await anna.open(path)
            if grave := await find_grave(anna.page):
                found[path] = grave
            if await is_too_wide(anna.page):
                found[f"width of {path}"] = await anna.page.evaluate("innerWidth")
        assert found == {}
        assert anna.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_page_without_scripts_is_for_everybody(
    browser: Browser, system: RunningSystem, scheme: Literal["light", "dark"]
) -> None:
    token = await system.token("anna")
    person = (await system.get("/api/v1/announcements?mine=host", token))[0]["author_id"]
    found: dict[str, object] = {}
    opened = open_window(browser, size=PHONE, scheme=scheme, locale="ru-RU")
    async with opened as (page, _):
        await page.set_extra_http_headers({"Authorization": f"Bearer {token}"})
        for path in ("/films", "/s/gone", "/a/nothing", f"/neighbours/notification/inbox/{person}"):
            await page.goto(system.url + path)
            await expect(page.get_by_role("heading", level=1)).to_be_visible()
            if grave := await find_grave(page):
                found[path] = grave
            if await is_too_wide(page):
                found[f"width of {path}"] = await page.evaluate("innerWidth")
    assert found == {}


async def test_a_stale_page_is_told_why_it_cannot(browser: Browser, system: RunningSystem) -> None:
    async with visiting_stale(browser, system.url) as (yana, zoya):
        await zoya.click("Ask to come")
        await expect(zoya.page.get_by_role("alert")).to_contain_text("closed")
        await expect(zoya.page.locator("main .tag").first).to_have_text("closed to requests")
        await yana.click("See who would be told")
        await yana.click("Yes, cancel it")
        await expect(yana.page.locator("main .tag").first).to_have_text("cancelled")
        await zoya.page.reload()
        await expect(zoya.page.get_by_role("alert")).to_contain_text("you may not see it")


async def test_a_lost_connection_is_said_and_mended(
    browser: Browser, system: RunningSystem
) -> None:
    async with (
        visiting(browser, system.url, "lena") as lena,
        visiting(browser, system.url, "boris") as boris,
    ):
        await lena.page.route("**/api/v1/stream*", lambda route: route.abort())
        path = await lena.announce("Metropolis", event_location="Moscow, Arbat 3")
        lost = lena.page.get_by_text("Connection lost")
        await expect(lost).to_be_visible()
        await boris.open(path)
        await boris.click("Ask to come")
        await expect(boris.own_state).to_be_visible()
        await lena.page.unroute_all()
        await expect(lena.page.locator("li[data-guest]")).to_contain_text("Boris")
        await expect(lost).not_to_be_visible()


async def test_a_stream_that_breaks_off_goes_on_where_it_was(
    browser: Browser, system: RunningSystem
) -> None:
    wire = Proxy("system")
    await wire.start(system.port)
    through = f"http://127.0.0.1:{wire.port}"
    async with visiting(browser, through, "vika") as vika:
        path = await vika.announce("Solaris", event_location="Moscow, Arbat 5")
        booking = path.replace("/evening/", "/api/v1/booking/")
        guests = vika.page.locator("li[data-guest]")
        await system.send("POST", booking, await system.token("oleg"), expect=201)
        await expect(guests).to_have_count(1)  # The stream is open, and has told something.
        resumed: list[str | None] = []
        vika.page.on("request", lambda one: resumed.append(one.headers.get("last-event-id")))
        wire.cut()
        lost = vika.page.get_by_text("Connection lost")
        await expect(lost).to_be_visible()
        await system.send("POST", booking, await system.token("nina"), expect=201)
        wire.restore()
        await expect(guests).to_have_count(2)
        await expect(lost).not_to_be_visible()
        assert any(resumed)
    await wire.stop()


async def test_an_answer_that_is_lost_is_asked_for_again_and_counts_once(
    browser: Browser, system: RunningSystem
) -> None:
    async with (
        visiting(browser, system.url, "mila") as mila,
        visiting(browser, system.url, "boris") as boris,
    ):
        path = await mila.announce("Rashomon", event_location="Moscow, Arbat 4")
        await boris.open(path)
        keys: list[str | None] = []

        async def lose_first(route: Route) -> None:
            if route.request.method == "POST":
                keys.append(await route.request.header_value("Idempotency-Key"))
                if len(keys) == 1:
                    await route.fetch()  # It counts, and its answer is lost.
                    await route.abort()
                    return
            await route.continue_()

        await boris.page.route("**/api/v1/booking/*", lose_first)
        await boris.click("Ask to come")
        await expect(boris.own_state).to_contain_text("has yet to answer")
        await eventually(lambda: len(keys) == 2)
        assert len(set(keys)) == 1


async def test_the_back_button_goes_back(browser: Browser, system: RunningSystem) -> None:
    async with visiting(browser, system.url, "anna") as anna:
        await anna.open("/evenings")
        await anna.page.locator("li.evening a").first.click()
        await expect(anna.seats).to_be_visible()
        await anna.page.go_back()
        await expect(anna.heading).to_have_text("Evenings")
        await anna.page.go_back()
        await expect(anna.heading).to_have_text("Films")


def is_due(notice: dict[str, Any]) -> bool:
    is_over = datetime.fromisoformat(notice["due_at"]) <= datetime.now(UTC)
    return notice["state"] == "waiting" and is_over


async def test_notices_are_the_newest_first_and_say_of_what_and_why(
    browser: Browser, system: RunningSystem
) -> None:
    token = await system.token("anna")
    hosted = await system.get("/api/v1/announcements?mine=host", token)
    async for _ in within():
        lines = await system.get("/api/v1/notifications", token)
        if [one["state"] for one in lines].count("sent") > 3 and not any(map(is_due, lines)):
            break
    async with visiting(browser, system.url, "anna") as anna:
        await anna.open("/notices")
        notices = anna.page.locator(".notices li")
        asked = notices.filter(has_text="asks to join").first
        evening = await asked.locator("a[href^='/evening/']").inner_text()
        assert evening.strip() in {one["title"] for one in hosted}
        await asked.locator("summary").click()
        await expect(asked.locator("details p")).to_contain_text(
            re.compile(r"at your evening\..+\s+What happened: request, \w+ \d+ \w+ at \d\d:\d\d\.")
        )
        shown = await notices.evaluate_all(STATES_AND_TIMES)
        told = [datetime.fromisoformat(at) for state, at in shown if state == "sent"]
        assert len(shown) > len(told) > 3
        to_come = notices.last.locator("a[href^='/evening/']")
        moment = re.compile(r"the evening \w+,? \d+ \w+( \d{4})? at \d\d:\d\d")
        await expect(to_come).to_have_text(moment)
        assert {state for state, _ in shown[: len(told)]} == {"sent"}
        assert told == sorted(told, reverse=True)
        assert anna.complaints == []


async def test_no_token_stands_in_an_address(browser: Browser, system: RunningSystem) -> None:
    async with visiting(browser, system.url, "anna") as anna:
        addresses: list[str] = []
        anna.page.on("request", lambda request: addresses.append(request.url))
        for path in await list_pages(system):
            await anna.open(path)
        token = await anna.page.evaluate(
            "JSON.parse(sessionStorage.getItem('practix.person')).token"
        )
        assert len(addresses) > 30
        assert [one for one in addresses if token in one] == []


async def test_a_host_reads_what_became_of_the_evenings(
    browser: Browser, system: RunningSystem
) -> None:
    token = await system.token("anna")
    _, position = await system.send("GET", "/api/v1/announcements?mine=host", token)
    path = f"/api/v1/my/figures?min_position={position}"
    async for _ in within():
        if "figures" in (await system.get(path, token, expect=None) or {}):
            break
    async with visiting(browser, system.url, "anna") as anna:
        await anna.open("/mine")
        await anna.follow("My evenings in numbers")
        funnel = anna.page.locator("[data-figure=request_funnel]")
        await expect(funnel.get_by_role("img")).to_be_visible()
        await funnel.get_by_text("In numbers").click()
        heads = await funnel.get_by_role("columnheader").all_inner_texts()
        assert heads == ["requests", "answered", "got a seat"]
        *_, requests, answered, _ = await funnel.get_by_role("cell").all_inner_texts()
        assert int(requests) > int(answered) > 0
        assert anna.complaints == []
    async with visiting(browser, system.url, "olga", locale="ru-RU") as olga:
        await olga.open("/figures")
        await expect(olga.page.locator("main")).to_contain_text("Создайте встречу")


async def test_a_person_takes_their_data_and_has_second_thoughts(
    browser: Browser, system: RunningSystem, tmp_path: Path
) -> None:
    async with visiting(browser, system.url, "dina") as dina:
        await dina.follow("Me")
        await dina.follow("My data")
        async with dina.page.expect_download() as download:
            await dina.click("Download my data")
        await (await download.value).save_as(tmp_path / "practix.zip")
        with zipfile.ZipFile(tmp_path / "practix.zip") as archive:
            assert {"about.json", "index.html"} <= set(archive.namelist())
        erasure = dina.page.locator("[data-role=erasure]")
        await dina.click("Erase my data")
        await dina.click("No")
        await expect(erasure).to_contain_text("You have a week to change your mind.")
        await erasure.get_by_role("button").dblclick()
        await dina.click("Yes")
        await expect(erasure).to_contain_text("Erasure begins:")
        await dina.page.reload()
        await dina.click("Cancel the erasure")
        await expect(erasure.get_by_role("button")).to_have_text("Erase my data")
        assert dina.complaints == []


async def test_a_calendar_leads_to_the_days_that_have_evenings(
    browser: Browser, system: RunningSystem
) -> None:
    async with visiting(browser, system.url, "anna") as anna:
        await anna.open("/mine")
        coming = await anna.page.locator("li.evening").count()
        days = anna.page.locator("button.day")
        await days.first.click()
        await expect(anna.page.locator("button.day[aria-pressed=true]")).to_have_count(1)
        await expect(anna.page.locator("li.evening")).to_have_count(1)
        await anna.follow("All that is to come")
        await expect(anna.page.locator("li.evening")).to_have_count(coming)


@pytest.mark.parametrize("path", ["/evenings", "/mine"])
async def test_on_a_phone_the_calendar_is_folded(
    browser: Browser, system: RunningSystem, path: str
) -> None:
    async with visiting(browser, system.url, "anna", size=PHONE) as anna:
        await anna.open(path)
        first = await anna.page.locator("li.evening").first.bounding_box()
        calendar = anna.page.locator(".calendar")
        folded = await calendar.bounding_box()
        assert first is not None
        assert folded is not None
        assert first["y"] - folded["y"] < 160
        await calendar.locator("summary").click()
        await expect(anna.page.get_by_role("button", name="Next month")).to_be_visible()
        assert not await is_too_wide(anna.page)


async def test_films_out_of_sight_come_after_the_rest_and_stay(
    browser: Browser, system: RunningSystem
) -> None:
    async with visiting(browser, system.url, "anna") as anna:
        catalogue = await system.get("/neighbours/movies")
        await anna.page.add_init_script(
            """new MutationObserver(() => {
                const films = document.querySelectorAll('.films li').length;
                if (films) window.firstFilms ??= films;
            }).observe(document, { childList: true, subtree: true });"""
        )
        await anna.open("/")
        films = anna.page.locator(".films li")
        await expect(films).to_have_count(len(catalogue))
        assert await anna.page.evaluate("window.firstFilms") < len(catalogue) / 4
        last = films.last.get_by_role("link")
        await last.scroll_into_view_if_needed()
        before = await anna.page.evaluate("scrollY")
        await last.click()
        await expect(anna.page.get_by_role("link", name="Announce an evening")).to_be_visible()
        await anna.page.go_back()
        await expect(last).to_be_in_viewport()
        assert before > 1000


async def test_evenings_are_found_by_film_and_by_host(
    browser: Browser, system: RunningSystem
) -> None:
    async with visiting(browser, system.url, "anna") as anna:
        await anna.open("/evenings")
        await anna.page.locator("[name=movie_id]").select_option(label="Interstellar")
        await expect(anna.page.locator("li.evening")).to_have_count(1)
        await anna.page.locator("li.evening a").click()
        await anna.page.get_by_role("link", name="invites").click()
        await expect(anna.page.get_by_role("link", name="Evenings of this host")).to_be_visible()
        name = await anna.heading.inner_text()
        await anna.follow("Evenings of this host")
        await expect(anna.heading).to_have_text("Evenings")
        await expect(anna.page.locator("main")).to_contain_text(f"Evenings of {name}")
        facts = await anna.page.locator("li.evening .facts").all_inner_texts()
        assert facts != []
        assert all(name in one for one in facts)


@pytest.mark.parametrize(
    ("path", "says", "way_on"),
    [
        (f"/evening/{NOBODY}", LOST, "Evenings"),
        (f"/evening/{NOBODY}/history", LOST, "Evenings"),
        (f"/film/{NOBODY}", LOST, "Films"),
        (f"/person/{NOBODY}", LOST, "Films"),
        (f"/announce?movie_id={NOBODY}", LOST, "Films"),
        ("/announce", "Announce an evening", "Choose a film first"),
        ("/invited/zzz", LOST, "Evenings"),
        ("/evenings?date_from=soon", "parameter is malformed", "Evenings"),
        ("/report", "choose “Report” there", None),
        (f"/report?kind=film&id={NOBODY}", "choose “Report” there", None),
    ],
)
async def test_what_is_not_there_is_said_with_a_way_on(
    browser: Browser, system: RunningSystem, path: str, says: str, way_on: str | None
) -> None:
    async with visiting(browser, system.url, "anna", size=PHONE) as anna:
        await anna.open(path)
        main = anna.page.locator("main")
        await expect(main).to_contain_text(says)
        await expect(main.get_by_role("button")).to_have_count(0)
        await expect(main.locator("form")).to_have_count(0)
        assert await find_grave(anna.page) == []
        assert not await is_too_wide(anna.page)
        if way_on:
            await main.get_by_role("link", name=way_on).click()
            await expect(anna.page.locator(".films, .beside")).to_be_visible()


async def test_what_did_not_come_may_be_asked_for_again(
    browser: Browser, system: RunningSystem
) -> None:
    async with visiting(browser, system.url, "anna") as anna:
        await anna.page.route("**/api/v1/plan", lambda route: route.fulfill(status=500))
        await anna.open("/plan")
        await anna.page.unroute_all()
        await anna.click("Try again")
        await expect(anna.page.get_by_role("heading", name="When I am free")).to_be_visible()


async def test_a_link_to_an_id_that_is_none_is_not_found(
    browser: Browser, system: RunningSystem
) -> None:
    async with visiting(browser, system.url, "anna") as anna:
        answer = await anna.page.goto(f"{system.url}/evening/abc")
        assert answer is not None
        assert answer.status == 404
        await expect(anna.heading).to_have_text("There is no such page")


async def test_an_invite_link_says_whose_it_is_and_is_used_by_the_button_alone(
    browser: Browser, system: RunningSystem
) -> None:
    async with (
        visiting(browser, system.url, "rita") as rita,
        visiting(browser, system.url, "galya") as galya,
        visiting(browser, system.url, "tolya") as tolya,
    ):
        place = {"title": "On the roof", "event_location": "Moscow, Arbat 1"}
        evening = await rita.announce("Alien", **place)
        await rita.click("Make an invite link")
        used = rita.page.locator(".people .facts", has_text="used")
        link = await rita.page.get_by_label("Invite link").input_value()
        path = link.removeprefix(system.url)
        await galya.open(path)
        await expect(galya.heading).to_have_text("Rita invites")
        await expect(galya.page.locator("main")).to_contain_text("On the roof")
        await rita.page.reload()
        await expect(used).to_have_text("used 0 times")
        await galya.click("Ask to come")
        await expect(galya.own_state).to_contain_text("has yet to answer")
        assert galya.page.url.endswith(evening)
        await rita.open(path)
        await expect(rita.page.get_by_role("alert")).to_contain_text("own evening")
        await rita.open(evening)
        await rita.click("Revoke")
        await rita.click("Yes")
        await expect(used).to_have_count(0)
        await tolya.open(path)
        await expect(tolya.page.get_by_role("alert")).to_contain_text("taken this link back")


async def test_long_texts_are_folded_and_lists_stay_lists(
    browser: Browser, system: RunningSystem
) -> None:
    token, guest = await system.token("lyuda"), await system.token("petr")
    body = {
        "title": "A title of many words. " * 8, "description": "Once upon a time. " * 220,
        "event_location": "Moscow, " * 60, "event_time": "2041-01-01T19:00:00Z",
        "sub_only": False, "is_free": True, "ticket_count": 2,
    }  # fmt: skip
    address = f"/api/v1/announcement/{await system.film()}"
    evening, _ = await system.send("POST", address, token, body, expect=201)
    asking = {"message": "May I come? " * 80}
    await system.send("POST", f"/api/v1/booking/{evening['id']}", guest, asking, expect=201)
    posts = f"/api/v1/announcement/{evening['id']}/posts"
    await system.send("POST", posts, token, {"text": "line\n" * 800}, expect=201)
    async with visiting(browser, system.url, "lyuda", size=PHONE) as lyuda:
        await lyuda.open(f"/evening/{evening['id']}")
        texts = lyuda.page.locator(".text:visible")
        await expect(texts).to_have_count(3)  # Description, message and post.
        heights = "all => all.map((one) => one.clientHeight)"
        assert max(await texts.evaluate_all(heights)) < 200
        folds = lyuda.page.get_by_text("More", exact=True)
        await expect(folds).to_have_count(3)
        for fold in await folds.all():
            await fold.press("Enter")
        assert min(await texts.evaluate_all(heights)) > 400
        for size in (PHONE, DESKTOP):
            await lyuda.page.set_viewport_size({"width": size[0], "height": size[1]})
            await lyuda.open("/evenings?date_from=2041-01-01")
            line = lyuda.page.locator("li.evening")
            title = await line.locator("strong").bounding_box()
            whole = await line.bounding_box()
            assert title is not None
            assert whole is not None
            assert title["width"] > size[0] / 4
            assert whole["height"] < 320
            assert not await is_too_wide(lyuda.page)


async def test_pictures_for_the_readme(
    browser: Browser, system: RunningSystem, tmp_path: Path
) -> None:
    """`make screenshots` keeps them."""
    folder = Path(os.environ.get("PRACTIX_TEST_SCREENSHOTS", tmp_path))
    async with visiting(browser, system.url, "anna", size=(1100, 760)) as anna:
        await anna.open("/evenings")
        await anna.page.screenshot(path=folder / "evenings.png")
        path = await anna.page.locator("li.evening a").first.get_attribute("href")
        assert path is not None
        await anna.open(path)
        await expect(anna.seats).to_be_visible()
        await anna.page.screenshot(path=folder / "evening.png")
    assert {one.name for one in folder.iterdir()} >= {"evenings.png", "evening.png"}
