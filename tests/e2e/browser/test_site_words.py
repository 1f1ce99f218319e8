"""The words of the site: all that it has to name has one in both languages, written as people of
the language write it."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final, get_args

import pytest
from playwright.async_api import Browser, Page, expect

from contracts.events.announcement import AnnouncementStatus, Visibility
from contracts.events.broadcast import Audience, BroadcastState
from contracts.events.folding.booking_state import BookingState
from contracts.notices import ALWAYS_SENT, Kind
from contracts.values.personal import ERASED_TEXT
from tests.cells.embedded import RunningSystem, evening
from tests.e2e.browser.site import Visitor, visiting
from tests.waiting import WITHIN_S

LANGUAGES: Final = {"en": "en-GB", "ru": "ru-RU"}
LOAD: Final = """async (name) => {
    const base = document.querySelector('script[src$="app.js"]').src;
    const { default: words } = await import(new URL(`words/${name}.js`, base));
    return JSON.parse(JSON.stringify(words, (_, one) => typeof one === 'function' ? '' : one));
}"""
FORMAT: Final = """async ([module, name, given]) => {
    const base = document.querySelector('script[src$="app.js"]').src;
    return (await import(new URL(`parts/${module}.js`, base)))[name](...given);
}"""

pytestmark = pytest.mark.asyncio(loop_scope="module")


def list_keys(words: dict[str, Any], at: str = "") -> Iterator[str]:
    for name, value in words.items():
        if isinstance(value, dict):
            yield from list_keys(value, f"{at}.{name}")
        else:
            yield f"{at}.{name}"


async def say(page: Page, module: str, name: str, *given: Any) -> str:
    """Return what a function of the site's parts says, with a plain blank for each kind of it."""
    said: str = await page.evaluate(FORMAT, [module, name, list(given)])
    return " ".join(said.split())


async def test_everything_has_a_word_in_both_languages(
    browser: Browser, system: RunningSystem
) -> None:
    async with visiting(browser, system.url, "anna") as anna:
        russian, english = [await anna.page.evaluate(LOAD, one) for one in ("ru", "en")]
    assert sorted(list_keys(russian)) == sorted(list_keys(english))
    for words in (russian, english):
        assert set(words["kinds"]) == set(get_args(Kind)) - ALWAYS_SENT
        assert set(words["state"]) == {*get_args(BookingState), "hosting"}
        assert set(words["evening"]["status"]) == set(get_args(AnnouncementStatus))
        assert set(words["evening"]["visibility"]) == set(get_args(Visibility))
        assert set(words["notices"]["state"]) >= set(get_args(BroadcastState))
        assert set(words["host"]["audiences"]) == set(get_args(Audience))


@pytest.mark.parametrize(
    ("language", "day", "month", "price", "score"),
    [
        ("en", "1 Nov", "November 2026", "RUB 300", "8.5 of 10, 2 ratings"),
        ("ru", "1 нояб.", "ноябрь 2026 г.", "300 ₽", "8,5 из 10, 2 оценки"),
    ],
)
async def test_days_and_numbers_are_written_as_in_the_language(
    browser: Browser,
    system: RunningSystem,
    language: str,
    day: str,
    month: str,
    price: str,
    score: str,
) -> None:
    locale = LANGUAGES[language]
    zone = "America/New_York"  # A day of the API begins there on the day before.
    async with visiting(browser, system.url, "anna", locale=locale, zone=zone) as anna:
        assert await say(anna.page, "times", "formatShortDay", "2026-11-01") == day
        assert await say(anna.page, "times", "formatMonth", "2026-11") == month
        assert await say(anna.page, "times", "formatMonth", "2026-11-01") == month
        assert await say(anna.page, "times", "formatPrice", 300.0, "RUB") == price
        assert await say(anna.page, "evening_line", "ratingText", 8.5, 2) == score


async def test_a_zone_is_named_unless_it_is_ones_own_or_unknown(
    browser: Browser, system: RunningSystem
) -> None:
    instant = "2026-12-04T16:00:00Z"
    async with visiting(browser, system.url, "anna", zone="America/New_York") as anna:
        for zone, ending in (
            (None, "11:00"),
            ("America/New_York", "11:00"),
            ("Asia/Tokyo", "01:00 GMT+9"),
            ("Old/Zone", "11:00"),  # Early journals have names that nobody checked.
        ):
            assert (await say(anna.page, "times", "formatMoment", instant, zone)).endswith(ending)


