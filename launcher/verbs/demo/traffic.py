"""Reads traffic files and moves their times to today."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from contracts.values.times import from_ms, to_ms

SEATS_MAX: Final = 10_000
MS_MAX: Final = 10**13
"""Some three hundred years. Anything further away is a slip."""

Ms = Annotated[int, Meta(ge=-MS_MAX, le=MS_MAX)]


class TrafficLine(Struct, frozen=True):
    """One action of one person: of `host` in an `announce`, of `guest` in the other kinds.

    An `announce` needs `host`, `starts_at_ms` and `seats`. The other kinds ignore them.
    """

    at_ms: Ms
    kind: Literal["announce", "request", "withdraw"]
    event: str | int
    """The file's name for the announcement."""
    host: str | int | None = None
    guest: str | int | None = None
    starts_at_ms: Ms | None = None
    place: str | int | None = None
    seats: int | None = None


class MalformedLine(Struct, frozen=True):
    """A line that cannot be read. `number` counts from 1, as editors do."""

    number: int
    reason: str


_decode: Final = msgspec.json.Decoder(TrafficLine).decode


def read_traffic(path: Path) -> Iterator[TrafficLine | MalformedLine]:
    """Yield the lines of the file one by one, without blank ones."""
    with path.open("rb") as file:
        for number, text in enumerate(file, 1):
            if not text.strip():
                continue
            try:
                yield _check(_decode(text))
            except (msgspec.MsgspecError, ValueError) as error:
                yield MalformedLine(number, str(error))


def _check(line: TrafficLine) -> TrafficLine:
    if line.kind == "announce":
        if line.host is None or line.starts_at_ms is None or line.seats is None:
            raise ValueError("an announcement needs host, starts_at_ms and seats")
        if not 1 <= line.seats <= SEATS_MAX:
            raise ValueError(f"seats must be 1 to {SEATS_MAX}")
    elif line.guest is None:
        raise ValueError(f"a {line.kind} needs a guest")
    return line


class TimeShift:
    """Moves the times of a file so that its first line happens now."""

    def __init__(self, first_at_ms: int, now: datetime) -> None:
        self._delta_ms = to_ms(now) - first_at_ms

    def apply(self, file_ms: int) -> datetime:
        """Return the moved time as aware UTC."""
        return from_ms(file_ms + self._delta_ms)
