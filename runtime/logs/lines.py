"""Writes one line for each request and for each command.

A booking costs a fraction of a millisecond in all, so these lines do not go through `logging`:
they are encoded at once and written together with others (`runtime.logs.writer`). Nothing that a
person typed is in them: a request is told by its route, and a person by their pseudonym. Whom
somebody mutes or blocks is nobody else's business, so of that only what failed is told, and of
nobody.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from logging import CRITICAL, DEBUG, ERROR, INFO, WARNING
from time import monotonic, perf_counter
from typing import Final, NamedTuple

from msgspec import Struct

from contracts.journal.records import Commit
from runtime.logs.settings import Level
from runtime.logs.writer import LOST, LineWriter
from runtime.pseudonyms import Pseudonyms
from runtime.traces.context import request_id_of

PROBES: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""Routes that machines ask again and again. Their lines have the level `debug`."""
CLIENT_GONE: Final = 499
"""Status of a request whose client went away before the answer, as nginx has it."""
TURNED_AWAY: Final = frozenset({421, 429})
"""Statuses of requests that are refused before anything of them is read. Their lines have the
level `debug`: whoever sends many of them has counters, and no disk to fill."""
LINES_OF_NOBODY_PER_MINUTE: Final = 600
"""How many requests of unknown clients that were refused otherwise have a line."""
MINUTE_S: Final = 60.0
PRIVATE_KINDS: Final = frozenset({"person.mute", "person.unmute", "person.block", "person.unblock"})
"""Commands of which a line, by its position or its time, would lead to the events that they cause.
To analysts these are ordinary answers (docs/decisions/0029)."""
PRIVATE_ROUTES: Final = frozenset(
    {
        "/api/v1/user/{user_id}/mute",
        "/api/v1/user/{user_id}/block",
        "/api/v1/mutes",
        "/api/v1/blocks",
    }
)
"""Routes of these commands, and of what a page asks for after them."""
UNANSWERABLE: Final = frozenset({"no_leader", "outcome_unknown", "dependency_down"})

_NAMES: Final[dict[int, Level]] = {
    DEBUG: "debug",
    INFO: "info",
    WARNING: "warning",
    ERROR: "error",
}
_SAMPLES: Final = 16**4


class RequestLine(Struct, omit_defaults=True, gc=False):
    """The line of a request. What a request does not have is left out."""

    at: datetime
    level: Level
    event: str
    method: str
    route: str
    status: int
    ms: float
    request_id: str
    person: str = ""
    position: int | None = None


class CommandLine(Struct, omit_defaults=True, gc=False):
    """The line of a command: of one that was recorded, or that was answered without a record."""

    at: datetime
    level: Level
    event: str
    kind: str
    code: str
    position: int | None = None
    refused: bool = False
    replayed: bool = False
    dry_run: bool = False
    request_id: str = ""
    person: str = ""


class WrittenLine(Struct, omit_defaults=True, gc=False):
    """The line of a recorded command whose events a reader of the journal has written."""

    at: datetime
    level: Level
    event: str
    store: str
    position: int
    request_id: str = ""


class NoticeLine(Struct, omit_defaults=True, gc=False):
    """The line of an attempt to deliver a notice."""

    at: datetime
    level: Level
    event: str
    kind: str
    notice: int
    state: str
    request_id: str


Line = RequestLine | CommandLine | WrittenLine | NoticeLine


class Destination(NamedTuple):
    """A file to which lines are written, and the lowest level of those lines."""

    writer: LineWriter
    level: int
    encode: Callable[[Line], bytes]
    """Returns the line with its line break."""