async def test_the_year_is_the_one_in_the_zone(browser: Browser, system: RunningSystem) -> None:
    year = datetime.now(UTC).year
    async with visiting(browser, system.url, "anna", zone="UTC") as anna:
        for zone, said in (("UTC", False), ("Asia/Tokyo", True)):
            moment = await say(anna.page, "times", "formatMoment", f"{year}-12-31T20:00:00Z", zone)
            assert (str(year + 1) in moment) is said
            assert str(year) not in moment


async def test_an_evening_that_costs_an_unknown_sum_is_not_called_free(
    browser: Browser, system: RunningSystem
) -> None:
    paid = {"is_free": False, "price_amount": None, "price_currency": None}
    async with visiting(browser, system.url, "anna") as anna:
        assert await say(anna.page, "evening_line", "priceOf", paid) == "see the description"


async def test_a_film_has_russian_genres_on_a_russian_page(
    browser: Browser, system: RunningSystem
) -> None:
    async with visiting(browser, system.url, "anna", locale=LANGUAGES["ru"]) as anna:
        await open_film(anna, "Матрица")
        await expect(anna.page.locator("article.film")).to_contain_text("фантастика, боевик")


async def test_an_erased_person_is_called_so_in_the_language_and_is_not_invited(
    browser: Browser, system: RunningSystem
) -> None:
    of_rita = await meet(system, "rita", "yegor", days=3)
    of_yegor = await meet(system, "yegor", "rita", days=5)
    token = await system.token("rita")
    yegor = (await system.get(f"/api/v1/announcement/{of_yegor}", token))["author_id"]
    async with visiting(browser, system.url, "yegor", locale=LANGUAGES["ru"]) as rita:
        await rita.become("rita")  # The browser knows both.
        invited = rita.page.locator("[name=guest_ids] option")
        await rita.open(f"/person/{yegor}")
        for done in ("Не сообщать о встречах:", "Заблокировать:"):
            await expect(rita.page.get_by_text(done)).to_be_visible()
        await expect(rita.heading).to_have_text("Yegor")
        body = {"by": "Olga", "at_once": True}
        erasure = f"/api/v1/operator/user/{yegor}/erasure"
        await system.send("PUT", erasure, system.operator_token, body)
        await until_called_off(system, of_yegor, token)
        await rita.open(f"/person/{yegor}")
        await expect(rita.heading).to_have_text("удалённый пользователь")
        await rita.open(f"/evening/{of_yegor}")
        await expect(rita.heading).to_have_text("[удалено]")
        await expect(rita.page.get_by_text("Приглашает удалённый пользователь")).to_be_visible()
        await rita.open(f"/evening/{of_rita}")
        await expect(invited.first).to_be_attached()
        assert "удалённый пользователь" not in await invited.all_inner_texts()

        await rita.become("sveta")  # She knows him from the browser alone.
        await rita.open(f"/evening/{await meet(system, 'sveta', 'rita', days=6)}")
        await rita.page.locator("[name=guest_ids]").select_option("Yegor")
        await rita.click("Пригласить")
        await expect(rita.page.get_by_role("alert")).to_contain_text("нельзя пригласить")
        await expect(invited.first).to_be_attached()
        await expect(rita.page.locator("main option", has_text="Yegor")).to_have_count(0)


async def meet(system: RunningSystem, host: str, guest: str, days: int) -> str:
    """Let somebody have a seat at somebody's evening. Returns its id."""
    event_time = (datetime.now(UTC) + timedelta(days=days)).isoformat()
    token = await system.token(host)
    path = f"/api/v1/announcement/{await system.film()}"
    made, _ = await system.send("POST", path, token, evening(event_time=event_time), expect=201)
    evening_id: str = made["id"]
    ask = f"/api/v1/booking/{evening_id}"
    asked, _ = await system.send("POST", ask, await system.token(guest), expect=201)
    answer = f"/api/v1/booking/{asked['booking_id']}"
    _, position = await system.send("PUT", answer, token, {"my_status": True})
    await system.get(f"/api/v1/announcement/{evening_id}?min_position={position}", token)
    return evening_id


async def until_called_off(system: RunningSystem, evening_id: str, token: str) -> None:
    """Wait until the erasure of the evening's host shows."""
    async with asyncio.timeout(WITHIN_S):
        path = f"/api/v1/announcement/{evening_id}"
        while (await system.get(path, token))["title"] != ERASED_TEXT:
            await asyncio.sleep(0.1)


async def open_film(visitor: Visitor, title: str) -> None:
    await visitor.page.get_by_role("searchbox").fill(title)
    await visitor.page.get_by_role("link", name=title).first.click()
    await expect(visitor.heading).to_have_text(title)
