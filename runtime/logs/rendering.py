"""Renders the records of `logging` with structlog: as JSON, or as text for a terminal.

Every line passes here last, tracebacks and the facts in `extra` included, so no caller has to
think of what may not be in a log. Ids become the pseudonyms of the analysts' database. Errors are
told as `contracts.values.describing` does, without the values that they were about.
"""

import logging
import re
from collections.abc import Callable
from typing import Final

import msgspec
from structlog.dev import ConsoleRenderer
from structlog.processors import TimeStamper
from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_log_level
from structlog.typing import EventDict, Processor

from contracts.values.describing import format_error
from runtime.logs.lines import Line
from runtime.pseudonyms import Pseudonyms
from runtime.traces.context import current_traceparent, request_id_of

_ID: Final = re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b")
_FEED_TOKEN: Final = re.compile(r"\b[0-9a-f]{32}(?=\.ics\b)")
_FIRST: Final = ("at", "level", "event", "logger")
"""The fields that every line has, in this order."""
_CLOCK: Final = "%H:%M:%S"
_encode: Final = msgspec.json.Encoder(enc_hook=str).encode


class LineFormatter(ProcessorFormatter):
    """Formats a record, and then replaces every id in the text by its pseudonym. The tokens of
    calendar feeds are left out: they open the feed."""

    def __init__(self, pseudonyms: Pseudonyms, *, as_json: bool, colors: bool = False) -> None:
        super().__init__(
            processors=[
                ProcessorFormatter.remove_processors_meta,
                *(_AS_JSON if as_json else _as_text(colors=colors)),
            ],
            foreign_pre_chain=[
                _keep_first_line_of_asyncio,
                ExtraAdder(),
                add_log_level,
                _add_logger,
                _describe_exception,
                _add_request_id,
            ],
            use_get_message=True,
        )
        self._pseudonyms = pseudonyms

    def format(self, record: logging.LogRecord) -> str:
        text = _ID.sub(lambda found: self._pseudonyms.replace(found[0]), super().format(record))
        return _FEED_TOKEN.sub("[token]", text)


def _keep_first_line_of_asyncio(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Its further lines quote the task and the error."""
    if event["_record"].name == "asyncio":
        event["event"] = event["event"].partition("\n")[0]
    return event


def _add_logger(_logger: object, _method: str, event: EventDict) -> EventDict:
    event["logger"] = event["_record"].name
    return event


def _describe_exception(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Replace the exception by its description, which the renderers show as it is."""
    error = (event.pop("exc_info", None) or (None, None))[1]
    if error is not None:
        event["exception"] = format_error(error)
    return event


def _add_request_id(_logger: object, _method: str, event: EventDict) -> EventDict:
    if request_id := request_id_of(current_traceparent()):
        event["request_id"] = request_id
    return event


def _render_json(_logger: object, _method: str, event: EventDict) -> str:
    facts = {name: event.pop(name) for name in _FIRST}
    return _encode({**facts, **event}).decode()


def encode_as_json(line: Line) -> bytes:
    return _encode(line) + b"\n"


def build_text_encoder(*, colors: bool) -> Callable[[Line], bytes]:
    """Return the function that encodes such a line as text."""
    render = _build_renderer(colors=colors)

    def encode(line: Line) -> bytes:
        facts = msgspec.to_builtins(line)
        facts["at"] = line.at.astimezone().strftime(_CLOCK)
        return f"{render(None, '', facts)}\n".encode()

    return encode


def _as_text(*, colors: bool) -> list[Processor]:
    return [TimeStamper(fmt=_CLOCK, utc=False, key="at"), _build_renderer(colors=colors)]


def _build_renderer(*, colors: bool) -> ConsoleRenderer:
    return ConsoleRenderer(colors=colors, timestamp_key="at", sort_keys=False, pad_event_to=0)


_AS_JSON: Final[list[Processor]] = [TimeStamper(fmt="iso", utc=True, key="at"), _render_json]
