"""What the site says to a guest and to a host: to each from their own view, and once."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.cells.embedded import RunningSystem, run_system
from tests.e2e.browser.site import visiting

expect.set_options(timeout=60_000)  # The machine may be busy.
pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSystem]:
    async with run_system(tmp_path_factory.mktemp("guests")) as found:
        yield found


async def test_only_who_logs_in_gets_the_language_and_zone_of_the_window(
    browser: Browser, system: RunningSystem
) -> None:
    people = {}
    for login in ("vera", "dina"):
        body = {"login": login, "language": "ru", "tz": "Asia/Tokyo"}
        answer, _ = await system.send("POST", "/neighbours/auth/token", body=body)
        people[login] = answer["user_id"]
    zone = "America/New_York"
    async with visiting(browser, system.url, "nina", zone=zone) as nina:
        await expect(nina.page.get_by_role("option", name="Vera")).to_be_attached()
        await nina.click("Fill with an example week")
        await expect(nina.heading).to_have_text("Evenings")
        mine = await nina.page.evaluate("JSON.parse(sessionStorage.getItem('practix.person')).id")
    for user_id, language, tz in (
        (people["vera"], "ru", "Asia/Tokyo"),
        (people["dina"], "ru", "Asia/Tokyo"),
        (mine, "en", zone),
    ):
        account = await system.get(f"/neighbours/auth/users/{user_id}")
        assert (account["language"], account["tz"]) == (language, tz)
