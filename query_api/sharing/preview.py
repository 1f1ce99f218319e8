"""Says what a shared link may show of an announcement before anybody opens it.

Messengers and social networks keep a preview for months and do not refresh it. So it has only
what seldom changes: title, film, host and the hint at the place. Seats, status, time and price
are on the page itself. Only a public announcement has a preview.
"""

from collections.abc import Mapping
from html import escape
from typing import Final

from msgspec import Struct

from contracts.values.languages import Language
from query_api.announcements.rows import pick_film_name
from query_api.announcements.visibility import NOT_PRIVATE
from query_api.edge.reads import AnyRow

CARD_SIZE: Final = (1200, 630)
"""Width and height in pixels, as Open Graph readers expect them."""
SITE_NAME: Final = "PRACTIX"
PUBLIC_PAGES: Final = "a"
"""The first part of the paths of public pages."""

IS_PUBLIC: Final = f"(a.visibility = 'public' AND {NOT_PRIVATE})"
"""Holds for an announcement that anybody may see without a token."""

SELECT_PREVIEW: Final = f"""
    SELECT a.title, a.movie_title, a.movie_title_ru, a.season, a.episode,
           a.location_hint, author.name AS author_name
    FROM announcements a
    LEFT JOIN people author ON author.person_id = a.author_id
    WHERE a.announcement_id = $1 AND {IS_PUBLIC}
"""

_LOCALES: Final[Mapping[Language, str]] = {"en": "en_GB", "ru": "ru_RU"}
_LABELS: Final[Mapping[Language, tuple[str, str]]] = {
    "en": ("Film", "Host"),
    "ru": ("Фильм", "Организатор"),
}


class Preview(Struct, frozen=True):
    """The facts of a public announcement that everybody may know."""

    title: str
    film: str
    host: str
    place_hint: str | None
    language: Language

    @property
    def facts(self) -> list[str]:
        """Film, host and hint at the place, as lines for a person."""
        film, host = _LABELS[self.language]
        lines = [f"{film}: {self.film}"]
        if self.host:
            lines.append(f"{host}: {self.host}")
        if self.place_hint:
            lines.append(self.place_hint)
        return lines


def preview_of(row: AnyRow, language: Language) -> Preview:
    """Return the preview of a public announcement from its row."""
    return Preview(
        title=row["title"],
        film=pick_film_name(row, language),
        host=row["author_name"] or "",
        place_hint=row["location_hint"],
        language=language,
    )


def page_path(announcement_id: str) -> str:
    """Return the path of the public page, which every short link leads to."""
    return f"/{PUBLIC_PAGES}/{announcement_id}"


def card_path(announcement_id: str, language: Language) -> str:
    return f"{page_path(announcement_id)}/card.png?lang={language}"


def open_graph_tags(preview: Preview, announcement_id: str, own_url: str) -> str:
    """Return the `meta` elements of the page (https://ogp.me). `own_url` is the address of this
    system, which stands before all paths."""
    width, height = CARD_SIZE
    tags = {
        "og:type": "website",
        "og:site_name": SITE_NAME,
        "og:locale": _LOCALES[preview.language],
        "og:url": own_url + page_path(announcement_id),
        "og:title": preview.title,
        "og:description": " · ".join(preview.facts),
        "og:image": own_url + card_path(announcement_id, preview.language),
        "og:image:type": "image/png",
        "og:image:width": str(width),
        "og:image:height": str(height),
        "og:image:alt": preview.title,
    }
    elements = [f'<meta property="{name}" content="{escape(text)}">' for name, text in tags.items()]
    return "".join([*elements, '<meta name="twitter:card" content="summary_large_image">'])
