"""CSV that a spreadsheet reads as text: no cell of it is taken for a formula."""

from collections.abc import Iterable
from typing import Any, Final

_FORMULA: Final = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""What a formula begins with, in full width as well, or may have before it."""


def escape_formulas(values: Iterable[Any]) -> list[Any]:
    """Text that would be taken for a formula gets an apostrophe before it, as OWASP advises
    (https://owasp.org/www-community/attacks/CSV_Injection). Numbers stay numbers."""
    return [_cell(value) for value in values]


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
