"""The process as a whole: why it has to end, and whether it is about to.

`runtime.service.serving` makes it current before anything else runs. Code without a server around
it (a test, a tool) has one that only remembers.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Process:
    """`on_failure` is called once, with the first reason."""

    def __init__(self, on_failure: Callable[[str], None] = lambda _reason: None) -> None:
        self._on_failure = on_failure
        self.failure: str | None = None
        """Why a part has stopped for good; None while all work."""
        self.stopping = False
        """Asked to stop: it still answers, but is no longer ready."""

    def fail(self, reason: str) -> None:
        """End the process. Later reasons follow from the first and are not kept."""
        if self.failure is None:
            self.failure = reason
            self._on_failure(reason)


_current: ContextVar[Process] = ContextVar("process")


def current_process() -> Process:
    """The process that this code runs in. Tasks inherit it from whoever starts them."""
    process = _current.get(None)
    return Process() if process is None else process


@contextmanager
def run_as(process: Process) -> Iterator[None]:
    token = _current.set(process)
    try:
        yield
    finally:
        _current.reset(token)
