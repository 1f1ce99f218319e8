"""What a person wishes to be told, in which language, and when to be left in peace. Pure."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from contracts.values.languages import Language
from notifier.effects import Kind


class Preferences(Struct, frozen=True, kw_only=True):
    """Stored as JSON; what is absent is the default."""

    language: Language | None = None
    """None: as Auth knows it."""
    tz: str | None = None
    """IANA name; None: as Auth knows it."""
    off: tuple[Kind, ...] = ()
    """Kinds that the person does not want."""
    receipts: bool = True
    """Whether to confirm to the person what they did themselves."""
    quiet_from: time | None = None
    """Wall-clock time in the person's zone; quiet hours may span midnight."""
    quiet_to: time | None = None


DEFAULT = Preferences()


def quiet_until(wishes: Preferences, zone: ZoneInfo, now: datetime) -> datetime | None:
    """When the quiet hours that `now` lies in are over; None outside of them.

    The end is a time on the person's clock: the night in which clocks are changed is an
    hour longer or shorter.
    """
    start, end = wishes.quiet_from, wishes.quiet_to
    if start is None or end is None or start == end:
        return None
    local = now.astimezone(zone)
    at = local.time()
    inside = start <= at < end if start < end else at >= start or at < end
    if not inside:
        return None
    day = local.date() if at < end else local.date() + timedelta(days=1)
    ends = (datetime.combine(day, end, zone).replace(fold=fold) for fold in (0, 1))
    # Where clocks are put back, the wall shows `end` twice: the first one still to come.
    return min(instant for one in ends if (instant := one.astimezone(UTC)) > now)