class Allowance:
    """Bounds how often something happens in a minute."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._left = per_minute
        self._ends_at = clock() + MINUTE_S

    def take(self) -> bool:
        """Return whether it may happen once more."""
        if (now := self._clock()) >= self._ends_at:
            self._left, self._ends_at = self._per_minute, now + MINUTE_S
        if not self._left:
            return False
        self._left -= 1
        return True


class Lines:
    """The lines of this process. Until they are opened, nothing is written."""

    def __init__(self) -> None:
        self._destinations: Sequence[Destination] = ()
        self._level = CRITICAL
        self._sampled_below = _SAMPLES
        self._pseudonyms = Pseudonyms("")
        self._of_nobody = Allowance(LINES_OF_NOBODY_PER_MINUTE)

    def open(
        self, destinations: Sequence[Destination], pseudonyms: Pseudonyms, success_share: float
    ) -> None:
        """Write to the destinations from now on. Of what went well only this share is told,
        chosen by request id: the lines of one request are there in all processes or in none."""
        self._destinations = destinations
        self._level = min((one.level for one in destinations), default=CRITICAL)
        self._pseudonyms = pseudonyms
        self._sampled_below = round(success_share * _SAMPLES)
        self._of_nobody = Allowance(LINES_OF_NOBODY_PER_MINUTE)

    @contextmanager
    def keep_writing(self) -> Iterator[None]:
        """Write what is added inside the `with` block from threads. Open it in the event loop."""
        with ExitStack() as stack:
            for one in self._destinations:
                stack.enter_context(one.writer.keep_writing())
            yield

    def flush(self) -> None:
        """Write what waits, for a process that ends without a server."""
        for one in self._destinations:
            one.writer.write()

    def add_request(
        self,
        method: str,
        route: str,
        status: int,
        began_at: float,
        traceparent: str,
        person_id: str,
        position: int | None,
    ) -> None:
        """Add the line of a request that has been answered. `began_at` is of `perf_counter`. Of
        refused requests without a person only LINES_OF_NOBODY_PER_MINUTE are told. One of a private
        route has no line if it went well, and otherwise names neither person nor position."""
        level = _level_of(route, status)
        if level < self._level:
            return
        request_id = request_id_of(traceparent)
        if status < 400 and not self._is_sampled(request_id):
            return
        if 400 <= status < 500 and not person_id and not self._of_nobody.take():
            LOST.count("limit")
            return
        if route in PRIVATE_ROUTES:
            if status < 400:
                return
            person_id, position = "", None
        self._add(
            level,
            RequestLine(
                datetime.now(UTC),
                _NAMES[level],
                "request",
                method,
                route,
                status,
                round((perf_counter() - began_at) * 1000, 3),
                request_id,
                self._pseudonyms.replace(person_id),
                position,
            ),
        )

    def add_command(
        self,
        kind: str,
        code: str,
        position: int | None,
        *,
        traceparent: str,
        person_id: str,
        refused: bool = False,
        replayed: bool = False,
        dry_run: bool = False,
    ) -> None:
        """Add the line of a command that has been answered with this code. A private one has none
        if it went well, and otherwise names neither person nor position."""
        level = WARNING if code in UNANSWERABLE else INFO
        if level < self._level:
            return
        if kind in PRIVATE_KINDS:
            if not refused:
                return
            person_id, position = "", None
        request_id = request_id_of(traceparent)
        if position is not None and not refused and not self._is_sampled(request_id):
            return
        self._add(
            level,
            CommandLine(
                datetime.now(UTC),
                _NAMES[level],
                "command",
                kind,
                code,
                position,
                refused,
                replayed,
                dry_run,
                request_id,
                self._pseudonyms.replace(person_id),
            ),
        )

    def add_written(self, store: str, commits: Sequence[Commit]) -> None:
        """Add a line for each Commit that is now in the store, but for private commands. They have
        the level `debug`."""
        if self._level > DEBUG:
            return
        now = datetime.now(UTC)
        for one in commits:
            if one.command.kind not in PRIVATE_KINDS:
                request_id = request_id_of(one.command.traceparent)
                self._add(DEBUG, WrittenLine(now, "debug", "written", store, one.seq, request_id))

    def add_notice(self, kind: str, notice_id: int, state: str, traceparent: str) -> None:
        """Add the line of an attempt to deliver a notice, which has this state now. It has the
        level `debug`."""
        if self._level > DEBUG:
            return
        now, request_id = datetime.now(UTC), request_id_of(traceparent)
        self._add(DEBUG, NoticeLine(now, "debug", "notice", kind, notice_id, state, request_id))

    def _is_sampled(self, request_id: str) -> bool:
        if self._sampled_below == _SAMPLES:
            return True
        return int(request_id[-4:] or "0", 16) < self._sampled_below

    def _add(self, level: int, line: Line) -> None:
        for one in self._destinations:
            if level >= one.level:
                one.writer.add(one.encode(line))


LINES: Final = Lines()
"""As `logging`, one for the whole process. `configure_logs` opens it."""


def _level_of(route: str, status: int) -> int:
    if route in PROBES or status in TURNED_AWAY:
        return DEBUG
    if status < 500:
        return INFO
    return ERROR if status == 500 else WARNING
