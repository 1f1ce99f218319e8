"""Renders an archive as one HTML page that needs only a browser. Pure.

Everything that people typed is escaped. The page loads nothing and runs no script.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from html import escape
from typing import Any, Final
from zoneinfo import ZoneInfo

from contracts.values.languages import Language
from query_api.my_data.codes import RULE_REASON, is_reason_of_rule, leave_out_codes, show_value
from query_api.my_data.labels import (
    AS_OF,
    MADE_AT,
    NO,
    NOTHING,
    PARTS,
    TITLE,
    YES,
    label_field,
)
from runtime.http.page_headers import PAGE_POLICY

STYLE: Final = """
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1rem }
nav { display: flex; flex-wrap: wrap; gap: .3rem 1rem }
article { border: 1px solid #8885; border-radius: .6rem; padding: .6rem 1rem; margin: .6rem 0 }
dl { display: grid; grid-template-columns: minmax(8rem, auto) 1fr; gap: .1rem 1rem; margin: 0 }
dt { opacity: .65 } dd { margin: 0; overflow-wrap: anywhere; white-space: pre-line }
"""


class PageStyle:
    """How values are shown to one reader: language and zone."""

    def __init__(self, language: Language, zone: ZoneInfo) -> None:
        self.language = language
        self._zone = zone

    def render_head(self, position: int, made_at: datetime) -> str:
        """Return the page up to its first part."""
        title = escape(TITLE.in_language(self.language))
        links = "".join(
            f'<a href="#{name}">{escape(text.in_language(self.language))}</a>'
            for name, text in PARTS.items()
        )
        as_of = f"{AS_OF.in_language(self.language)} {position}"
        made = f"{MADE_AT.in_language(self.language)} {self._show_time(made_at)}"
        return (
            f'<!doctype html><html lang="{self.language}"><head><meta charset="utf-8">'
            f'<meta http-equiv="Content-Security-Policy" content="{escape(SAVED_POLICY)}">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{title}</title><style>{STYLE}</style></head><body><h1>{title}</h1>"
            f"<p>{escape(as_of)}, {escape(made)}</p><nav>{links}</nav>\n"
        )

    def begin_part(self, name: str) -> str:
        """Return the heading of a part."""
        heading = PARTS[name].in_language(self.language)
        return f'<section id="{name}"><h2>{escape(heading)}</h2>\n'

    def render_rows(self, rows: Iterable[Mapping[str, Any]]) -> str:
        """Return rows of a part. A field without a value is left out."""
        return "".join(f"<article>{self._render_row(row)}</article>\n" for row in rows)

    def end_part(self, row_count: int) -> str:
        """Return the end of a part with so many rows."""
        nothing = "" if row_count else f"<p>{escape(NOTHING.in_language(self.language))}</p>"
        return f"{nothing}</section>\n"

    def render_foot(self) -> str:
        """Return the end of the page."""
        return "</body></html>\n"

    def _render_row(self, row: Mapping[str, Any]) -> str:
        return self._render_fields(leave_out_codes(row), is_reason_of_rule(row))

    def _render_fields(self, fields: Mapping[str, Any], is_of_rule: bool) -> str:
        """Return fields with their labels. `is_of_rule`: whether a rule gave the reason."""
        stated = {name: value for name, value in fields.items() if value not in (None, "", [], {})}
        named = {label_field(name, self.language) for name in stated if not name.endswith("_id")}
        lines = "".join(
            f"<dt>{escape(label)}</dt><dd>{self._render(name, value, is_of_rule)}</dd>"
            for name, value in stated.items()
            # The id of what is named beside it is in the file of this part.
            if (label := label_field(name, self.language)) not in named or not name.endswith("_id")
        )
        return f"<dl>{lines}</dl>"

    def _render(self, field: str, value: Any, is_of_rule: bool) -> str:
        match value:
            case bool():
                return escape((YES if value else NO).in_language(self.language))
            case datetime():
                return escape(self._show_time(value))
            case Mapping():
                return self._render_fields(value, is_of_rule)
            case list() | tuple():
                return ", ".join(self._render(field, one, is_of_rule) for one in value)
            case _:
                known_as = RULE_REASON if field == "reason" and is_of_rule else field
                return escape(show_value(known_as, str(value), self.language))

    def _show_time(self, at: datetime) -> str:
        return f"{at.astimezone(self._zone):%Y-%m-%d %H:%M:%S %Z}"


# A browser ignores frame-ancestors in a page that it opens from a file, and says so.
SAVED_POLICY: Final = PAGE_POLICY.replace("; frame-ancestors 'none'", "")
