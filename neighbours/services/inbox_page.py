"""Renders an inbox as a self-contained page without scripts. All text is escaped."""

from html import escape
from typing import Any, Final

from starlette.responses import HTMLResponse

_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Inbox ({count})</title>
<style>
  :root {{ color-scheme: light dark; --line: #8884; --quiet: #888; --accent: #c2410c; }}
  body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto;
         padding: 0 1rem; }}
  h1 {{ font-size: 1.4rem; margin-bottom: 0; }}
  header p, footer {{ color: var(--quiet); font-size: .85rem; margin-top: .2rem; }}
  article {{ border-top: 1px solid var(--line); padding: 1rem 0; }}
  h2 {{ font-size: 1.05rem; margin: 0 0 .3rem; }}
  article p {{ margin: 0 0 .5rem; white-space: pre-line; overflow-wrap: anywhere; }}
  .kind {{ color: var(--accent); font: .8rem ui-monospace, monospace; }}
  time, .key {{ color: var(--quiet); font-size: .8rem; }}
  .key {{ font-family: ui-monospace, monospace; overflow-wrap: anywhere; }}
</style>
</head>
<body>
<header><h1>Inbox</h1><p>{user_id} · {count}</p></header>
<main>
{notices}
</main>
</body>
</html>
"""

_NOTICE: Final = """<article>
<h2>{title}</h2>
<p>{text}</p>
{link}<span class="kind">{event_type}</span> · <time datetime="{created_at}">{shown_at}</time>
<div class="key">{source_name} · {key}</div>
</article>"""


def render_inbox(user_id: str, notices: list[dict[str, Any]]) -> HTMLResponse:
    """Return the page. `notices` are the rows of the JSON inbox, newest first."""
    shown = "\n".join(map(_render_notice, notices)) or "<p>Nothing has been sent yet.</p>"
    page = _PAGE.format(user_id=escape(user_id), count=len(notices), notices=shown)
    return HTMLResponse(page, headers={"Vary": "Accept", "Cache-Control": "no-store"})


def _render_notice(notice: dict[str, Any]) -> str:
    safe = {name: escape(value) for name, value in notice.items() if value is not None}
    shown_at = safe["created_at"][:16].replace("T", " ") + " UTC"
    return _NOTICE.format(**safe | {"link": _link(notice["short_link"]), "shown_at": shown_at})


def _link(target: str | None) -> str:
    """Return a link to a web address, and nothing for any other: a notice must run nothing."""
    if target is None or not target.startswith(("http://", "https://", "/")):
        return ""
    safe = escape(target)
    return f'<p><a href="{safe}">{safe}</a></p>\n'
