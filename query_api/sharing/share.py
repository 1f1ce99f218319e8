"""Serves what a person needs to share an announcement: short link, texts, intents and card."""

from fastapi import APIRouter
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from contracts.values.languages import Language
from query_api.announcements.rows import fetch_visible
from query_api.announcements.visibility import PRIVATE_STATUSES
from query_api.edge.reads import AnyRow, Reads
from query_api.edge.routes import answer, document, new_router
from query_api.sharing.intents import ShareIntents, ShareTexts, share_intents, share_text
from query_api.sharing.preview import card_path, page_path, preview_of
from query_api.sharing.public_url import find_public_url
from runtime.http.negotiation import language_of
from runtime.http.parameters import path_id
from runtime.outside.ports import ShortenerClient


class ShareResponse(Struct, frozen=True):
    """What it takes to share an announcement."""

    short_link: str
    """Leads to the public page. It is the link that notices have."""
    text: ShareTexts
    """Says nothing about an announcement that is not public."""
    intents: ShareIntents
    """In the caller's language."""
    card: str | None
    """Address of the picture; None if the announcement is not public."""


def build_router(reads: Reads, shortener: ShortenerClient, public_url: str) -> APIRouter:
    """Return the route. `public_url` stands before the path of a page if the shortener needs a
    whole address."""
    router = new_router()

    @router.get("/announcement/{announcement_id}/share", **document(ShareResponse))
    async def share_announcement(request: Request) -> Response:
        """Short link, text in both languages, and addresses that open Telegram, VK, WhatsApp or
        X with them. For everybody who sees the announcement."""
        caller = await reads.authenticate(request)
        announcement_id = path_id(request, "announcement_id")
        followed = await reads.fetch_followed(caller)
        async with reads.open_snapshot(request) as snapshot:
            row = await fetch_visible(snapshot, caller, followed, announcement_id)
        link = await shortener.link(public_url + page_path(announcement_id))
        texts = ShareTexts(ru=_text(row, "ru"), en=_text(row, "en"))
        language = language_of(request)
        own_url = find_public_url(request, public_url)
        card = own_url + card_path(announcement_id, language) if _is_public(row) else None
        share = ShareResponse(link, texts, share_intents(link, texts[language]), card)
        return answer(request, share, snapshot.position)

    return router


def _text(row: AnyRow, language: Language) -> str:
    return share_text(preview_of(row, language) if _is_public(row) else None, language)


def _is_public(row: AnyRow) -> bool:
    return row["visibility"] == "public" and row["status"] not in PRIVATE_STATUSES
