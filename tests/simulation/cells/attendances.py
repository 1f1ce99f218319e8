"""Finds when each person is where, in several cells, as their journals tell it."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import combinations
from typing import NamedTuple

import msgspec

from command_api.domain.announcement.state import Announcement
from command_api.domain.layer import Layer
from command_api.image.image import Image
from contracts.journal.records import Commit
from contracts.values.ids import AnnouncementId, BookingId, PersonId


class Attendance(NamedTuple):
    """One person at one announcement, as its author or as a confirmed guest."""

    cell: str
    announcement_id: AnnouncementId
    person_id: PersonId
    booking_id: BookingId | None
    """None for the author."""
    starts_at: datetime
    ends_at: datetime
    since: datetime
    """When the person came to be at this announcement at this time, by the cell's journal."""
    position: int
    """The record that made it so."""

    def overlaps(self, other: "Attendance") -> bool:
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


class OverlapOfCells(NamedTuple):
    """Two attendances of one person in two cells, of which one gives way."""

    stays: Attendance
    yields: Attendance


def find_overlaps(attendances: Iterable[Attendance]) -> Iterator[OverlapOfCells]:
    """Yield the overlaps between cells that can be settled: not both are the person's own.

    Whoever finds them, and in whatever order, decides the same.
    """
    by_person: dict[PersonId, list[Attendance]] = {}
    for one in attendances:
        by_person.setdefault(one.person_id, []).append(one)
    for of_one in by_person.values():
        for pair in combinations(sorted(of_one, key=_precedence), 2):
            stays, yields = pair
            if stays.cell == yields.cell or not stays.overlaps(yields):
                continue
            if yields.booking_id is not None:  # Own evenings come first, so both are own.
                yield OverlapOfCells(stays, yields)


def _precedence(one: Attendance) -> tuple[bool, datetime, str, AnnouncementId]:
    """Own evenings first: others rely on them. Then whoever was there first."""
    return one.booking_id is not None, one.since, one.cell, one.announcement_id


class CellAttendances:
    """The attendances of one cell, record by record."""

    def __init__(self, cell: str) -> None:
        self._cell = cell
        self._image = Image()
        self._found: dict[tuple[AnnouncementId, PersonId], Attendance] = {}

    def fold(self, commit: Commit) -> None:
        """Take in the next accepted commit."""
        self._image.fold(commit)
        layer = self._image.accepted
        touched = {msgspec.json.decode(raw).get("announcement_id") for raw in commit.events}
        for announcement_id in touched - {None}:
            announcement = layer.announcements.get(announcement_id)
            if announcement is not None:
                self._renew(announcement, layer, commit)

    def all(self) -> list[Attendance]:
        return list(self._found.values())

    def _renew(self, announcement: Announcement, layer: Layer, commit: Commit) -> None:
        before = {key: one for key, one in self._found.items() if key[0] == announcement.id}
        for key in before:
            del self._found[key]
        for person_id, booking_id in _people_of(announcement, layer):
            key = (announcement.id, person_id)
            time = (announcement.event_time, announcement.ends_at)
            known = before.get(key)
            if known is None or (known.starts_at, known.ends_at) != time:
                known = Attendance(
                    self._cell,
                    announcement.id,
                    person_id,
                    booking_id,
                    *time,
                    since=commit.decided_at,
                    position=commit.seq,
                )
            self._found[key] = known


def _people_of(
    announcement: Announcement, layer: Layer
) -> Iterator[tuple[PersonId, BookingId | None]]:
    """Yield everybody who will be there: the author, and each confirmed guest with the booking."""
    if not announcement.takes_place:
        return
    yield announcement.author_id, None
    for booking in layer.bookings_of(announcement):
        if booking.confirmed:
            yield booking.guest_id, booking.id
