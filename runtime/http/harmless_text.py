"""Makes other people's text harmless for spreadsheets and for screens."""

import re
from collections.abc import Iterable
from typing import Any, Final

_FORMULA: Final = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""Characters that begin a formula, also in full width, or that may stand before one."""
_UNSAFE: Final = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # Control characters. ESC starts a command to a terminal.
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # Change the direction of the text.
    "\u2028\u2029\ud800-\udfff"
    "]"
)


def escape_formulas(values: Iterable[Any]) -> list[Any]:
    """Put an apostrophe before text that a spreadsheet would read as a formula, as OWASP
    advises (https://owasp.org/www-community/attacks/CSV_Injection). Numbers stay numbers."""
    return [_cell(value) for value in values]


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def escape_controls(value: Any) -> str:
    """Return the value as text in which control characters are spelt out (`\\x1b`).

    None becomes an empty text.
    """
    text = "" if value is None else str(value)
    return _UNSAFE.sub(lambda found: ascii(found[0])[1:-1], text)
