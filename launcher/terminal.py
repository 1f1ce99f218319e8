"""Text of other people's as a terminal may show it."""

import re
from typing import Any, Final

_UNSAFE: Final = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # Controls: ESC begins orders to the terminal.
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # Turn the order of what follows round.
    "\u2028\u2029\ud800-\udfff"
    "]"
)


def escape_controls(value: Any) -> str:
    """As text in which whatever a terminal would obey is spelt out (`\\x1b`). None is empty."""
    text = "" if value is None else str(value)
    return _UNSAFE.sub(lambda found: ascii(found[0])[1:-1], text)
