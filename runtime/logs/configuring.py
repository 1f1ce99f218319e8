"""Sends the log of a process to stderr. Every process calls `configure_logs` once, at its start."""

import logging
import os
import secrets
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from contracts.values.describing import OURS
from runtime.logs.lines import LINES, Destination
from runtime.logs.rendering import LineFormatter, build_text_encoder, encode_as_json
from runtime.logs.settings import LogSettings
from runtime.logs.writer import LineWriter
from runtime.pseudonyms import Pseudonyms

STDERR: Final = 2


def configure_logs(key: SecretStr | None, settings: LogSettings) -> Pseudonyms:
    """Send the log of this process to stderr, and to the file in the settings. Returns the
    pseudonyms that it has in place of ids. Without a key, every start has others."""
    pseudonyms = Pseudonyms(secrets.token_urlsafe() if key is None else key.get_secret_value())
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    is_terminal = os.isatty(STDERR)
    as_json = settings.format == "json" or (settings.format == "auto" and not is_terminal)
    encode = encode_as_json if as_json else build_text_encoder(colors=is_terminal)
    destinations = [Destination(LineWriter(STDERR), level, encode)]
    formatters = [LineFormatter(pseudonyms, as_json=as_json, colors=is_terminal)]
    if settings.file is not None:
        writer = LineWriter(open_file(settings.file))
        destinations.append(Destination(writer, min(level, logging.INFO), encode_as_json))
        formatters.append(LineFormatter(pseudonyms, as_json=True))
    lowest = min(one.level for one in destinations)
    logging.basicConfig(
        level=max(lowest, logging.INFO),
        handlers=[WriterHandler(*both) for both in zip(destinations, formatters, strict=True)],
    )
    for package in OURS:
        logging.getLogger(package).setLevel(lowest)
    LINES.open(destinations, pseudonyms, settings.success_share)
    return pseudonyms


class WriterHandler(logging.Handler):
    """Writes records at once, after the lines that wait."""

    def __init__(self, destination: Destination, formatter: logging.Formatter) -> None:
        super().__init__(destination.level)
        self.setFormatter(formatter)
        self._writer = destination.writer

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._writer.write(f"{self.format(record)}\n".encode(errors="replace"))
        except Exception:  # As other handlers do: a mistake in a line must not stop its caller.
            self.handleError(record)


def open_file(path: Path) -> int:
    """Return the descriptor of a file of logs, to which several processes may append. Only its
    owner may read it."""
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
