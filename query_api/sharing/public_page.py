"""Serves the page behind a short link, and the card that goes with it.

They need no token, so they show public announcements only. For an announcement that is hidden or
absent the page only asks the reader to log in, and there is no card, so nobody learns which of
the two it is.
"""

from html import escape
from typing import Final
from zoneinfo import ZoneInfo

import asyncpg
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from contracts.values.ids import canonical_uuid
from contracts.values.languages import Language
from query_api.announcements.rows import pick_film_name
from query_api.edge.reads import Reads
from query_api.edge.routes import answer_bytes, document_file
from query_api.sharing.drawing import DrawingBoard
from query_api.sharing.plain_page import HEADERS, SiteLinks, render_page
from query_api.sharing.preview import (
    IS_PUBLIC,
    SELECT_PREVIEW,
    SITE_NAME,
    open_graph_tags,
    preview_of,
)
from query_api.sharing.public_url import find_public_url
from runtime.http.negotiation import LANGUAGE, language_of_reader, wanted_language
from runtime.http.parameters import path_id
from runtime.local_times import write_time, zone_of_evening
from runtime.prices import write_price
from runtime.service.lost_pages import LOST

HTML: Final = "text/html; charset=utf-8"
PNG: Final = "image/png"
SELECT_PUBLIC: Final = f"""
    SELECT a.title, a.description, a.movie_title, a.movie_title_ru, a.season, a.episode,
           a.duration_min,
           a.event_time, a.tz, a.event_location, a.hide_location, a.location_hint,
           a.tickets_left, a.ticket_count, a.status, a.closed_reason, a.is_free,
           a.price_amount, a.price_currency, author.name AS author_name
    FROM announcements a
    LEFT JOIN people author ON author.person_id = a.author_id
    WHERE a.announcement_id = $1 AND {IS_PUBLIC}
"""

TEXTS: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "when": "When",
        "where": "Where",
        "host": "Host",
        "seats": "Seats left",
        "of": "of",
        "price": "Price",
        "free": "free",
        "paid": "see the description",
        "status": "Status",
        "Alive": "open to requests",
        "Closed": "closed to requests",
        "full": "full; you can join the waiting list",
        "Done": "over",
        "min": "min",
        "log_in": "Log in to see this evening",
        "why": "It may be private, or the link may be wrong.",
        "for_guests": "shown to confirmed guests",
    },
    "ru": {
        "when": "Когда",
        "where": "Где",
        "host": "Организатор",
        "seats": "Свободно мест",
        "of": "из",
        "price": "Цена",
        "free": "бесплатно",
        "paid": "см. описание",
        "status": "Статус",
        "Alive": "заявки открыты",
        "Closed": "заявки закрыты",
        "full": "мест нет, но есть очередь",
        "Done": "прошла",
        "min": "мин",
        "log_in": "Войдите, чтобы увидеть эту встречу",
        "why": "Возможно, она закрытая, или в ссылке ошибка.",
        "for_guests": "увидят подтверждённые гости",
    },
}


def build_router(
    reads: Reads, drawing_board: DrawingBoard, public_url: str, links: SiteLinks
) -> APIRouter:
    """Return the routes. `public_url` is the address of this system for others; if it is empty,
    the one that the request names."""
    router = APIRouter()  # Other sites append parameters of their own to links.

    @router.get(
        "/a/{announcement_id}",
        response_class=HTMLResponse,
        **document_file([LANGUAGE], without_token=True),
    )
    async def show(request: Request) -> Response:
        """The public page of an announcement."""
        language = language_of_reader(request)
        announcement_id = canonical_uuid(request.path_params["announcement_id"])
        async with reads.open_snapshot(request) as snapshot:
            found = await snapshot.fetch_rows(SELECT_PUBLIC, announcement_id)
        if found and announcement_id:
            preview = preview_of(found[0], language)
            tags = open_graph_tags(preview, announcement_id, find_public_url(request, public_url))
            content = _describe(found[0], language, reads.cell_zone)
            content += links.evening(announcement_id, language)
            html = render_page(language, preview.title, content, tags)
        else:
            html = _login_page(announcement_id, language, links)
        return answer_bytes(request, html.encode(), HTML, snapshot.position, HEADERS)

    @router.get(
        "/a/{announcement_id}/card.png",
        response_class=Response,
        **document_file([LANGUAGE], without_token=True),
    )
    async def show_card(request: Request) -> Response:
        """The picture that messengers show beside a link to the public page."""
        language = wanted_language(request)
        announcement_id = path_id(request, "announcement_id")
        async with reads.open_snapshot(request) as snapshot:
            row = await snapshot.fetch_row(SELECT_PREVIEW, announcement_id)
        card = await drawing_board.draw(preview_of(row, language))
        return answer_bytes(request, card, PNG, snapshot.position, HEADERS)

    return router


def _describe(row: asyncpg.Record, language: Language, cell_zone: ZoneInfo) -> str:
    """Return what the page says of a public announcement, as HTML."""
    texts = TEXTS[language]
    place = row["location_hint"] if row["hide_location"] else row["event_location"]
    film = pick_film_name(row, language)
    zone = zone_of_evening(row["tz"], cell_zone)
    is_full = row["status"] == "Closed" and row["closed_reason"] == "full"
    facts = [
        (texts["when"], write_time(row["event_time"], zone, language)),
        (texts["where"], place or texts["for_guests"]),
        (texts["host"], row["author_name"] or ""),
        (texts["price"], _format_price(row, language)),
        (texts["status"], texts["full" if is_full else row["status"]]),
    ]
    if row["status"] != "Done":
        seats = f"{row['tickets_left']} {texts['of']} {row['ticket_count']}"
        facts.append((texts["seats"], seats))
    lines = "".join(
        f"<dt>{escape(name)}</dt><dd><bdi>{escape(value)}</bdi></dd>" for name, value in facts
    )
    return (
        f'<h1><bdi>{escape(row["title"])}</bdi></h1><p class="film"><bdi>{escape(film)}</bdi>, '
        f"{row['duration_min']} {texts['min']}</p><dl>{lines}</dl>"
        f'<p class="text">{escape(row["description"])}</p>'
    )


def _format_price(row: asyncpg.Record, language: Language) -> str:
    if row["is_free"]:
        return TEXTS[language]["free"]
    if row["price_amount"] is None:
        return TEXTS[language]["paid"]
    return write_price(row["price_amount"], row["price_currency"], language)


def _login_page(announcement_id: str | None, language: Language, links: SiteLinks) -> str:
    """Return the page for an announcement that is hidden or absent. It has its id from the
    address alone, so both have the same page."""
    texts = TEXTS[language]
    evening = links.evening(announcement_id, language) if announcement_id else ""
    return render_page(
        language,
        SITE_NAME,
        f'<h1>{escape(texts["log_in"])}</h1><p class="text">{escape(texts["why"])}</p>'
        f"{evening}{links.front(LOST[language].front)}",
    )
