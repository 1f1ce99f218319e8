"""Writes and reads a wished time: an interval of ISO 8601 in UTC, such as
`2026-12-04T16:00:00.000Z/2026-12-04T20:00:00.000Z`.

It is text, because a text can be erased from a journal and a time cannot.
"""

from datetime import UTC, datetime

from contracts.plans.intervals import Interval, WrittenTime


def write_wished_time(interval: Interval) -> WrittenTime:
    return WrittenTime(f"{_write(interval.begins_at)}/{_write(interval.ends_at)}")


def read_wished_time(text: str) -> Interval:
    """Return the interval. Raises ValueError if the text is none."""
    begins, _, ends = text.partition("/")
    return Interval(_read(begins), _read(ends))


def _write(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _read(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a time without its offset from UTC")
    return at.astimezone(UTC)
