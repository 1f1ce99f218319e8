"""Page, card and share of an announcement, for everybody in every relation to it."""

import re
from itertools import product
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from query_api.sharing.plain_page import SiteLinks
from tests.cells.read_side import ReadSide, at, read_side
from tests.integration.query_api.announcements.cast import ANNOUNCED, STATUSES, VISIBILITIES, Cast

HIDDEN: dict[str, Any] = {
    "title": "A film night",
    "location_hint": "near the park",
    "hide_location": True,
    "event_location": "Arbat 7",
}


async def test_a_public_page_has_a_preview_and_a_card(cast: Cast) -> None:
    evening = await cast.evening(**HIDDEN)
    page = await cast.reads.get(f"/a/{evening}?utm_source=telegram", Accept_Language="ru")
    host = await cast.reads.pool.fetchval(
        "SELECT name FROM read_model.people WHERE person_id = $1", cast.ids["host"]
    )
    described = f"Фильм: Матрица · Организатор: {host} · near the park"
    assert f'<meta property="og:description" content="{described}">' in page.text
    card = f"/a/{evening}/card.png?lang=ru"
    assert f'<meta property="og:image" content="{cast.reads.url}{card}">' in page.text
    drawn = await cast.reads.get_bytes(card)
    assert drawn.headers["Content-Type"] == "image/png"
    assert drawn.content.startswith(b"\x89PNG")
    again = await cast.reads.get(card, If_None_Match=drawn.headers["ETag"])
    assert again.status == 304
    odd = await cast.reads.get(f"/a/{evening}/card.png?lang=de")
    assert (odd.status, odd.body["code"]) == (422, "malformed_query")


async def test_a_public_page_tells_the_time_in_the_evenings_own_zone(postgres_dsn: str) -> None:
    """Or else in the cell's, but never in its host's, which would say where the host is."""
    day_and_time = r"\d+ \w+ \d{4}, \d\d:\d\d"
    async with read_side(postgres_dsn, cell_zone=ZoneInfo("Asia/Omsk")) as reads:
        host = await reads.person()  # Of Moscow.
        for tz, language, zone in (
            ("Asia/Tokyo", "en", "Tokyo, GMT+9"),
            ("Asia/Tokyo", "ru", "Токио, GMT+9"),
            (None, "en", "Omsk, GMT+6"),
            (None, "ru", "Омск, GMT+6"),
        ):
            evening = await reads.evening(host, tz=tz)
            page = await reads.get(f"/a/{evening}", Accept_Language=language)
            assert re.search(rf"\w+, {day_and_time} \({re.escape(zone)}\)</bdi>", page.text)


async def test_a_public_page_writes_a_price_as_its_language_does(cast: Cast) -> None:
    price = {"is_free": False, "price_amount": 12.5, "price_currency": "EUR"}
    evening = await cast.evening(**price)
    for language, written in (("en", "€12.50"), ("ru", "12,50\N{NO-BREAK SPACE}€")):
        page = await cast.reads.get(f"/a/{evening}", Accept_Language=language)
        assert f"<bdi>{written}</bdi>" in page.text


async def test_a_page_leads_to_the_site_if_there_is_one(postgres_dsn: str) -> None:
    """Also one that shows no evening: whoever is invited goes on there."""
    for site, front in (("/", ""), ("https://kino.test/", "https://kino.test")):
        async with read_side(postgres_dsn, links=SiteLinks(site)) as reads:
            host = await reads.person()
            public, private = [
                await reads.evening(host, visibility=one) for one in ("public", "invite")
            ]
            pages = {
                one: (await reads.get(f"/a/{one}", Accept_Language="ru")).text
                for one in (public, private, str(uuid4()))
            }
            for one, page in pages.items():
                assert f'<a href="{front}/evening/{one}">Открыть на сайте</a>' in page
            hidden, absent = [page.replace(one, "") for one, page in pages.items()][1:]
            assert hidden == absent
            assert f'<a href="{front}/">На главную</a>' in absent
            no_id = (await reads.get("/a/nothing")).text
            assert f'<a href="{front}/">' in no_id
            assert "/evening/" not in no_id


async def test_without_a_site_no_page_leads_to_one(cast: Cast) -> None:
    for one in (await cast.evening(), uuid4()):
        page = (await cast.reads.get(f"/a/{one}")).text
        assert re.findall(r'href="([^"]*)"', page) == ["?lang=ru"]


