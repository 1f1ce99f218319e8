"""Defines a person's preferences: which notices, in which language, and quiet hours. Pure.

They are stored as JSON.
"""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from contracts.notices import Kind
from contracts.values.languages import Language


class Preferences(Struct, frozen=True, kw_only=True):
    """How a person wants to get notices. An absent field has its default."""

    language: Language | None = None
    """None: the one that Auth knows."""
    tz: str | None = None
    """IANA name. None: the one that Auth knows."""
    off: tuple[Kind, ...] = ()
    """Kinds that the person does not want."""
    receipts: bool = True
    """Whether to confirm what the person did themselves."""
    quiet_from: time | None = None
    """Wall-clock time in the person's zone; quiet hours may span midnight."""
    quiet_to: time | None = None


DEFAULT = Preferences()


def quiet_until(preferences: Preferences, zone: ZoneInfo, now: datetime) -> datetime | None:
    """Return the end, in UTC, of the quiet hours that `now` lies in; None if it lies in none.

    Quiet hours end at a time on the person's clock. So in the night in which clocks change they
    are an hour longer or shorter.
    """
    start, end = preferences.quiet_from, preferences.quiet_to
    if start is None or end is None or start == end:
        return None
    local = now.astimezone(zone)
    at = local.time()
    inside = start <= at < end if start < end else at >= start or at < end
    if not inside:
        return None
    day = local.date() if at < end else local.date() + timedelta(days=1)
    ends = (datetime.combine(day, end, zone).replace(fold=fold) for fold in (0, 1))
    # If clocks are put back, they show `end` twice: take the first that is still to come.
    return min(instant for one in ends if (instant := one.astimezone(UTC)) > now)
