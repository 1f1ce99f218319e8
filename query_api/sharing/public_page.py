"""Serves the page behind a short link, and the card that goes with it.

They need no token, so they show public announcements only. For an announcement that is hidden or
absent the page only asks the reader to log in, and there is no card, so nobody learns which of
the two it is.
"""

from collections.abc import Mapping
from html import escape
from typing import Final
from zoneinfo import ZoneInfo

import asyncpg
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from contracts.values.ids import canonical_uuid
from contracts.values.languages import Language
from contracts.values.prices import format_amount
from query_api.announcements.rows import pick_film_name
from query_api.edge.reads import Reads
from query_api.edge.routes import answer_bytes, document_file
from query_api.sharing.drawing import DrawingBoard
from query_api.sharing.preview import (
    IS_PUBLIC,
    SELECT_PREVIEW,
    SITE_NAME,
    open_graph_tags,
    preview_of,
)
from query_api.sharing.site import find_site
from runtime.http.negotiation import LANGUAGE, language_of, wanted_language
from runtime.http.parameters import path_id
from runtime.local_times import write_time, zone_of_evening

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

HEADERS: Final = {"Vary": "Accept-Language", "Cache-Control": "no-cache"}

STYLE: Final = """
    :root { color-scheme: light dark }
    body { margin: 0; min-height: 100vh; display: grid; place-items: center;
           font: 17px/1.5 system-ui, sans-serif; background: #14121f; color: #f3f0ff }
    main { max-width: 30rem; margin: 1rem; padding: 2rem 2.2rem; border-radius: 1.2rem;
           background: #211d33; box-shadow: 0 1rem 3rem #0008 }
    h1 { margin: 0 0 .2rem; font-size: 1.7rem; line-height: 1.2 }
    .film { color: #ffb86b; margin: 0 0 1.2rem }
    dl { display: grid; grid-template-columns: auto 1fr; gap: .4rem 1rem; margin: 0 0 1.2rem }
    dt { opacity: .65 } dd { margin: 0 }
    h1, dd, p { overflow-wrap: anywhere }
    a { color: inherit }
    p.text { white-space: pre-line; opacity: .9 }
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
        "front": "To the front page",
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
        "front": "На главную",
        "why": "Возможно, она закрытая, или в ссылке ошибка.",
        "for_guests": "увидят подтверждённые гости",
    },
}


def build_router(reads: Reads, drawing_board: DrawingBoard, public_url: str) -> APIRouter:
    """Return the routes. `public_url` is the address of this system for other sites; if it is
    empty, the one that the request names."""
    router = APIRouter()  # Other sites append parameters of their own to links.

    @router.get(
        "/a/{announcement_id}",
        response_class=HTMLResponse,
        **document_file(without_token=True),
    )
    async def show(request: Request) -> Response:
        """The public page of an announcement."""
        language = language_of(request)
        announcement_id = canonical_uuid(request.path_params["announcement_id"])
        async with reads.open_snapshot(request) as snapshot:
            found = await snapshot.fetch_rows(SELECT_PUBLIC, announcement_id)
        site = find_site(request, public_url)
        html = (
            _announcement_page(found[0], announcement_id, language, site, reads.cell_zone)
            if found and announcement_id
            else _login_page(language)
        )
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


def _announcement_page(
    row: asyncpg.Record,
    announcement_id: str,
    language: Language,
    site: str,
    cell_zone: ZoneInfo,
) -> str:
    texts = TEXTS[language]
    place = row["location_hint"] if row["hide_location"] else row["event_location"]
    film = pick_film_name(row, language)
    zone = zone_of_evening(row["tz"], cell_zone)
    is_full = row["status"] == "Closed" and row["closed_reason"] == "full"
    facts = [
        (texts["when"], write_time(row["event_time"], zone, language)),
        (texts["where"], place or texts["for_guests"]),
        (texts["host"], row["author_name"] or ""),
        (texts["price"], _format_price(row, texts)),
        (texts["status"], texts["full" if is_full else row["status"]]),
    ]
    if row["status"] != "Done":
        seats = f"{row['tickets_left']} {texts['of']} {row['ticket_count']}"
        facts.append((texts["seats"], seats))
    lines = "".join(
        f"<dt>{escape(name)}</dt><dd><bdi>{escape(value)}</bdi></dd>" for name, value in facts
    )
    return _page(
        language,
        row["title"],
        f'<h1><bdi>{escape(row["title"])}</bdi></h1><p class="film"><bdi>{escape(film)}</bdi>, '
        f"{row['duration_min']} {texts['min']}</p><dl>{lines}</dl>"
        f'<p class="text">{escape(row["description"])}</p>',
        open_graph_tags(preview_of(row, language), announcement_id, site),
    )


def _format_price(row: asyncpg.Record, texts: Mapping[str, str]) -> str:
    if row["is_free"]:
        return texts["free"]
    if row["price_amount"] is None:
        return texts["paid"]
    return f"{format_amount(row['price_amount'])} {row['price_currency'] or ''}".strip()


def _login_page(language: Language) -> str:
    texts = TEXTS[language]
    return _page(
        language,
        SITE_NAME,
        f'<h1>{escape(texts["log_in"])}</h1><p class="text">{escape(texts["why"])}</p>'
        f'<p><a href="/">{escape(texts["front"])}</a></p>',
    )


def _page(language: Language, title: str, content: str, further_head: str = "") -> str:
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title>{further_head}<style>{STYLE}</style></head>"
        f"<body><main>{content}</main></body></html>"
    )
