"""The analysts' page in a real browser, served by an embedded system."""

import asyncio
import csv
import io
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final, Literal

import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from launcher.data_directory import DataDirectory
from query_api.analysts.questions import ready_questions
from query_api.dashboard.page import DIRECTORY
from tests.cells.embedded import RunningSystem, confirm_guest, run_system
from tests.servers.browser import DESKTOP, PHONE, find_grave, is_too_wide, open_window
from tests.waiting import WITHIN_S

FUNNEL: Final = "#question-request_funnel"
OWN: Final = "#own .result"
SHOTS: Final = os.environ.get("PRACTIX_TEST_SCREENSHOTS")
"""A folder for pictures of the page, to look at."""

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSystem]:
    """With one evening that has a guest, and that analysts can read."""
    async with run_system(tmp_path_factory.mktemp("analysts")) as found:
        _, _, position = await confirm_guest(found)
        await read_by_analysts(found, position)
        yield found


async def read_by_analysts(system: RunningSystem, position: int) -> None:
    """Wait until the analysts' database is at this position."""
    path = f"/api/v1/operator/ask?min_position={position}"
    async with asyncio.timeout(WITHIN_S):
        while "questions" not in await system.get(path, system.operator_token, expect=None):
            await asyncio.sleep(0.05)


@pytest.fixture
def token(system: RunningSystem) -> str:
    return DataDirectory(system.data).analyst_token


async def sign_in(page: Page, system: RunningSystem, token: str) -> None:
    await page.goto(f"{system.url}/analyst")
    await page.get_by_label("Token", exact=True).fill(token)
    await page.get_by_role("button", name="Sign in").click()


async def see_all(page: Page) -> None:
    """Wait until every question is answered."""
    await expect(page.locator("#questions .result:not([aria-busy]) .facts")).to_have_count(
        len(ready_questions())
    )


async def test_every_ready_question_is_shown_with_plot_and_table(
    browser: Browser, system: RunningSystem, token: str
) -> None:
    async with open_window(browser) as (page, complaints):
        await sign_in(page, system, token)
        await see_all(page)
        card = page.locator(FUNNEL)
        await expect(card.locator("svg polyline")).not_to_have_count(0)
        await expect(card.locator(".legend span")).to_have_text(["requests", "answered", "seated"])
        await card.locator("summary").click()
        await expect(card.locator("tbody tr")).to_have_count(1)
        assert complaints == []
        assert token not in page.url
        assert await page.evaluate("Object.values(sessionStorage)") == [token]
        assert await page.evaluate("localStorage.length") == 0
        assert await page.evaluate("document.cookie") == ""


async def test_a_parameter_narrows_the_answer(
    browser: Browser, system: RunningSystem, token: str
) -> None:
    async with open_window(browser) as (page, _):
        await sign_in(page, system, token)
        await see_all(page)
        card = page.locator(FUNNEL)
        await card.get_by_label("to_day").fill("2020-01-01")
        await card.get_by_role("button", name="Ask").click()
        await expect(card.locator(".nothing")).to_be_visible()


async def test_own_sql_is_asked_by_keyboard_drawn_and_downloaded(
    browser: Browser, system: RunningSystem, token: str
) -> None:
    async with open_window(browser) as (page, _):
        await sign_in(page, system, token)
        sql = (
            "SELECT concat('=', type) AS kind, count() AS n FROM events GROUP BY kind ORDER BY kind"
        )
        await page.locator("#sql").fill(sql)
        await page.get_by_label("Steps (column)").fill("kind")
        await page.get_by_label("Values (columns, by commas)").fill("n")
        await page.locator("#sql").press("Control+Enter")
        await expect(page.locator(f"{OWN} svg rect")).not_to_have_count(0)
        rows = list(csv.reader(io.StringIO((await download(page, "CSV")).decode())))
        assert rows[0] == ["kind", "n"]
        assert all(row[0].startswith("'=") for row in rows[1:])
        table = pq.read_table(io.BytesIO(await download(page, "Parquet")))
        assert table["kind"].to_pylist() == [row[0][1:] for row in rows[1:]]


async def download(page: Page, name: str) -> bytes:
    async with page.expect_download() as started:
        await page.locator(OWN).get_by_role("button", name=name).click()
    return (await (await started.value).path()).read_bytes()


