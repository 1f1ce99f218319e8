"""Forms of the site: they say at its field what the API refuses, and lose nothing."""

import re
from typing import Final

import pytest
from playwright.async_api import Browser, expect

from tests.cells.embedded import RunningSystem
from tests.e2e.browser.site import Visitor, demand_said_at, visiting
from tests.servers.browser import PHONE

WOULD_ASK: Final = """() => !dispatchEvent(new Event('beforeunload', { cancelable: true }))"""
"""Whether the browser would ask before the window is closed."""
IS_PERSON: Final = "name => JSON.parse(sessionStorage['practix.person']).name === name"
"""Whether the window is this person's."""
BLANK: Final = "Fill this in; blanks alone do not count."

pytestmark = pytest.mark.asyncio(loop_scope="module")


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
        await expect(vera.page.locator(".notice")).to_have_text("There is nobody to get it")
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
        begins = gleb.page.locator("[name=event_time]")
        time = await begins.input_value()
        await begins.fill("2020-01-01T19:00")
        await gleb.click("Publish")
        await demand_said_at(begins, "The time lies in the past.")
        await begins.fill(time)
        await gleb.click("Publish")
        await expect(gleb.seats).to_be_visible()
        await open_announcing(gleb, system)
        await gleb.page.locator("[name=event_location]").fill("Moscow, Arbat 4")
        await gleb.click("Publish")
        alert = gleb.page.get_by_role("alert")
        await expect(alert.get_by_role("link")).to_be_visible()
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
        await pasha.page.locator("[name=reason]").fill("Ill")
        await expect(cancel).to_have_count(0)
        await pasha.click("See who would be told")
        await cancel.click()
        await expect(pasha.page.locator("main .tag").first).to_have_text("cancelled")


async def find_series(system: RunningSystem) -> str:
    series: str = (await system.get("/neighbours/movies?q=chernobyl"))[0]["id"]
    return series


async def test_an_evening_of_a_plan_is_announced_by_the_form(
    browser: Browser, system: RunningSystem
) -> None:
    token, film = await system.token("rita"), await find_series(system)
    times = [
        {"from": f"20{year}-01-01T19:00:00Z", "to": f"20{year}-01-01T23:00:00Z"}
        for year in (20, 41, 42)
    ]
    body = {"times": times, "places": ["Moscow, at home", "Moscow, Arbat 7"]}
    await system.send("PUT", f"/api/v1/plan/{film}", token, body)
    async with visiting(browser, system.url, "rita", zone="Europe/Moscow") as rita:
        await rita.open("/plan")
        await rita.follow("Announce an evening")
        field = rita.page.locator("[name=event_time]")
        await expect(field).to_have_value("2041-01-01T22:00")
        await expect(rita.page.locator("[name=event_location]")).to_have_value("Moscow, at home")
        own = await system.get("/api/v1/announcements?mine=host", token)
        assert own == []
        await rita.page.locator("[name=episode]").fill("2")
        await rita.click("Publish")
        await expect(rita.seats).to_have_text("3 of 3 seats left")
        assert rita.complaints == []


async def test_a_plan_without_a_place_or_a_time_to_come_is_announced_by_the_form_too(
    browser: Browser, system: RunningSystem
) -> None:
    token, film = await system.token("sveta"), await system.film()
    past = {"from": "2020-01-01T19:00:00Z", "to": "2020-01-01T23:00:00Z"}
    await system.send("PUT", f"/api/v1/plan/{film}", token, {"times": [past]})
    async with visiting(browser, system.url, "sveta") as sveta:
        await sveta.open("/plan")
        await sveta.follow("Announce an evening")
        await expect(sveta.page.locator("[name=event_location]")).to_have_value("")
        await sveta.page.locator("[name=event_location]").fill("Moscow, Arbat 8")
        await sveta.click("Publish")
        await expect(sveta.heading).to_have_text("The Matrix")


