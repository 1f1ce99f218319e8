"""Describes an error without the values that it was about, for logs and dead letters.

The message of a library's error may quote what somebody typed. So only messages of our own
errors are repeated, unless their class says `quotes_values`. Of others the type and the place
are told.
"""

import re
from pathlib import Path
from traceback import extract_tb, format_list
from typing import Final

import msgspec

SERVICES: Final = ("command_api", "projector", "query_api", "notifier")
OURS: Final = frozenset({"contracts", "runtime", "launcher", "neighbours", *SERVICES})
OF_MACHINES: Final = frozenset({"sqlite3", "aiokafka"})
"""Libraries whose messages are about files, tables and brokers, and quote no values."""
_ROOT: Final = Path(__file__).parents[2]
_QUOTED: Final = re.compile(r"'[^']*'")


def describe_error(error: BaseException) -> str:
    """Return the message of an error of ours; of others the type, and the message or place."""
    name, module = type(error).__name__, type(error).__module__.partition(".")[0]
    if getattr(error, "quotes_values", False):
        message = _describe_place(error)
    elif module in OURS:
        return str(error) or name
    elif module in OF_MACHINES:
        message = str(error)
    elif isinstance(error, msgspec.MsgspecError):
        message = _hide_values(str(error))
    elif isinstance(error, OSError):
        message = error.strerror or ""
    else:
        message = _describe_place(error)
    return f"{name}: {message}" if message else name


def format_error(error: BaseException) -> str:
    """Return the traceback of an error and of those that led to it, each with its description."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    led_to = "" if before is None else f"{format_error(before)}\n\nThis led to:\n\n"
    frames = "".join(format_list(extract_tb(error.__traceback__)))
    nested = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    parts = [f"{frames}{describe_error(error)}", *map(format_error, nested)]
    return led_to + "\n".join(parts)


def _hide_values(message: str) -> str:
    """Return what msgspec says of a field that is wrong. It quotes a value that it expects to be
    one of a few. The type of an event is our own word."""
    return message if message.endswith("`$.type`") else _QUOTED.sub("'…'", message)


def _describe_place(error: BaseException) -> str:
    """Return the file and line of ours where the error arose; an empty text if it was not raised
    in our code."""
    for frame in reversed(extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_relative_to(_ROOT) and path.relative_to(_ROOT).parts[0] in OURS:
            return f"at {path.relative_to(_ROOT)}:{frame.lineno}"
    return ""