async def test_a_question_is_saved_found_by_others_changed_and_deleted(
    browser: Browser, system: RunningSystem, token: str
) -> None:
    async with open_window(browser) as (page, complaints):
        await sign_in(page, system, token)
        await page.locator("#sql").fill(
            "SELECT type, count() AS events FROM events WHERE type LIKE %(pattern)s GROUP BY type"
        )
        await page.get_by_text("Save it under a name").click()
        await page.get_by_label("Name (a-z, 0-9, _)").fill("by_type")
        await page.get_by_label("Title").fill("Events by type")
        await page.get_by_label("Parameters, one a line").fill("pattern text = booking.%")
        await page.get_by_role("button", name="Save", exact=True).click()
        await expect(page.locator("#question-by_type tbody tr")).to_have_count(2)
    async with open_window(browser) as (page, complaints):
        await sign_in(page, system, token)
        card = page.locator("#question-by_type")
        await card.get_by_label("pattern").fill("announcement.created")
        await card.get_by_role("button", name="Ask").click()
        await expect(card.locator("tbody tr")).to_have_count(1)
        await card.get_by_role("button", name="Edit").click()
        await expect(page.get_by_label("Name (a-z, 0-9, _)")).to_have_value("by_type")
        await page.get_by_label("Title").fill("Events by their type")
        await page.get_by_role("button", name="Save", exact=True).click()
        await expect(card.locator("h2")).to_have_text("Events by their type")
        await expect(card.locator("tbody tr")).to_have_count(2)
        page.on("dialog", lambda dialog: dialog.accept())
        await card.get_by_role("button", name="Delete").click()
        await expect(card).to_have_count(0)
        assert complaints == []


async def test_what_is_refused_is_told_and_the_page_goes_on(
    browser: Browser, system: RunningSystem, token: str
) -> None:
    async with open_window(browser, locale="ru-RU") as (page, _):
        await page.goto(f"{system.url}/analyst")
        await page.get_by_label("Токен", exact=True).fill("wrong")
        await page.get_by_role("button", name="Войти").click()
        await expect(page.locator("#enter .problem")).not_to_be_empty()
        assert await page.evaluate("sessionStorage.length") == 0
        await page.get_by_label("Токен", exact=True).fill(token)
        await page.keyboard.press("Enter")
        await page.locator("#sql").fill("DROP TABLE events")
        await page.locator("#own-form").get_by_role("button", name="Спросить").click()
        await expect(page.locator(f"{OWN} .problem").first).to_contain_text("a question begins")
        await page.locator("#sql").fill("SELECT 1 AS type, 2 AS events")
        await page.locator("#own-form").get_by_role("button", name="Спросить").click()
        await expect(page.locator(f"{OWN} svg")).to_be_visible()


async def test_whole_tables_are_downloaded_and_signing_out_leaves_nothing(
    browser: Browser, system: RunningSystem, token: str
) -> None:
    async with open_window(browser) as (page, _):
        await sign_in(page, system, token)
        async with page.expect_download() as started:
            await page.get_by_role("button", name="Download").click()
        assert (await started.value).suggested_filename == "events.parquet"
        assert pq.read_table(await (await started.value).path()).num_rows > 0
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.locator("#enter")).to_be_visible()
        assert await page.evaluate("sessionStorage.length") == 0
        await expect(page.locator("#questions section")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
async def test_everybody_can_read_it(
    browser: Browser,
    system: RunningSystem,
    token: str,
    size: tuple[int, int],
    scheme: Literal["light", "dark"],
) -> None:
    async with open_window(browser, size=size, scheme=scheme) as (page, complaints):
        await sign_in(page, system, token)
        await see_all(page)
        assert not await is_too_wide(page)
        assert await find_grave(page) == []
        assert complaints == []
        if SHOTS:
            name = f"analyst-{size[0]}-{scheme}.png"
            await page.screenshot(path=Path(SHOTS) / name, full_page=True)


async def test_the_page_is_small_and_says_what_may_run_in_it(system: RunningSystem) -> None:
    total = 0
    for name in ("", *(f"/{one.name}" for one in DIRECTORY.iterdir() if one.suffix != ".html")):
        async with system.session.get(f"{system.url}/analyst{name}") as response:
            assert response.status == 200, name
            total += len(await response.read())
            known = {"If-None-Match": response.headers["ETag"]}
            policy = response.headers.get("Content-Security-Policy")
        async with system.session.get(response.url, headers=known) as response:
            assert response.status == 304
        if not name:
            assert policy is not None
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
    assert total < 40_000