async def test_a_plan_is_added_and_changed_without_losing_what_its_form_does_not_show(
    browser: Browser, system: RunningSystem
) -> None:
    async with visiting(browser, system.url, "tanya", size=PHONE, zone="UTC") as tanya:
        await tanya.open("/plan")
        begins, ends, place = (
            tanya.page.locator(f"[name={one}]").last for one in ("from", "to", "places")
        )
        await begins.fill("2041-01-02T23:00")
        await tanya.click("Add a film")
        await demand_said_at(ends, "Fill this in.")
        await ends.fill("2041-01-02T19:00")
        await tanya.click("Add a film")
        await demand_said_at(ends, "It ends before it begins.")
        await begins.fill("2041-01-02T18:30")
        await tanya.click("Add a film")
        await demand_said_at(ends, "The film takes longer than this wished time.")
        await expect(tanya.page.get_by_text("Time zone: UTC")).to_be_visible()
        await begins.fill("2041-01-02T12:00")
        await place.fill("Moscow, Arbat 9")
        film = await tanya.page.locator("[name=movie_id]").input_value()
        await tanya.click("Add a film")
        await expect(tanya.page.locator("article li").last).to_have_text("Moscow, Arbat 9")
        for one in (begins, ends, place):
            await expect(one).to_have_value("")
        await expect(tanya.page.locator(f"option[value='{film}']")).to_have_count(0)

        token = await system.token("tanya")
        plan = await system.get(f"/api/v1/plan/{film}", token)
        times = [*plan["times"], {"from": "2042-01-01T10:00:00Z", "to": "2042-01-01T20:00:00Z"}]
        body = {"times": times, "places": [*plan["places"], "Tokyo"]}
        await system.send("PUT", f"/api/v1/plan/{film}", token, body)
        await tanya.page.reload()
        await tanya.page.locator("summary", has_text="Change").click()
        old = tanya.page.locator("article form")
        await expect(old.locator("[name=from]")).to_have_value("2041-01-02T12:00")
        await old.locator("[name=to]").fill("2041-01-02T11:00")
        await old.locator("[name=places]").fill("Moscow, Arbat 10")
        await old.get_by_role("button", name="Save").click()
        await demand_said_at(old.locator("[name=to]"), "It ends before it begins.")
        await old.locator("[name=to]").fill("2041-01-02T18:00")
        await old.get_by_role("button", name="Save").click()
        lines = tanya.page.locator("article li")
        await expect(lines.nth(2)).to_have_text("Moscow, Arbat 10")
        await expect(lines.first).to_contain_text("12:00–18:00")
        await expect(lines).to_have_count(4)
        assert tanya.complaints != []  # The browser logs each refusal.


async def test_a_free_time_with_one_end_lasts_from_midnight_or_until_then(
    browser: Browser, system: RunningSystem
) -> None:
    token = await system.token("ulya")
    kept = [
        {"day": "mon", "date": None, "from": "08:00", "to": "24:00"},
        {"day": "mon", "date": None, "from": "01:00", "to": "02:00"},
        {"day": None, "date": "2041-01-01", "from": "10:00", "to": "24:00"},
    ]
    body = {"tz": "Europe/Moscow", "times": kept}
    await system.send("PUT", "/api/v1/free-times", token, body)
    async with visiting(browser, system.url, "ulya", size=PHONE) as ulya:
        await ulya.open("/plan")
        fields = {
            (day, end): ulya.page.locator(f"[name={day}_{end}]")
            for day in ("mon", "wed", "fri", "sun")
            for end in ("from", "to")
        }
        save = ulya.page.locator("form", has=fields["wed", "to"]).get_by_role("button")
        await expect(fields["mon", "to"]).to_have_value("00:00")
        await fields["wed", "from"].fill("19:00")
        await fields["fri", "from"].fill("18:00")
        await fields["fri", "to"].fill("18:00")
        await fields["sun", "to"].fill("12:00")
        await save.click()
        await demand_said_at(fields["fri", "to"], "It ends when it begins.")
        await expect(ulya.page.get_by_text("Time zone: Europe/Moscow").last).to_be_visible()
        await fields["fri", "to"].fill("02:00")
        await save.click()
        await expect(ulya.page.get_by_text("Saved.")).to_be_visible()
        await expect(fields["wed", "to"]).to_have_value("00:00")
        await expect(fields["sun", "from"]).to_have_value("00:00")
    stated = await system.get("/api/v1/free-times", token)
    new = [("wed", "19:00", "24:00"), ("fri", "18:00", "02:00"), ("sun", "00:00", "12:00")]
    added = [{"day": day, "date": None, "from": one, "to": end} for day, one, end in new]
    assert stated["times"] == [kept[0], *added, *kept[1:]]
    assert stated["tz"] == "Europe/Moscow"