async def test_a_reader_may_choose_the_language_of_a_page(cast: Cast) -> None:
    evening = await cast.evening()
    for query, language in (("", "en"), ("?lang=ru", "ru"), ("?lang=en", "en"), ("?lang=de", "en")):
        page = await cast.reads.get(f"/a/{evening}{query}", Accept_Language="en")
        other = {"en": "ru", "ru": "en"}[language]
        assert (page.status, f'<html lang="{language}">' in page.text) == (200, True)
        assert f'<a href="?lang={other}" lang="{other}"' in page.text


async def test_the_preview_stays_as_it_is_when_seats_status_and_time_change(cast: Cast) -> None:
    """Messengers keep it."""
    evening = await cast.evening(**HIDDEN)
    before = await previewed(cast.reads, evening)
    await cast.reads.pool.execute(
        """UPDATE read_model.announcements SET status = 'Closed', taken = 5, event_time = $2
           WHERE announcement_id = $1""",
        evening,
        at(48),
    )
    assert await previewed(cast.reads, evening) == before


async def test_no_page_card_or_share_tells_hidden_from_absent(cast: Cast) -> None:
    absent = uuid4()
    no_card = await cast.reads.get(f"/a/{absent}/card.png")
    no_share = await cast.get(f"/api/v1/announcement/{absent}/share", "stranger")
    assert (no_card.status, no_share.status) == (404, 404)
    for status, visibility in product(STATUSES, VISIBILITIES):
        evening = await cast.evening(status=status, visibility=visibility, **HIDDEN)
        if visibility == "public" and status in ANNOUNCED:
            continue
        assert "og:" not in (await cast.reads.get(f"/a/{evening}")).text
        card = await cast.reads.get(f"/a/{evening}/card.png")
        share = await cast.get(f"/api/v1/announcement/{evening}/share", "stranger")
        for found, missing in ((card, no_card), (share, no_share)):
            assert found.status == 404
            assert found.text.replace(str(evening), "") == missing.text.replace(str(absent), "")


async def test_everybody_who_sees_an_announcement_may_share_it(cast: Cast) -> None:
    evening = await cast.evening(**HIDDEN)
    for role in cast.ids:
        share = (await cast.get(f"/api/v1/announcement/{evening}/share", role)).body
        assert share["short_link"] == f"https://practix.test/s/a/{evening}"
        assert "“A film night”. Film: The Matrix" in share["text"]["en"]
        assert "«A film night». Фильм: Матрица" in share["text"]["ru"]
        assert share["card"] == f"{cast.reads.url}/a/{evening}/card.png?lang=en"
        assert set(share["intents"]) == {"telegram", "vk", "whatsapp", "x"}
        assert "Arbat" not in str(share)


async def test_the_share_of_what_is_not_public_says_nothing_about_it(cast: Cast) -> None:
    evening = await cast.evening(visibility="invite", **HIDDEN)
    share = (await cast.get(f"/api/v1/announcement/{evening}/share", "host")).body
    assert share["card"] is None
    assert share["short_link"] == f"https://practix.test/s/a/{evening}"
    assert all(word not in str(share) for word in ("film night", "Matrix", "park", "Arbat"))


async def test_without_the_shortener_a_share_has_to_wait(cast: Cast) -> None:
    evening = await cast.evening()
    cast.reads.shortener.down = True
    share = await cast.get(f"/api/v1/announcement/{evening}/share", "host")
    assert share.status == 503
    assert "Retry-After" in share.headers


async def test_pages_name_the_address_that_the_operator_states(postgres_dsn: str) -> None:
    async with read_side(postgres_dsn, public_url="https://kino.test/") as reads:
        evening = await reads.evening(await reads.person())
        page = await reads.get(f"/a/{evening}")
        assert f'property="og:url" content="https://kino.test/a/{evening}"' in page.text
        share = await reads.get(f"/api/v1/announcement/{evening}/share", await reads.person())
        assert share.body["card"] == f"https://kino.test/a/{evening}/card.png?lang=en"
        assert share.body["short_link"] == f"https://practix.test/shttps://kino.test/a/{evening}"


async def previewed(reads: ReadSide, evening: str) -> tuple[list[str], bytes]:
    """Return what messengers keep: the meta elements and the card."""
    page = await reads.get(f"/a/{evening}")
    card = await reads.get_bytes(f"/a/{evening}/card.png")
    return [part for part in page.text.split("<") if part.startswith("meta ")], card.content
