"""What a time zone is: a name of the IANA database that means the same on every machine."""

from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

UTC_NAME: Final = "UTC"

HOME_ZONE: Final = "Europe/Moscow"
"""Of a person who has chosen none. Recorded events leave it out: never change it."""

_NO_ZONES: Final = frozenset({"localtime", "posixrules", "Factory"})
_OTHER_COUNTS: Final = ("right/", "posix/")
"""The same zones in a count of their own, of leap seconds for one."""


def is_zone(name: str) -> bool:
    """Whether it names a zone: not the machine's own one, whatever that is."""
    return name in _zones()


def known_zone(name: str) -> str:
    """`name`. Raises ValueError if it is no zone."""
    if not is_zone(name):
        raise ValueError("not an IANA time zone")
    return name


def zone_or_utc(name: str | None) -> ZoneInfo:
    """UTC for what is no zone, such as a name from a journal of before the rule."""
    return ZoneInfo(name if name is not None and is_zone(name) else UTC_NAME)


@cache
def _zones() -> frozenset[str]:
    return frozenset(
        name
        for name in available_timezones()
        if name not in _NO_ZONES and not name.startswith(_OTHER_COUNTS)
    )
