"""Looks through everything that a run of tests has logged, and fails the run if it tells a secret.

The secrets are what fixtures plant: tokens, keys, names, texts and addresses. All processes append
to one file: those that tests start by `PRACTIX_LOGS__FILE`, which they inherit, and the tests' own
(workers of xdist, too) what they log from `warning` on, with a line for each request and command.
`tests/conftest.py` has the hooks.
"""

import logging
import os
import re
import tempfile
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from runtime.logs.configuring import WriterHandler, open_file
from runtime.logs.lines import LINES, Destination
from runtime.logs.rendering import LineFormatter, encode_as_json
from runtime.logs.writer import LineWriter
from runtime.pseudonyms import Pseudonyms

FILE: Final = "PRACTIX_LOGS__FILE"
SECRETS: Final = {
    "the canary": "Kanarienvogel",
    "a token": r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}",
    "a key": "of thirty-two bytes or more",
    "an address": r"\b203\.0\.113\.\d+|\bTverskaya 1\b",
    "a name": r"\b(?:Anna|Boris)\b",
    "a text": r"\b(?:Solaris together|On the big wall|The Matrix at my place)\b",
}
"""What must not be in a log, as patterns."""
SHOWN_MAX: Final = 20
SHOWN_CHARS_MAX: Final = 300
_LINE_OF_A_TEST: Final = re.compile(r'/tests/[^"]*\\", line \d+, in [^\\]+\\n.*?\\n')
"""A frame of a traceback, which quotes the source of a test and what it plants."""
_PATTERN: Final = re.compile("|".join(f"({one})" for one in SECRETS.values()))


def find_leaks(lines: Iterable[str]) -> Iterator[str]:
    """Yield what each line that tells a secret tells, and the line."""
    for line in lines:
        if (found := _PATTERN.search(_LINE_OF_A_TEST.sub("", line))) is not None:
            kind = list(SECRETS)[(found.lastindex or 1) - 1]
            yield f"{kind}: {line.rstrip()[:SHOWN_CHARS_MAX]}"


def begin_watching(config: pytest.Config) -> None:
    """Have this process, and those that it starts, log into the file of the run."""
    if not hasattr(config, "workerinput"):
        folder = tempfile.TemporaryDirectory(prefix="practix-log-")
        config.add_cleanup(folder.cleanup)
        os.environ[FILE] = str(Path(folder.name) / "log")
    writer = LineWriter(open_file(Path(os.environ[FILE])))
    destination = Destination(writer, logging.DEBUG, encode_as_json)
    pseudonyms = Pseudonyms("the key of the run")
    formatter = LineFormatter(pseudonyms, as_json=True)
    logging.getLogger().addHandler(WriterHandler(destination, formatter))
    LINES.open([destination], pseudonyms, 1.0)


def fail_if_told(session: pytest.Session) -> Generator[None, Any, Any]:
    """Body of a hook: fail a session in which a secret was logged, once all workers are done."""
    result = yield
    LINES.flush()
    if hasattr(session.config, "workerinput") or FILE not in os.environ:
        return result
    with Path(os.environ[FILE]).open(errors="replace") as lines:
        leaks = list(find_leaks(lines))
    if leaks:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter: Any = session.config.pluginmanager.get_plugin("terminalreporter")
        reporter.section(f"{len(leaks)} lines of logs tell a secret", red=True)
        for one in leaks[:SHOWN_MAX]:
            reporter.write_line(one)
    return result
