"""Lets any part of a process end the whole process, and say why.

`runtime.service.serving` makes its `Process` the current one before anything else runs. Code
that runs without a server (a test, a tool) gets a `Process` that only remembers the reason.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Process:
    """Why this process has to end, and whether it was asked to."""

    def __init__(self, on_failure: Callable[[str], None] = lambda _reason: None) -> None:
        """`on_failure` is called once, with the first reason."""
        self._on_failure = on_failure
        self.failure: str | None = None
        """Why a part has stopped for good; None while all parts work."""
        self.stopping = False
        """Whether the process was asked to stop. It still answers, but is no longer ready."""

    def fail(self, reason: str) -> None:
        """End the process. Only the first reason is kept: later ones follow from it."""
        if self.failure is None:
            self.failure = reason
            self._on_failure(reason)


_current: ContextVar[Process] = ContextVar("process")


def current_process() -> Process:
    """Return the process that this code runs in. A task inherits it from its starter."""
    process = _current.get(None)
    return Process() if process is None else process


@contextmanager
def run_as(process: Process) -> Iterator[None]:
    """Make `process` the current one inside the `with` block."""
    token = _current.set(process)
    try:
        yield
    finally:
        _current.reset(token)
