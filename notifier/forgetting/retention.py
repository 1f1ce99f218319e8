"""States for how long finished notices are kept. Settings read it, so it imports nothing."""

from typing import Final

KEEP_DAYS: Final = 400
"""For how many days finished notices are kept, unless a setting says otherwise."""
KEEP_DAYS_MIN: Final = 7
"""More than the delivery budget of three days: an inbox is emptied of nothing that may still be
on its way."""
KEEP_DAYS_MAX: Final = 36_500
"""A century: as good as for ever."""
