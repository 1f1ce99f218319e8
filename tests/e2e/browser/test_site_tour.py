"""The README's tour as clicks, step by step, by the words that stand in it."""

import re
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Browser, expect

from tests.cells.embedded import run_system
from tests.e2e.browser.site import Visitor
from tests.paths import ROOT
from tests.servers.browser import open_window

EMPHASIS: Final = re.compile(r"(?<!\*)\*([^*]+)\*(?!\*)")

pytestmark = pytest.mark.asyncio(loop_scope="module")


def read_labels() -> list[str]:
    """Return what the tour says to press or open, in its order."""
    paragraphs = (ROOT / "README.md").read_text().split("\n\n")
    (tour,) = [one for one in paragraphs if one.startswith("**As clicks.**")]
    return EMPHASIS.findall(tour)


async def test_the_tour_goes_as_the_readme_says(browser: Browser, tmp_path: Path) -> None:
    her, him, fill, evening, evenings, ask, approve, happened, notices, why = read_labels()
    async with (
        run_system(tmp_path) as system,
        open_window(browser) as (first, complaints),
    ):
        second = await first.context.new_page()  # Of the same browser, as a reader has it.
        anna, boris = (Visitor(page, complaints, system.url) for page in (first, second))
        for visitor, name in ((anna, her), (boris, him)):
            await visitor.open("/")
            await visitor.click(name)
        await anna.click(fill)
        await expect(anna.heading).to_have_text(evenings)
        for visitor in (anna, boris):
            await visitor.follow(evenings)
            line = visitor.page.get_by_role("link", name=evening.removesuffix("…"))
            await line.click()
        await boris.click(ask)
        await anna.answer_guest(him, approve)
        await expect(boris.own_state).to_have_text("confirmed")
        for writer, reader in ((boris, anna), (anna, boris)):
            post = f"From {writer.page.url}"
            await writer.page.locator("[data-role=post]").fill(post)
            await writer.page.keyboard.press("Enter")
            await expect(reader.page.get_by_role("log")).to_contain_text(post)
        await boris.follow(happened)
        past = boris.page.locator(".panel .people li").filter(has_text=him)
        await expect(past).to_contain_text("confirmed")
        await boris.page.get_by_role("slider").press("Home")
        await expect(past).to_have_count(0)
        for visitor in (anna, boris):
            await visitor.follow(notices)
            notice = visitor.page.locator(".notices li").first
            await notice.get_by_text(why).click()
            await expect(notice.locator("details p")).not_to_be_empty()
        assert complaints == []
