"""What a cell may set about its reads, in one place."""

from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct


class Rules(Struct, frozen=True):
    """All but `days_of` must be set as for the command processes: what is read is then what
    would be decided."""

    gap: timedelta = timedelta(0)
    """Least time between two evenings of one person; 0 lets them touch."""
    pending_blocks: bool = False
    """Whether an unanswered request or invitation already makes a person busy."""
    hide_guest_list: bool = False
    """Whether even confirmed guests see nobody but themselves counted."""
    days_of: ZoneInfo = ZoneInfo("Europe/Moscow")
    """Where a date without a time of day begins and ends."""


DEFAULT_RULES: Final = Rules()
