"""The site in a real browser, on an embedded system: from the button to mutual ratings."""

import re
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Browser, expect

from tests.cells.embedded import run_system
from tests.e2e.browser.site import Visitor, visiting

LATER_S: Final = 4 * 86_400
"""After the evening, which begins in two days."""
PLACE: Final = {"event_location": "Moscow, Arbat 1", "ticket_count": "1"}

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_from_the_button_to_mutual_ratings(browser: Browser, tmp_path: Path) -> None:
    async with run_system(tmp_path) as system, AsyncExitStack() as windows:
        anna, boris, vera = [
            await windows.enter_async_context(visiting(browser, system.url, login))
            for login in ("anna", "boris", "vera")
        ]
        path = await anna.announce("The Godfather", **PLACE)
        await boris.open(path)
        await boris.click("Ask to come", click_count=2)  # A double click asks once.
        await expect(boris.own_state).to_have_text(re.compile("has yet to answer"))
        await anna.answer_guest("Boris", "Approve")
        await expect(boris.own_state).to_have_text("confirmed")
        await expect(boris.seats).to_have_text("0 of 1 seat left")
        await expect(boris.page.locator("main .tag").first).to_have_text(
            "full, with a waiting list"
        )
        await wait_in_line(anna, vera, path)
        await write_to_each_other(anna, boris)
        await boris.click("I cannot come")
        await boris.click("Yes")
        await expect(vera.own_state).to_have_text("a seat is offered")
        await vera.click("Accept")
        await expect(vera.own_state).to_have_text("confirmed")
        await boris.click("Join the waiting list")
        await expect(boris.own_state).to_have_text("on the waiting list")
        for visitor in (anna, boris, vera):
            assert visitor.complaints == []
    async with (
        run_system(tmp_path, PRACTIX_CLOCK_OFFSET_S=str(LATER_S)) as system,
        visiting(browser, system.url, "anna") as anna,
        visiting(browser, system.url, "vera") as vera,
    ):
        await rate_each_other(anna, vera, path)
        await expect(vera.own_state).to_have_text("had a seat")
        states = anna.page.locator("li[data-guest] .tag")
        await expect(states).to_have_text(["went unanswered", "had a seat"])


async def wait_in_line(host: Visitor, guest: Visitor, path: str) -> None:
    """Have the guest join the waiting list of a full evening, and the host approve in advance."""
    await guest.open(path)
    await guest.click("Join the waiting list")
    place = guest.page.locator("[data-role=place]")
    await expect(place).to_have_text("You are number 1 on the waiting list.")
    await host.answer_guest("Vera", "Approve")


async def write_to_each_other(host: Visitor, guest: Visitor) -> None:
    await guest.page.locator("[data-role=post]").fill("Who brings tea?")
    await guest.click("Send")
    post = host.page.locator(".chat li").filter(has_text="Who brings tea?")
    await expect(post).to_be_visible()


async def rate_each_other(host: Visitor, guest: Visitor, path: str) -> None:
    for visitor, score in ((guest, "9"), (host, "10")):
        await visitor.open(path)
        await visitor.page.locator("form[data-ratee] [name=score]").fill(score)
        await visitor.click("Rate")
    await expect(host.page.get_by_text("You were given 9.")).to_be_visible()
    await guest.open(path)
    await expect(guest.page.get_by_text("You were given 10.")).to_be_visible()
    await expect(guest.page.get_by_role("button", name="I cannot come")).to_have_count(0)
