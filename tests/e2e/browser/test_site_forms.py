"""What a form of the site says of a field that the API refuses, and where."""

from typing import Final

import pytest
from playwright.async_api import Browser, expect

from tests.cells.embedded import RunningSystem
from tests.e2e.browser.site import Visitor, demand_said_at, visiting
from tests.servers.browser import PHONE

BLANK: Final = "Fill this in; blanks alone do not count."

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]


async def open_announcing(visitor: Visitor, system: RunningSystem) -> None:
    await visitor.open(f"/announce?movie_id={await system.film()}")


@pytest.mark.parametrize(
    ("locale", "button", "reason"),
    [
        ("en-GB", "Publish", BLANK),
        ("ru-RU", "Опубликовать", "Заполните это поле: одних пробелов мало."),
    ],
)
async def test_a_refused_text_is_told_at_its_field_and_what_was_typed_stays(
    browser: Browser, system: RunningSystem, locale: str, button: str, reason: str
) -> None:
    async with visiting(browser, system.url, "anna", size=PHONE, locale=locale) as anna:
        await open_announcing(anna, system)
        title, place = (anna.page.locator(f"[name={one}]") for one in ("title", "event_location"))
        await title.fill("   ")
        await place.fill("Moscow, Arbat 1")
        await anna.click(button)
        await demand_said_at(title, reason)
        await expect(place).to_have_value("Moscow, Arbat 1")
        await title.fill("At home")
        await place.fill(" ")
        await anna.click(button)
        await demand_said_at(place, reason)
        await expect(title).to_have_value("At home")


async def test_a_text_that_is_too_long_is_kept_whole_and_the_limit_is_said(
    browser: Browser, system: RunningSystem
) -> None:
    async with visiting(browser, system.url, "anna") as anna:
        await open_announcing(anna, system)
        title = anna.page.locator("[name=title]")
        await title.fill("x" * 201)
        await anna.page.locator("[name=event_location]").fill("Moscow, Arbat 2")
        await anna.click("Publish")
        await demand_said_at(title, "At most 200 characters.")
        assert await title.input_value() == "x" * 201
        await title.press("Backspace")
        await anna.click("Publish")
        await expect(anna.heading).to_have_text("x" * 200)


@pytest.mark.parametrize(
    ("path", "field", "button"),
    [
        ("/mine", "name", "Make an address"),
        ("/plan", "places", "Add a film"),
        ("/report?kind=person&id=4119c8c8-d92c-5afa-8874-0b6e08d58b28", "reason", None),
    ],
)
async def test_every_form_does_so(
    browser: Browser, system: RunningSystem, path: str, field: str, button: str | None
) -> None:
    async with visiting(browser, system.url, "boris") as boris:
        await boris.open(path)
        one = boris.page.locator(f"[name={field}]")
        await one.fill("  ")
        await boris.click(button or "Send to the operators")
        await demand_said_at(one, BLANK)


async def test_the_forms_of_an_evening_do_so(browser: Browser, system: RunningSystem) -> None:
    async with visiting(browser, system.url, "vera") as vera:
        await vera.announce("Psycho", event_location="Moscow, Arbat 3")
        post = vera.page.locator("[data-role=post]")
        await post.fill("  ")
        await post.press("Enter")
        await demand_said_at(post, BLANK)
        await post.fill("Hello")
        await post.press("Enter")
        await vera.click("Edit")
        edited = vera.page.locator(".chat input")
        await edited.fill("x" * 4001)
        await edited.press("Enter")
        await demand_said_at(edited, "At most 4000 characters.")
        assert len(await edited.input_value()) == 4001
        await edited.press("Escape")
        text = vera.page.locator("textarea[name=text]")
        await text.fill("\n\n")
        await vera.page.locator("form", has=text).get_by_role("button").click()
        await demand_said_at(text, BLANK)
        await text.fill("Hello")
        boxes = vera.page.locator("[name=to]")
        await boxes.first.uncheck()
        await vera.page.locator("form", has=text).get_by_role("button").click()
        await demand_said_at(boxes.first, "Choose at least 1.")
        await boxes.nth(1).check()
        await vera.page.locator("form", has=text).get_by_role("button").click()
        await expect(vera.page.get_by_text("Done.")).to_be_visible()
        reason = vera.page.locator("[name=reason]")
        await reason.fill(" ")
        await vera.click("See who would be told")
        await demand_said_at(reason, BLANK)


