"""Debian's chromium, driven by Playwright: a real browser, as a person has it.

Playwright's own browsers are not installed. Root may not use chromium's sandbox, so a test that
runs as root does without it.
"""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final, Literal

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright

from tests.waiting import WITHIN_S

NAMES: Final = ("chromium", "chromium-browser")
PHONE: Final = (360, 740)
DESKTOP: Final = (1280, 900)
WITHIN_MS: Final = WITHIN_S * 1000
GRAVE: Final = frozenset({"serious", "critical"})
"""Impacts of axe's findings that no page of ours may have."""


class BrowserMissing(Exception):
    """This machine has no chromium."""


@asynccontextmanager
async def running_browser() -> AsyncIterator[Browser]:
    """Run chromium. Raises BrowserMissing."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        raise BrowserMissing("no chromium (Debian: apt-get install chromium)")
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path, args=as_root, timeout=WITHIN_MS
        )
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def open_window(
    browser: Browser,
    *,
    size: tuple[int, int] = DESKTOP,
    scheme: Literal["light", "dark"] = "light",
    locale: str = "en-GB",
    zone: str | None = None,
) -> AsyncIterator[tuple[Page, list[str]]]:
    """Open a window of its own: another person. Yields its page, and what the page complains of
    in the console, such as breaches of its Content-Security-Policy."""
    width, height = size
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        locale=locale,
        timezone_id=zone,
    )
    context.set_default_timeout(WITHIN_MS)
    page = await context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None,
    )
    yield page, complaints
    await context.close()


async def find_grave(page: Page) -> list[str]:
    """Return what axe finds serious in the page as it is now, each with its place."""
    results: dict[str, Any] = (await Axe().run(page)).response
    return [
        f"{found['id']}: {node['html'][:200]}"
        for found in results["violations"]
        if found["impact"] in GRAVE
        for node in found["nodes"]
    ]


async def is_too_wide(page: Page) -> bool:
    """Return whether the page has to be moved sideways to be read."""
    wide: bool = await page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
    return wide
