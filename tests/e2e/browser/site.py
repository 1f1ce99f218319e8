"""The site as people use it, each in a window of their own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

from playwright.async_api import Browser, Locator, Page, expect

from tests.servers.browser import DESKTOP, open_window


class Visitor:
    """One person in one window."""

    def __init__(self, page: Page, complaints: list[str], url: str) -> None:
        self.page = page
        self.complaints = complaints
        self._url = url

    async def become(self, login: str) -> None:
        """Open the front page and choose who to be."""
        await self.page.goto(self._url)
        await self.page.locator("select[data-role=person]").select_option("?")
        await self.page.locator("input[name=login]").fill(login)
        await self.page.keyboard.press("Enter")
        await expect(self.page.locator("nav [href='/mine']")).to_be_visible()

    async def open(self, path: str) -> None:
        await self.page.goto(self._url + path)
        await expect(self.heading).to_be_visible()

    @property
    def heading(self) -> Locator:
        return self.page.get_by_role("heading", level=1)

    @property
    def own_state(self) -> Locator:
        """What the page of an evening says of the person's own booking."""
        return self.page.locator("main .tag.mine").first

    @property
    def seats(self) -> Locator:
        return self.page.locator("[data-role=seats]")

    async def click(self, name: str, **options: Any) -> None:
        await self.page.get_by_role("button", name=name, exact=True).click(**options)

    async def follow(self, name: str) -> None:
        await self.page.get_by_role("link", name=name, exact=True).click()

    async def announce(self, film: str, **fields: str) -> str:
        """Announce an evening from the button of a film. Returns its path."""
        await self.page.goto(self._url)
        await self.page.get_by_role("searchbox").fill(film)
        await self.page.get_by_role("link", name=film).first.click()
        await self.follow("Announce an evening")
        for name, value in fields.items():
            await self.page.locator(f"[name={name}]").fill(value)
        await self.click("Publish")
        await expect(self.seats).to_be_visible()
        return self.page.url.removeprefix(self._url)

    async def answer_guest(self, guest: str, answer: str) -> None:
        """As the host, answer one guest's request."""
        line = self.page.locator("li[data-guest]").filter(has_text=guest)
        await line.get_by_role("button", name=answer, exact=True).click()


@asynccontextmanager
async def visiting(
    browser: Browser,
    url: str,
    login: str,
    *,
    size: tuple[int, int] = DESKTOP,
    scheme: Literal["light", "dark"] = "light",
    locale: str = "en-GB",
    zone: str | None = None,
) -> AsyncIterator[Visitor]:
    """Open a window in which `login` uses the site. At the end, the page has not complained."""
    opened = open_window(browser, size=size, scheme=scheme, locale=locale, zone=zone)
    async with opened as (page, complaints):
        visitor = Visitor(page, complaints, url)
        await visitor.become(login)
        yield visitor


@asynccontextmanager
async def visiting_stale(browser: Browser, url: str) -> AsyncIterator[tuple[Visitor, Visitor]]:
    """Yield the host of an evening, and somebody who still sees it as it was before the host took
    no more requests."""
    async with visiting(browser, url, "yana") as yana, visiting(browser, url, "zoya") as zoya:
        path = await yana.announce("Psycho", event_location="Moscow, Arbat 2")
        await zoya.page.route("**/api/v1/stream*", lambda route: route.abort())
        await zoya.open(path)
        await yana.click("Take no more requests")
        await expect(yana.page.locator("main .tag").first).to_have_text("closed to requests")
        yield yana, zoya


async def demand_said_at(field: Locator, reason: str) -> None:
    """Demand that the field says this, and only the field, and that it can be seen."""
    said = "([one, reason]) => one.validationMessage === reason"
    page = field.page
    await page.wait_for_function(said, arg=[await field.element_handle(), reason])
    await expect(field).to_be_focused()
    await expect(field).to_be_in_viewport()
    await expect(page.get_by_role("alert")).to_have_count(0)
