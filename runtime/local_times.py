"""Writes when something is, for people: one form for each language, with the zone named.

An evening's time is told in the zone that the evening states, wherever its readers are: that is
what the clock on the wall shows when it begins.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime, get_timezone_location

from contracts.values.languages import Language
from contracts.values.zones import zone_or_utc

LOCALES: Final[Mapping[Language, Locale]] = {"ru": Locale("ru"), "en": Locale("en")}
KEPT: Final = 4_096
"""How many times are kept as they are written: an announcement's guests all read the same."""

_WHEN: Final = "EEEE, d MMMM y, HH:mm"


def zone_of_evening(stated: str | None, otherwise: ZoneInfo) -> ZoneInfo:
    """Return the zone in which an evening is told: the one that it states, or else `otherwise`.

    That is the reader's in what one person reads, and the cell's in what anybody may read. It is
    never the author's, which would say where the author is (docs/decisions/0052).
    """
    return otherwise if stated is None else zone_or_utc(stated)


@lru_cache(KEPT)
def write_time(at: datetime, zone: ZoneInfo, language: Language) -> str:
    """Return a time such as `Friday, 4 December 2026, 19:00 (Moscow, GMT+3)`. Without the offset,
    the hour that comes twice when clocks are put back would be ambiguous."""
    local = at.astimezone(zone)
    named = ", ".join(filter(None, [_find_city(zone, language), _format_offset(local)]))
    return f"{format_datetime(local, _WHEN, locale=LOCALES[language])} ({named})"


def _find_city(zone: ZoneInfo, language: Language) -> str:
    """Return the city that the zone is named after; empty for a bare offset, such as `UTC`."""
    if "/" not in zone.key or zone.key.startswith("Etc/"):
        return ""
    return get_timezone_location(zone, locale=LOCALES[language], return_city=True)


def _format_offset(local: datetime) -> str:
    """Return the offset from UTC, such as `GMT+3` or `GMT-3:30`."""
    minutes = round((local.utcoffset() or timedelta()).total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    return f"GMT{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")
