"""Checks time zones: names of the IANA database that mean the same on every machine."""

from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from contracts.values.unfit import UnfitValue

UTC_NAME: Final = "UTC"

HOME_ZONE: Final = "Europe/Moscow"
"""Zone of a person who has chosen none. Recorded events leave it out: never change it."""

_NOT_ZONES: Final = frozenset({"localtime", "posixrules", "Factory"})
_LEAP_SECOND_PREFIXES: Final = ("right/", "posix/")
"""The database lists every zone again under these, with leap seconds and without."""


def is_zone(name: str) -> bool:
    """Whether `name` is a zone. Names that mean the machine's own zone are not."""
    return name in _zones()


def demand_zone(name: str) -> str:
    """Return `name`. Raises UnfitValue if it is not a zone."""
    if not is_zone(name):
        raise UnfitValue("This is not an IANA time zone.", "Такого часового пояса нет.")
    return name


def zone_or_utc(name: str | None) -> ZoneInfo:
    """Return the zone, or UTC if there is no zone of this name. Early journals have names that
    nobody checked."""
    return ZoneInfo(name if name is not None and is_zone(name) else UTC_NAME)


@cache
def _zones() -> frozenset[str]:
    return frozenset(
        name
        for name in available_timezones()
        if name not in _NOT_ZONES and not name.startswith(_LEAP_SECOND_PREFIXES)
    )
