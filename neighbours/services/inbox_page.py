"""Renders an inbox as a self-contained page without scripts. All text is escaped."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any, Final

from starlette.responses import Response

from contracts.values.languages import Language
from contracts.values.zones import zone_or_utc
from neighbours.pages import render_page
from runtime.local_times import write_time

_TITLE: Final[Mapping[Language, str]] = {"en": "Inbox: {name}", "ru": "Входящие: {name}"}
_COUNT: Final[Mapping[Language, str]] = {"en": "Notices: {count}", "ru": "Уведомлений: {count}"}
_NOTHING: Final[Mapping[Language, str]] = {
    "en": "Nothing has been sent yet.",
    "ru": "Пока ничего не приходило.",
}

_NOTICE: Final = """<article>
<h2>{title}</h2>
<p>{text}</p>
{link}<span class="kind">{event_type}</span> · <time datetime="{created_at}">{shown_at}</time>
<div class="key">{source_name} · {key}</div>
</article>"""


def render_inbox(
    person: Mapping[str, Any], notices: Sequence[Mapping[str, Any]], language: Language
) -> Response:
    """Return the page. `notices` are the rows of the JSON inbox, newest first; their times are
    shown in the zone of the person."""
    zone = zone_or_utc(person["tz"])
    lines = []
    for one in notices:
        safe = {name: escape(value) for name, value in one.items() if value is not None}
        shown_at = write_time(datetime.fromisoformat(one["created_at"]), zone, language)
        more = {"link": _link(one["short_link"]), "shown_at": escape(shown_at)}
        lines.append(_NOTICE.format(**safe | more))
    return render_page(
        language,
        _TITLE[language].format(name=person["name"]),
        _COUNT[language].format(count=len(notices)),
        "\n".join(lines) or f"<p>{_NOTHING[language]}</p>",
    )


def _link(target: str | None) -> str:
    """Return a link to a web address, and nothing for any other: a notice must run nothing."""
    if target is None or not target.startswith(("http://", "https://", "/")):
        return ""
    safe = escape(target)
    return f'<p><a href="{safe}">{safe}</a></p>\n'
