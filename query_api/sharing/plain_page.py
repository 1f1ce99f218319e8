"""Renders pages without scripts for whoever opens a link, and the links that they have."""

from collections.abc import Mapping
from html import escape
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from contracts.values.languages import Language
from runtime.http.negotiation import LANGUAGE, language_of_reader
from runtime.service.lost_pages import LOST

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
    footer { margin-top: 1.6rem; font-size: .85rem }
"""

HEADERS: Final = {"Vary": "Accept-Language", "Cache-Control": "no-cache"}

_OTHER_LANGUAGE: Final[Mapping[Language, tuple[Language, str]]] = {
    "en": ("ru", "По-русски"),
    "ru": ("en", "In English"),
}
_OPEN: Final[Mapping[Language, str]] = {"en": "Open it on the site", "ru": "Открыть на сайте"}


class SiteLinks:
    """Links to the pages of the site, as HTML. Without a site they are empty."""

    def __init__(self, site_url: str) -> None:
        """`site_url` is the site's front page; empty if there is no site."""
        self._site_url = site_url

    def front(self, text: str) -> str:
        return self._link("", text)

    def evening(self, announcement_id: str, language: Language) -> str:
        """Return the link to an evening's own page, which asks whoever may not see it to log in."""
        return self._link(f"evening/{announcement_id}", _OPEN[language])

    def _link(self, path: str, text: str) -> str:
        if not self._site_url:
            return ""
        address = f"{self._site_url.rstrip('/')}/{path}"
        return f'<p><a href="{escape(address)}">{escape(text)}</a></p>'


NO_SITE: Final = SiteLinks("")


def render_page(language: Language, title: str, content: str, further_head: str = "") -> str:
    """Return a page that leads to itself in the other language. `content` and `further_head` are
    HTML."""
    other, its_name = _OTHER_LANGUAGE[language]
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title>{further_head}<style>{STYLE}</style></head>"
        f'<body><main>{content}<footer><a href="?{LANGUAGE.name}={other}" lang="{other}"'
        f' hreflang="{other}">{its_name}</a></footer></main></body></html>'
    )


def render_lost(request: Request, links: SiteLinks) -> Response:
    """Return the page for an address that leads nowhere."""
    language = language_of_reader(request)
    texts = LOST[language]
    content = f"<h1>{texts.title}</h1><p>{texts.why}</p>{links.front(texts.front)}"
    return HTMLResponse(render_page(language, texts.title, content), 404, HEADERS)
