"""Measures how long the pages of the site take in a browser.

Method: start an embedded system, fill it with the example week as a visitor does, and open each
page as Anna in Debian's chromium. *Opened* is an address that is typed in: from the request for the
document, with the modules in the browser's cache, until a frame with the page's heading has been
drawn. *Followed* is a click on a link of the site, until the new heading is there. Both are noted
in the page itself, by the browser's own clock, on the machine that also runs the system: asking the
page from outside would add the time that the question takes. Limits per person and address are
raised.
"""

import shutil
import tempfile
from pathlib import Path
from statistics import median
from typing import Final

from playwright.async_api import Page, async_playwright

from benchmarks.harness.report import Report
from benchmarks.system.soak import LIMITS
from benchmarks.system.start import start_system

QUESTION: Final = "how long do the pages of the site take in a browser?"
TIMES: Final = 20
PAGES: Final = ("/", "/evenings", "/mine", "/plan", "/notices", "/preferences")

NOTE_OPENED: Final = """() => {
    const seen = new MutationObserver(() => {
        if (!document.querySelector('h1')) return;
        seen.disconnect();
        requestAnimationFrame(() => setTimeout(() => { window.openedAt = performance.now(); }));
    });
    seen.observe(document, { childList: true, subtree: true });
}"""
OPENED: Final = "() => window.openedAt"
FOLLOWED: Final = """address => new Promise(done => {
    const before = document.querySelector('h1');
    const began = performance.now();
    const seen = new MutationObserver(() => {
        const heading = document.querySelector('h1');
        if (location.pathname !== address || !heading || heading === before) return;
        seen.disconnect();
        done(performance.now() - began);
    });
    seen.observe(document.body, { childList: true, subtree: true });
    const link = document.createElement('a');
    link.href = address;
    document.body.append(link);
    link.click();
    link.remove();
})"""


async def main(report: Report) -> None:
    path = shutil.which("chromium")
    assert path is not None, "the benchmark needs chromium (Debian: apt-get install chromium)"
    with (
        tempfile.TemporaryDirectory() as scratch,
        start_system(Path(scratch), PRACTIX_RATE_LIMITS=LIMITS) as started,
    ):
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            page = await browser.new_page(locale="en-GB")
            await page.add_init_script(f"({NOTE_OPENED})()")
            await measure_pages(report, page, started.welcome["url"])
            await browser.close()


async def measure_pages(report: Report, page: Page, url: str) -> None:
    await page.goto(url)
    await page.locator("[data-role=first] button").first.click()
    await page.get_by_role("button", name="Fill with an example week").click()
    own = page.locator("li.evening a").first
    await own.wait_for()
    evening = await own.get_attribute("href")
    film = await page.evaluate("fetch('/neighbours/movies?limit=1').then(one => one.json())")
    addresses = {one: one for one in PAGES} | {
        "/film": f"/film/{film[0]['id']}",
        "/evening": str(evening),
        "/history": f"{evening}/history",
    }
    for name, address in addresses.items():
        opened = [await time_opening(page, url + address) for _ in range(report.scale(TIMES))]
        report.add(f"pages{name}/opened", median(opened), "ms", len(opened))
    for name, address in addresses.items():
        other = addresses["/preferences" if name != "/preferences" else "/plan"]
        followed = [await time_following(page, other, address) for _ in range(report.scale(TIMES))]
        report.add(f"pages{name}/followed", median(followed), "ms", len(followed))


async def time_opening(page: Page, address: str) -> float:
    """Return the milliseconds from the request for a page until it shows its heading."""
    await page.goto(address, wait_until="commit")
    opened = await page.wait_for_function(OPENED)
    milliseconds: float = await opened.json_value()
    return milliseconds


async def time_following(page: Page, from_address: str, address: str) -> float:
    """Return the milliseconds from a click on a link until the other page shows its heading."""
    if not page.url.endswith(from_address):
        await page.evaluate(FOLLOWED, from_address)
    milliseconds: float = await page.evaluate(FOLLOWED, address)
    return milliseconds
