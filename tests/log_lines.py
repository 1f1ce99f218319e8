"""Renders records of `logging`, and collects the lines that a test causes in its own process."""

import json
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from runtime.logs.lines import LINES, Destination
from runtime.logs.rendering import LineFormatter, encode_as_json
from runtime.logs.writer import LineWriter
from runtime.pseudonyms import Pseudonyms

ReadLines = Callable[[], list[dict[str, Any]]]
PSEUDONYMS = Pseudonyms("the key of the tests")


@contextmanager
def collect_lines(
    folder: Path, level: int = logging.INFO, success_share: float = 1.0
) -> Iterator[ReadLines]:
    """Open `LINES` inside the `with` block. Yields a function that returns the lines so far."""
    path = folder / "lines"
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    writer = LineWriter(file)
    before = dict(vars(LINES))
    LINES.open([Destination(writer, level, encode_as_json)], PSEUDONYMS, success_share)

    def read() -> list[dict[str, Any]]:
        writer.write()
        return [json.loads(line) for line in path.read_text().splitlines()]

    try:
        yield read
    finally:
        vars(LINES).update(before)
        os.close(file)


def make_record(
    message: str,
    *arguments: object,
    failed: bool = False,
    logger: str = "tests",
    extra: dict[str, object] | None = None,
) -> logging.LogRecord:
    failure = sys.exc_info() if failed else None
    return logging.getLogger(logger).makeRecord(
        logger, logging.WARNING, "here", 1, message, arguments, failure, extra=extra
    )


def read_line(message: str, *arguments: object, **options: Any) -> dict[str, Any]:
    line = LineFormatter(PSEUDONYMS, as_json=True).format(
        make_record(message, *arguments, **options)
    )
    assert "\n" not in line
    found: dict[str, Any] = json.loads(line)
    return found
