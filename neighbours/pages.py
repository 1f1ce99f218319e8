"""Pages without scripts, in the visitor's language; and the one for an address that leads nowhere.

A browser gets that page for every address that a person may meet: one they typed, or a link to a
page. What only programs ask for is answered with a problem, whoever asks.
"""

from collections.abc import Mapping
from html import escape
from typing import Final

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from contracts.values.languages import Language, parse_language
from runtime.http.negotiation import language_of
from runtime.service.lost_pages import LOST, show_lost_pages

LANGUAGE_COOKIE: Final = "practix_language"
"""The language that somebody has chosen on the site. It stands above the browser's own."""
BRANDS: Final[Mapping[Language, str]] = {"ru": "Кино в компании", "en": "Watch it together"}
"""The name of the site."""
FOR_PROGRAMS: Final = frozenset(
    {"api", "analyst", "healthz", "readyz", "metrics", "neighbours", "internal"}
)
"""First parts of addresses that are no person's."""

_PAGE: Final = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · {brand}</title>
<style>
  :root {{ color-scheme: light dark; --line: #8884; --quiet: light-dark(#595959, #b5b5b5);
          --accent: light-dark(#b93a0a, #ff9c66); }}
  html {{ background: light-dark(#faf8f5, #16131c); color: light-dark(#1f1b24, #f1edf6); }}
  body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto;
         padding: 0 1rem; }}
  h1 {{ font-size: 1.4rem; margin-bottom: 0; }}
  a {{ color: var(--accent); }}
  header p {{ color: var(--quiet); font-size: .85rem; margin-top: .2rem; }}
  article {{ border-top: 1px solid var(--line); padding: 1rem 0; }}
  h2 {{ font-size: 1.05rem; margin: 0 0 .3rem; }}
  article p {{ margin: 0 0 .5rem; white-space: pre-line; overflow-wrap: anywhere; }}
  .kind {{ color: var(--accent); font: .8rem ui-monospace, monospace; }}
  time, .key {{ color: var(--quiet); font-size: .8rem; }}
  .key {{ font-family: ui-monospace, monospace; overflow-wrap: anywhere; }}
</style>
</head>
<body>
<header><h1>{title}</h1><p>{subtitle}</p></header>
<main>
{content}
</main>
</body>
</html>
"""


def language_of_visitor(request: Request) -> Language:
    """Return the language that was chosen on the site, or else the browser's."""
    return parse_language(request.cookies.get(LANGUAGE_COOKIE, "")) or language_of(request)


def render_page(
    language: Language, title: str, subtitle: str, content: str, status: int = 200
) -> HTMLResponse:
    """Return a page that is not kept. `content` is HTML; the other texts are escaped."""
    page = _PAGE.format(
        language=language,
        brand=BRANDS[language],
        title=escape(title),
        subtitle=escape(subtitle),
        content=content,
    )
    headers = {"Vary": "Accept, Accept-Language, Cookie", "Cache-Control": "no-store"}
    return HTMLResponse(page, status, headers)


def show_lost_pages_of_site(app: FastAPI) -> None:
    """Have `app` answer a browser with a page of the site if nothing is found. Call it before the
    app has its first request."""
    show_lost_pages(app, lambda first_part: first_part not in FOR_PROGRAMS, _render_lost)


def _render_lost(request: Request) -> Response:
    language = language_of_visitor(request)
    texts = LOST[language]
    link = f'<p><a href="/">{texts.front}</a></p>'
    return render_page(language, texts.title, texts.why, link, 404)
