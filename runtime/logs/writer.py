"""Writes the lines of a process to stderr, so that a request need not wait for it.

Lines that are added wait in memory for a moment, and a thread writes all of them at once. A line
that is written directly takes those along that wait, so lines stay in order and whole.
"""

import os
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock
from typing import Final

from runtime.process.figures import PlainCounter
from runtime.process.tasks import start_thread

WAITING_MAX: Final = 20_000
"""Lines that wait. Further ones are lost, and counted."""
WRITTEN_EVERY_S: Final = 0.2
STOP_S_MAX: Final = 2.0

LOST: Final = PlainCounter("practix_log_lines_lost", "lines that were never written", ["reason"])


class LineWriter:
    """Writes whole lines, each with its line break, to a file."""

    def __init__(self, file: int) -> None:
        """`file` is an open descriptor."""
        self._file = file
        self._waiting: deque[bytes] = deque()
        self._writing = Lock()
        self._is_waiting = Event()
        self._stopping = Event()

    def add(self, line: bytes) -> None:
        """Have the line written soon. Takes no time; call it in the event loop."""
        if len(self._waiting) >= WAITING_MAX:
            LOST.count("full")
            return
        self._waiting.append(line)
        if not self._is_waiting.is_set():
            self._is_waiting.set()

    def write(self, line: bytes = b"") -> None:
        """Write what waits, and then the line, at once. Never raises: if the file cannot be
        written, the lines are lost, and counted."""
        with self._writing:
            lines = [self._waiting.popleft() for _ in range(len(self._waiting))]
            try:
                _write_all(self._file, b"".join([*lines, line]))
            except OSError:
                LOST.count("unwritable", number=len(lines) + bool(line))

    @contextmanager
    def keep_writing(self) -> Iterator[None]:
        """Write what is added inside the `with` block from a thread. Open it in the event
        loop."""
        self._stopping.clear()
        thread = start_thread(self._run, "log writer")
        try:
            yield
        finally:
            self._stopping.set()
            self._is_waiting.set()
            thread.join(STOP_S_MAX)  # Longer only if nobody reads our stderr.

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._is_waiting.wait()
            self._stopping.wait(WRITTEN_EVERY_S)
            self._is_waiting.clear()
            self.write()


def _write_all(file: int, content: bytes) -> None:
    while content:
        content = content[os.write(file, content) :]
