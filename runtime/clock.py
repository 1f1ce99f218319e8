"""The one clock: aware UTC, whole milliseconds."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    return _whole_ms(datetime.now(UTC))


def shifted_clock(offset_s: float) -> Clock:
    """The system's clock plus `offset_s` seconds, so that an evening can be over today."""
    offset = timedelta(seconds=offset_s)
    return lambda: _whole_ms(datetime.now(UTC) + offset)


def _whole_ms(instant: datetime) -> datetime:
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)
