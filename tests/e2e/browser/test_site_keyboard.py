"""The site without a mouse: Tab, Enter, Space, Escape and the arrows are enough."""

from typing import Final

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.cells.embedded import RunningSystem
from tests.e2e.browser.site import Visitor, visiting

TABS_MAX: Final = 80
"""No control of a page is farther away."""

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def tab_to(visitor: Visitor, control: Locator) -> None:
    """Press Tab until the control has the focus, which can be seen."""
    await expect(control).to_be_enabled()
    for _ in range(TABS_MAX):
        await visitor.page.keyboard.press("Tab")
        if await control.evaluate("one => one === document.activeElement"):
            outline = await control.evaluate("one => getComputedStyle(one).outlineStyle")
            assert outline == "solid", "the focus cannot be seen"
            return
    raise AssertionError(f"Tab does not reach {control}")


async def press(visitor: Visitor, name: str, key: str = "Enter") -> None:
    await tab_to(visitor, visitor.page.get_by_role("button", name=name, exact=True))
    await visitor.page.keyboard.press(key)


async def is_in(visitor: Visitor, part: Locator) -> bool:
    """Whether the keyboard is in this part of the page."""
    inside: bool = await part.evaluate("one => one.contains(document.activeElement)")
    return inside


async def test_asking_answering_and_writing(browser: Browser, system: RunningSystem) -> None:
    async with (
        visiting(browser, system.url, "anna") as anna,
        visiting(browser, system.url, "boris") as boris,
    ):
        path = await anna.announce("The Godfather", event_location="Moscow, Arbat 1")
        await boris.open(path)

        await tab_to(boris, boris.page.locator("[name=message]"))
        await boris.page.keyboard.type("I bring tea.")
        await boris.page.keyboard.press("Enter")
        await expect(boris.own_state).to_contain_text("has yet to answer")
        assert await is_in(boris, boris.page.locator(".panel"))

        line = anna.page.locator("li[data-guest]")
        await expect(line).to_contain_text("I bring tea.")
        await tab_to(anna, line.get_by_role("button", name="Approve"))
        await anna.page.keyboard.press("Space")
        await expect(line).to_contain_text("confirmed")
        assert await is_in(anna, line)

        await tab_to(boris, boris.page.locator("[data-role=post]"))
        await boris.page.keyboard.type("Who brings cups?")
        await boris.page.keyboard.press("Enter")
        await expect(anna.page.get_by_role("log")).to_contain_text("Who brings cups?")
        await expect(boris.page.locator("[data-role=post]")).to_be_focused()
        assert anna.complaints == boris.complaints == []


async def test_a_question_takes_the_keyboard_and_gives_it_back(
    browser: Browser, system: RunningSystem
) -> None:
    async with (
        visiting(browser, system.url, "kira") as kira,
        visiting(browser, system.url, "zoya") as zoya,
    ):
        await zoya.open(await kira.announce("Psycho", event_location="Moscow, Arbat 2"))
        await zoya.click("Ask to come")
        await press(zoya, "Withdraw my request")
        question = zoya.page.get_by_role("dialog")
        await expect(question).to_be_visible()
        await expect(question.get_by_role("button", name="No")).to_be_focused()
        await zoya.page.keyboard.press("Escape")
        await expect(question).to_have_count(0)
        await expect(zoya.page.get_by_role("button", name="Withdraw my request")).to_be_focused()
        await zoya.page.keyboard.press("Enter")
        await press(zoya, "Yes", "Space")
        await expect(zoya.own_state).to_have_text("request withdrawn")
        assert await is_in(zoya, zoya.page.locator(".panel"))


async def test_another_page_is_announced_and_takes_the_keyboard(
    browser: Browser, system: RunningSystem
) -> None:
    async with visiting(browser, system.url, "anna") as anna:
        await anna.page.reload()
        await expect(anna.heading).to_have_text("Films")
        await anna.page.keyboard.press("Tab")
        skip = anna.page.get_by_role("link", name="Skip to content")
        await expect(skip).to_be_focused()
        await expect(skip).to_be_in_viewport()
        await tab_to(anna, anna.page.get_by_role("link", name="My plan"))
        await anna.page.keyboard.press("Enter")
        await expect(anna.heading).to_have_text("My plan")
        await expect(anna.page.get_by_role("status").first).to_have_text("My plan")
        await expect(anna.page).to_have_title("My plan · Watch it together")
        await expect(anna.page.locator("main")).to_be_focused()


async def test_a_filter_keeps_the_keyboard(browser: Browser, system: RunningSystem) -> None:
    async with visiting(browser, system.url, "anna") as anna:
        await anna.open("/evenings")
        film = anna.page.locator("[name=movie_id]")
        await tab_to(anna, film)
        await anna.page.keyboard.press("ArrowDown")
        await expect(anna.page.get_by_role("link", name="Clear")).to_be_visible()
        await expect(film).to_be_focused()
        await anna.page.go_back()
        await expect(film).to_have_value("")


async def test_a_tick_stays_with_its_guest(browser: Browser, system: RunningSystem) -> None:
    """Lines move when somebody else goes; a host must not answer the wrong person."""
    async with visiting(browser, system.url, "lena") as lena:
        path = await lena.announce("Metropolis", event_location="Moscow, Arbat 3")
        bookings = {}
        for login in ("oleg", "vera", "gleb"):
            token = await system.token(login)
            address = path.replace("/evening/", "/api/v1/booking/")
            booking, _ = await system.send("POST", address, token, expect=201)
            bookings[login] = token, booking["booking_id"]
        lines = lena.page.locator("li[data-guest]")
        await expect(lines).to_have_count(3)
        await tab_to(lena, lines.filter(has_text="Vera").get_by_role("checkbox"))
        await lena.page.keyboard.press("Space")
        token, booking_id = bookings["oleg"]
        await system.send("DELETE", f"/api/v1/booking/{booking_id}", token)
        await expect(lines).to_have_count(2)
        await expect(lines.filter(has_text="Vera").get_by_role("checkbox")).to_be_checked()
        await expect(lines.filter(has_text="Gleb").get_by_role("checkbox")).not_to_be_checked()
        await press(lena, "Approve the chosen")
        await expect(lines.filter(has_text="Vera")).to_contain_text("confirmed")
        await expect(lines.filter(has_text="Gleb")).to_contain_text("waits for your answer")
