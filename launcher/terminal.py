"""Output for a terminal: a progress bar, and other people's text made harmless."""

import re
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

_UNSAFE: Final = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # Control characters. ESC starts a command to the terminal.
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # Change the direction of the text.
    "\u2028\u2029\ud800-\udfff"
    "]"
)


def escape_controls(value: Any) -> str:
    """Return the value as text in which terminal controls are spelt out (`\\x1b`).

    None becomes an empty text.
    """
    text = "" if value is None else str(value)
    return _UNSAFE.sub(lambda found: ascii(found[0])[1:-1], text)


def make_progress_bar() -> Progress:
    """Return a progress bar on standard error; standard output stays for results."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        refresh_per_second=5,
    )
