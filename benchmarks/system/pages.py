"""Measures how long the pages of the site take in a browser.

Method: start an embedded system, fill it with the example week as a visitor does, and open each
page as Anna in Debian's chromium. *Opened* is an address that is typed in, when the browser has
the modules; *first* is the same with nothing in its cache. Both last from the start of the
navigation until the heading of the page is on the screen, which chromium notes itself (Element
Timing). *Followed* is a click on a link of the site, until the same. The pages are opened in
turn, each once the one before has become quiet. A page tells the time by a message to the
console: asking it, or waiting for something in it, would take its processor time.

Baseline: the least that a page with data can be (`floor.py`) in the same browser, which is what
chromium itself takes. Limits per person and address are raised.
"""

import asyncio
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Final

from playwright.async_api import ConsoleMessage, Page, async_playwright

from benchmarks.harness.processes import serve
from benchmarks.harness.report import Report
from benchmarks.system.soak import LIMITS
from benchmarks.system.start import start_system

QUESTION: Final = "how long do the pages of the site take in a browser?"
TIMES: Final = 20
FIRST_TIMES: Final = 10
PAGES: Final = ("/", "/evenings", "/mine", "/plan", "/notices", "/preferences")
FLOOR: Final = "/floor"
QUIET_S: Final = 0.2
"""A page goes on for a moment when it has opened: it draws what is out of sight, and begins to
follow what changes."""

TELL_DRAWN: Final = """() => {
    new MutationObserver(() => {
        const heading = document.querySelector('h1');
        if (heading) heading.elementTiming = 'heading';
    }).observe(document, { childList: true, subtree: true });
    new PerformanceObserver((list) => console.debug(list.getEntries().at(-1).renderTime))
        .observe({ type: 'element', buffered: true });
}"""
FOLLOW: Final = """address => {
    const began = performance.now();
    const link = document.createElement('a');
    link.href = new URL(address).pathname;
    document.body.append(link);
    link.click();
    link.remove();
    return began;
}"""


async def main(report: Report) -> None:
    path = shutil.which("chromium")
    assert path is not None, "the benchmark needs chromium (Debian: apt-get install chromium)"
    with (
        tempfile.TemporaryDirectory() as scratch,
        start_system(Path(scratch), PRACTIX_RATE_LIMITS=LIMITS) as started,
    ):
        async with async_playwright() as playwright, serve("benchmarks.system.floor") as floor:
            browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            page, other = [await browser.new_page(locale="en-GB") for _ in range(2)]
            url = started.welcome["url"]
            addresses = {name: url + one for name, one in (await fill(page, url)).items()}
            for one in (page, other):
                await one.add_init_script(f"({TELL_DRAWN})()")
            windows = dict.fromkeys(addresses, page)
            opened = {FLOOR: f"http://127.0.0.1:{floor.port}/", **addresses}
            await measure_opening(report, {FLOOR: other, **windows}, opened)
            await measure_following(report, page, addresses)
            await browser.close()


async def fill(page: Page, url: str) -> dict[str, str]:
    """Fill the system as a visitor does. Returns the paths of the pages, by name."""
    await page.goto(url)
    await page.locator("[data-role=first] button").first.click()
    await page.get_by_role("button", name="Fill with an example week").click()
    own = page.locator("li.evening a").first
    await own.wait_for()
    evening = await own.get_attribute("href")
    film = await page.evaluate("fetch('/neighbours/movies?limit=1').then(one => one.json())")
    return {one: one for one in PAGES} | {
        "/film": f"/film/{film[0]['id']}",
        "/evening": str(evening),
        "/history": f"{evening}/history",
    }


async def measure_opening(
    report: Report, windows: Mapping[str, Page], addresses: Mapping[str, str]
) -> None:
    """Measure opening each page, again and with an empty cache. The first of them is the floor."""
    for kind, times in (("first", FIRST_TIMES), ("opened", TIMES)):
        taken: dict[str, list[float]] = {name: [] for name in addresses}
        for _ in range(report.scale(times)):
            for name, address in addresses.items():
                if kind == "first":
                    await forget_files(windows[name])
                taken[name].append(await time_opening(windows[name], address))
        for name, found in taken.items():
            report.add(f"pages{name}/{kind}", median(found), "ms", len(found), of_floor(kind))
        slowest = max(taken.values(), key=median)
        report.add(f"pages/slowest/{kind}", median(slowest), "ms", len(slowest), of_floor(kind))


def of_floor(kind: str) -> str:
    return f"pages{FLOOR}/{kind}"


async def measure_following(report: Report, page: Page, addresses: Mapping[str, str]) -> None:
    for name, address in addresses.items():
        other = addresses["/preferences" if name != "/preferences" else "/plan"]
        taken = []
        for _ in range(report.scale(TIMES)):
            if page.url != other:
                await time_following(page, other)
            taken.append(await time_following(page, address))
        report.add(f"pages{name}/followed", median(taken), "ms", len(taken))


async def forget_files(page: Page) -> None:
    """Empty the cache of the browser, which goes on for a moment."""
    client = await page.context.new_cdp_session(page)
    await client.send("Network.clearBrowserCache")
    await client.detach()
    await asyncio.sleep(QUIET_S)


async def time_opening(page: Page, address: str) -> float:
    """Return the milliseconds from the start of a navigation until the heading is drawn."""
    async with page.expect_console_message(tells_time) as told:
        await page.goto(address, wait_until="commit")
    return await read_time(await told.value)


async def time_following(page: Page, address: str) -> float:
    """Return the milliseconds from a click on a link until the heading of the other page is
    drawn."""
    async with page.expect_console_message(tells_time) as told:
        clicked_at: float = await page.evaluate(FOLLOW, address)
    return await read_time(await told.value) - clicked_at


def tells_time(message: ConsoleMessage) -> bool:
    return message.type == "debug"


async def read_time(message: ConsoleMessage) -> float:
    """Return what a page has told, once it is quiet."""
    await asyncio.sleep(QUIET_S)
    return float(message.text)
