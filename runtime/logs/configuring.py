"""Sends the log of a process to stderr. Every process calls `configure_logs` once, at its start."""

import logging
import secrets
import sys

from pydantic import SecretStr

from contracts.values.describing import OURS
from runtime.logs.rendering import LineFormatter
from runtime.logs.settings import LogSettings
from runtime.pseudonyms import Pseudonyms


def configure_logs(key: SecretStr | None, settings: LogSettings) -> None:
    """Send the log of this process to stderr. Without a key, every start has other
    pseudonyms."""
    pseudonyms = Pseudonyms(secrets.token_urlsafe() if key is None else key.get_secret_value())
    is_terminal = sys.stderr.isatty()
    as_json = settings.format == "json" or (settings.format == "auto" and not is_terminal)
    handler = logging.StreamHandler()
    handler.setFormatter(LineFormatter(pseudonyms, as_json=as_json, colors=is_terminal))
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    logging.basicConfig(level=max(level, logging.INFO), handlers=[handler])
    for package in OURS:
        logging.getLogger(package).setLevel(level)
