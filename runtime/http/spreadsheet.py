"""Keeps spreadsheets from reading CSV cells as formulas."""

from collections.abc import Iterable
from typing import Any, Final

_FORMULA: Final = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""Characters that begin a formula, also in full width, or that may stand before one."""


def escape_formulas(values: Iterable[Any]) -> list[Any]:
    """Put an apostrophe before text that a spreadsheet would read as a formula, as OWASP
    advises (https://owasp.org/www-community/attacks/CSV_Injection). Numbers stay numbers."""
    return [_cell(value) for value in values]


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