async def test_a_blank_login_is_told_at_its_field(browser: Browser, system: RunningSystem) -> None:
    async with visiting(browser, system.url, "anna") as anna:
        await anna.page.locator("select[data-role=person]").select_option("?")
        login = anna.page.locator("input[name=login]")
        await login.fill("  ")
        await login.press("Enter")
        await demand_said_at(login, BLANK)


async def test_a_refusal_that_no_field_is_wrong_for_is_brought_into_view(
    browser: Browser, system: RunningSystem
) -> None:
    async with visiting(browser, system.url, "gleb", size=PHONE) as gleb:
        await open_announcing(gleb, system)
        await gleb.page.locator("[name=event_location]").fill("Moscow, Arbat 4")
        await gleb.page.locator("[name=event_time]").fill("2020-01-01T19:00")
        await gleb.click("Publish")
        alert = gleb.page.get_by_role("alert")
        await expect(alert).to_have_text("The time lies in the past.")
        await expect(alert).to_be_in_viewport()


async def test_the_status_that_a_search_begins_with_is_said_as_it_is(
    browser: Browser, system: RunningSystem
) -> None:
    async with visiting(browser, system.url, "anna") as anna:
        chosen = anna.page.locator("[name=status] option:checked")
        await anna.open("/evenings?has_seats=true")
        await expect(chosen).to_have_text("open, or with a waiting list")
        await anna.page.locator("[name=q]").fill("   ")
        await anna.click("Find")
        await expect(anna.heading).to_have_text("Evenings")
        assert "q=" not in anna.page.url
        await anna.open("/evenings?mine=host")
        await expect(chosen).to_have_text("any")


async def test_a_film_always_leads_to_all_its_evenings(
    browser: Browser, system: RunningSystem
) -> None:
    async with visiting(browser, system.url, "anna") as anna:
        for film in await system.get("/neighbours/movies"):
            await anna.open(f"/film/{film['id']}")
            if await anna.page.get_by_role("link", name="Announce an evening").count():
                await anna.follow("All evenings of this film")
                await expect(anna.page.locator("[name=movie_id]")).to_have_value(film["id"])
                break


async def test_half_of_the_quiet_hours_is_refused_at_the_other_half(
    browser: Browser, system: RunningSystem
) -> None:
    async with visiting(browser, system.url, "gleb") as gleb:
        await gleb.open("/preferences")
        begins, ends = (gleb.page.locator(f"[name=quiet_{one}]") for one in ("from", "to"))
        await begins.fill("22:00")
        await gleb.click("Save")
        await demand_said_at(ends, "Enter both times, or neither.")
        await ends.fill("22:00")
        await gleb.click("Save")
        await demand_said_at(ends, "It ends when it begins.")
        await begins.fill("")
        await gleb.click("Save")
        await demand_said_at(ends, "Enter both times, or neither.")


async def test_an_evening_is_changed_as_the_fields_say_and_as_was_previewed(
    browser: Browser, system: RunningSystem
) -> None:
    async with visiting(browser, system.url, "olga") as olga:
        path = await olga.announce("Psycho", event_location="Moscow, Arbat 5")
        await olga.open(f"{path}/change")
        title, save = olga.page.locator("[name=title]"), olga.page.get_by_text("Save the changes")
        await title.fill("Seen")
        await olga.click("See who would be told")
        await expect(save).to_be_visible()
        await title.fill("Told")
        await expect(save).to_have_count(0)
        await olga.click("See who would be told")
        await save.click()
        await expect(olga.heading).to_have_text("Told")


async def test_an_evening_is_not_cancelled_after_a_preview_that_others_made_old(
    browser: Browser, system: RunningSystem
) -> None:
    async with visiting(browser, system.url, "pasha") as pasha:
        path = await pasha.announce("Vertigo", event_location="Moscow, Arbat 6")
        cancel = pasha.page.get_by_role("button", name="Yes, cancel it")
        await pasha.click("See who would be told")
        await expect(cancel).to_be_visible()
        async with visiting(browser, system.url, "petr") as petr:
            await petr.open(path)
            await petr.click("Ask to come")
            await expect(petr.own_state).to_have_text("the host has yet to answer")
        await expect(pasha.page.locator("li[data-guest]")).to_have_count(1)
        await expect(cancel).to_have_count(0)
        await pasha.click("See who would be told")
        told = pasha.page.locator("form", has=cancel).locator("li").last
        await expect(told).to_contain_text("Petr")
        await cancel.click()
        await expect(pasha.page.locator("main .tag").first).to_have_text("cancelled")