async def test_the_language_is_not_switched_over_a_form_that_is_begun_without_asking(
    browser: Browser, system: RunningSystem
) -> None:
    async with visiting(browser, system.url, "anna") as anna:
        await open_announcing(anna, system)
        title = anna.page.locator("[name=title]")
        await title.fill("At home")
        await anna.click("Русский")
        question = anna.page.get_by_role("dialog")
        await expect(question).to_contain_text("Lose what you have typed?")
        await question.get_by_role("button", name="No").click()
        await expect(title).to_have_value("At home")
        await anna.click("Русский")
        await question.get_by_role("button", name="Yes").click()
        await expect(title).to_have_value("Матрица")
        await anna.click("English")
        await expect(title).to_have_value("The Matrix")
        await anna.page.locator("[name=hide_guests]").check()
        await anna.click("Русский")
        await expect(question).to_be_visible()


async def test_a_form_that_is_begun_is_not_left_without_asking(
    browser: Browser, system: RunningSystem
) -> None:
    async with visiting(browser, system.url, "petya") as petya:
        await petya.open(f"/film/{await system.film()}")
        await petya.follow("Announce an evening")
        question = petya.page.get_by_role("dialog")
        seen_by = petya.page.locator("[name=visibility]")
        await seen_by.select_option("subscribers")
        assert await petya.page.evaluate(WOULD_ASK)
        for leave in (
            lambda: petya.follow("Evenings"),
            petya.page.go_back,
            lambda: petya.click("Русский"),
        ):
            await leave()
            await question.get_by_role("button", name="No").click()
            await expect(question).to_have_count(0)
            await expect(petya.page).to_have_url(re.compile(r"/announce\?movie_id="))
            await expect(seen_by).to_have_value("subscribers")
        await petya.follow("Evenings")
        await question.get_by_role("button", name="Yes").click()
        await expect(petya.heading).to_have_text("Evenings")
        await petya.page.go_back()
        await expect(petya.heading).to_have_text("Announce an evening")
        await expect(seen_by).to_have_value("public")
        assert not await petya.page.evaluate(WOULD_ASK)
        await petya.page.locator("[name=event_location]").fill("Moscow, Arbat 5")
        await petya.click("Publish")
        await expect(petya.seats).to_be_visible()
        await petya.follow("My plan")
        await expect(petya.heading).to_have_text("My plan")


async def test_the_menu_says_who_the_person_is_and_asks_before_a_begun_form_is_lost(
    browser: Browser, system: RunningSystem
) -> None:
    async with visiting(browser, system.url, "anna") as anna:
        menu = anna.page.locator("select[data-role=person]")
        shown = menu.locator("option:checked")
        for name in ("Boris", "Vera", "Anna", "Boris", "Anna"):
            await menu.select_option(label=name)
            await anna.page.wait_for_function(IS_PERSON, arg=name)
            await expect(anna.page.locator("main")).to_have_attribute("aria-busy", "false")
            await expect(shown).to_have_text(name)
        await open_announcing(anna, system)
        title = anna.page.locator("[name=title]")
        await title.fill("At home")
        question = anna.page.get_by_role("dialog")
        await menu.select_option(label="Boris")
        await question.get_by_role("button", name="No").click()
        await expect(title).to_have_value("At home")
        await expect(shown).to_have_text("Anna")
        await menu.select_option(label="Boris")
        await question.get_by_role("button", name="Yes").click()
        await expect(title).to_have_value("The Matrix")
        await expect(shown).to_have_text("Boris")


async def test_a_search_for_signs_alone_finds_nothing(
    browser: Browser, system: RunningSystem
) -> None:
    async with visiting(browser, system.url, "anna") as anna:
        await anna.open("/evenings")
        await anna.page.locator("[name=q]").fill("!!!")
        await anna.click("Find")
        await expect(anna.page.get_by_text("No evening fits.")).to_be_visible()
        await expect(anna.page.locator("[name=q]")).to_have_value("!!!")


async def test_filters_that_are_being_typed_do_not_hold_the_language_back(
    browser: Browser, system: RunningSystem
) -> None:
    async with visiting(browser, system.url, "anna") as anna:
        await anna.open("/evenings")
        await anna.page.locator("[name=q]").fill("tea")
        await anna.click("Русский")
        await expect(anna.heading).to_have_text("Встречи")
        await expect(anna.page.locator("[name=q]")).to_have_value("tea")
