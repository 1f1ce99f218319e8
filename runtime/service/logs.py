"""Writes the log of a process to stderr, with pseudonyms in place of ids, and quoting nobody.

Every line passes here last, tracebacks included, so no caller has to think of it. The
pseudonyms are those of the analysts' database. Errors are told as
`contracts.values.describing` does, without the values that they were about.
"""

import logging
import re
import secrets
from types import TracebackType
from typing import Final

from pydantic import SecretStr

from contracts.values.describing import format_error
from runtime.pseudonyms import Pseudonyms

BARE: Final = "%(message)s"
"""For a system that a person started by hand."""
_ID: Final = re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b")
_FEED_TOKEN: Final = re.compile(r"\b[0-9a-f]{32}(?=\.ics\b)")


def log_to_stderr(
    key: SecretStr | None, level: int = logging.INFO, form: str = logging.BASIC_FORMAT
) -> None:
    """Send the log of this process to stderr. Without a key, every start has other
    pseudonyms."""
    chosen = secrets.token_urlsafe() if key is None else key.get_secret_value()
    handler = logging.StreamHandler()
    handler.setFormatter(PseudonymFormatter(form, Pseudonyms(chosen)))
    logging.basicConfig(level=level, handlers=[handler])


class PseudonymFormatter(logging.Formatter):
    """Formats a record, and then replaces every id in the text by its pseudonym. The tokens of
    calendar feeds are left out: they open the feed."""

    def __init__(self, form: str, pseudonyms: Pseudonyms) -> None:
        super().__init__(form)
        self._pseudonyms = pseudonyms

    def formatException(  # noqa: N802 - the name is the standard library's
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None]
        | tuple[None, None, None],
    ) -> str:
        return "" if ei[1] is None else format_error(ei[1])

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        if record.name == "asyncio":
            # Its further lines quote the task and the error.
            record.message = record.message.partition("\n")[0]
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        text = _ID.sub(lambda found: self._pseudonyms.replace(found[0]), super().format(record))
        return _FEED_TOKEN.sub("[token]", text)
