"""What the pages of the site ask for, and when."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import pytest
from playwright.async_api import Browser, Page, Request, Route, expect

from tests.cells.embedded import RunningSystem
from tests.e2e.browser.site import Visitor, visiting
from tests.waiting import eventually

APP: Final = "**/app.js"
STREAM: Final = "**/api/v1/stream*"
"""It is not let through here: when it begins, a page reads anew."""
FOLLOW: Final = """address => {
    const link = document.createElement('a');
    link.href = address;
    document.body.append(link);
    link.click();
    link.remove();
}"""
HOLD_FRAMES: Final = """() => {
    const held = [];
    window.requestAnimationFrame = (act) => held.push(act);
    window.drawFrames = () => { while (held.length) held.shift()(performance.now()); };
}"""
"""A frame is drawn for the page only by `drawFrames`."""
DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
"""A calendar that turns to a later month reads that one as well, once it knows which."""
NOTHING_READ: Final = "/report"
"""The page that reads nothing."""

pytestmark = pytest.mark.asyncio(loop_scope="module")


@contextmanager
def noting_reads(page: Page) -> Iterator[list[str]]:
    """Note the address of each read, without the host. A stream is none."""
    reads: list[str] = []

    def note(request: Request) -> None:
        _, _, path = request.url.removeprefix("http://").partition("/")
        is_read = path.startswith(("api/", "neighbours/")) and "/stream" not in path
        if request.method == "GET" and is_read:
            reads.append(f"/{path}")

    page.on("request", note)
    yield reads
    page.remove_listener("request", note)


@asynccontextmanager
async def holding(page: Page, address: str) -> AsyncIterator[None]:
    """Let requests for an address wait for the end of the block."""
    over = asyncio.Event()

    async def hold(route: Route) -> None:
        await over.wait()
        await route.continue_()

    await page.route(address, hold)
    yield
    over.set()


async def test_what_a_page_reads_first_is_asked_for_once_and_before_its_modules_are_there(
    browser: Browser, system: RunningSystem
) -> None:
    async with visiting(browser, system.url, "anna") as anna:
        path = await anna.announce("The Godfather", event_location="Moscow, Arbat 1")
        await anna.page.route(STREAM, lambda _: None)
        film = await system.film()
        host = await anna.page.evaluate("JSON.parse(sessionStorage.getItem('practix.person')).id")
        for one in (
            "/",
            f"/film/{film}",
            f"/announce?movie_id={film}",
            "/evenings",
            "/evenings?q=tea&date_from=2026-12-01",
            f"{path}/change",
            f"{path}/history",
            "/mine",
            "/mine?date_from=2026-12-01&date_to=2026-12-31",
            "/figures",
            "/plan",
            "/notices",
            "/preferences",
            f"/person/{host}",
            "/data",
        ):
            when_followed = await list_followed(anna, one)
            count = len({DAY.sub("", read) for read in when_followed})
            assert await list_opened(anna, one, count) == when_followed, one
        assert anna.complaints == []


async def list_followed(visitor: Visitor, path: str) -> list[str]:
    """Return what a page reads that a link of the site leads to."""
    await visitor.open(NOTHING_READ)
    with noting_reads(visitor.page) as reads:
        await visitor.page.evaluate(FOLLOW, path)
        await expect(visitor.heading).not_to_have_text("Report")
    return sorted(reads)


async def list_opened(visitor: Visitor, path: str, count: int) -> list[str]:
    """Return what a page reads whose address is typed in. Its modules come after `count` reads."""
    with noting_reads(visitor.page) as reads:
        async with holding(visitor.page, APP):
            opening = asyncio.create_task(visitor.open(path))
            await eventually(lambda: len(reads) >= count)
        await opening
    return sorted(reads)


async def test_a_page_is_shown_before_it_follows_and_draws_what_is_out_of_sight(
    browser: Browser, system: RunningSystem
) -> None:
    async with visiting(browser, system.url, "anna") as anna:
        page = anna.page
        await page.add_init_script(f"({HOLD_FRAMES})()")
        followed: list[str] = []
        page.on(
            "request", lambda one: followed.append(one.url) if "/v1/stream" in one.url else None
        )
        await anna.open("/mine")
        await page.evaluate("fetch('/healthz')")  # Whatever was asked for before is noted now.
        assert followed == []
        async with page.expect_request(STREAM):
            await page.evaluate("drawFrames()")
        for path, late in (("/plan", "[type=time]"), ("/evenings", "[name=location]")):
            await anna.open(path)
            await expect(page.locator(late)).to_have_count(0)
            await page.evaluate("drawFrames()")
            await expect(page.locator(late).first).to_be_attached()
        await anna.open("/evenings?location=Moscow")
        await expect(page.locator("[name=location]")).to_have_value("Moscow")


async def test_an_expired_token_is_renewed_before_the_first_page(
    browser: Browser, system: RunningSystem
) -> None:
    async with visiting(browser, system.url, "boris") as boris:
        await boris.page.evaluate(
            """() => {
                const person = JSON.parse(sessionStorage.getItem('practix.person'));
                const old = JSON.stringify({ ...person, token: 'expired' });
                sessionStorage.setItem('practix.person', old);
            }"""
        )
        await boris.open("/plan")
        await expect(boris.heading).to_have_text("My plan")


async def test_the_moment_that_was_chosen_last_is_shown(
    browser: Browser, system: RunningSystem
) -> None:
    async with visiting(browser, system.url, "vera") as vera:
        path = await vera.announce("Psycho", event_location="Moscow, Arbat 3")
        await vera.open(f"{path}/history")
        slider = vera.page.get_by_role("slider")
        panel = vera.page.locator(".panel")
        last = int(await slider.input_value())
        with noting_reads(vera.page) as reads:
            async with holding(vera.page, "**as_of=*"):
                async with vera.page.expect_request("**as_of=*"):
                    await slider.press("ArrowLeft")
                await expect(panel).to_have_attribute("aria-busy", "true")
                await slider.press("ArrowRight")
            await eventually(lambda: sum("as_of=" in one for one in reads) == 2)
        await expect(panel).to_have_attribute("aria-busy", "false")
        entries = vera.page.locator(".timeline li")
        await expect(entries.nth(last)).to_have_attribute("aria-current", "step")
        await expect(slider).to_have_value(str(last))


async def test_a_page_that_comes_late_is_said_to_be_on_its_way(
    browser: Browser, system: RunningSystem
) -> None:
    async with visiting(browser, system.url, "anna") as anna:
        page, main = anna.page, anna.page.locator("main")
        async with holding(page, "**/api/v1/my/figures"):
            await page.goto(f"{system.url}/figures")
            await expect(main).to_have_text("Loading…")
            await expect(page.locator("nav [aria-current=page]")).to_have_text("My evenings")
        await expect(anna.heading).to_have_text("My evenings in numbers")
        await expect(main).to_have_attribute("aria-busy", "false")
        async with holding(page, "**/api/v1/free-times"):
            await anna.follow("My plan")
            await expect(main).to_have_attribute("aria-busy", "true")
            await expect(page.locator("nav [aria-current=page]")).to_have_text("My plan")
            await expect(anna.heading).to_have_text("My evenings in numbers")
        await expect(anna.heading).to_have_text("My plan")
        await expect(main).to_have_attribute("aria-busy", "false")


async def test_what_others_do_is_read_and_nothing_else(
    browser: Browser, system: RunningSystem
) -> None:
    async with visiting(browser, system.url, "lida") as lida:
        path = await lida.announce("Alien", event_location="Moscow, Arbat 4")
        address = path.replace("/evening/", "/api/v1/announcement/")
        await lida.page.goto("about:blank")  # The page before may still be reading.
        with noting_reads(lida.page) as reads:
            await lida.open(path)
            # Once more when the stream has begun: what was read before may be old.
            await eventually(lambda: sum("/posts" in one for one in reads) == 2)
        with noting_reads(lida.page) as reads:
            booking = path.replace("/evening/", "/api/v1/booking/")
            await system.send("POST", booking, await system.token("oleg"), expect=201)
            await expect(lida.page.locator("li[data-guest]")).to_have_count(1)
            await lida.page.evaluate("fetch('/healthz')")
        of_evening = ["", "/bookings", "/broadcasts", "/invite-links", "/invites"]
        paths = {one.partition("?")[0] for one in reads}
        assert {one for one in paths if "/booking/" not in one} == {
            address + one for one in of_evening
        }
