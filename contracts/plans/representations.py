"""Defines the answers about a person's plans and free times. Only that person gets them."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from msgspec import Struct, field

from contracts.plans.free_times import Day, read_free_time
from contracts.plans.wished_times import read_wished_time
from contracts.values.ids import MovieId


class WishedTimeResponse(Struct, frozen=True):
    """A time at which the person would like to see the film, from its beginning to its end."""

    begins_at: datetime = field(name="from")
    ends_at: datetime = field(name="to")


class PlanResponse(Struct, frozen=True, kw_only=True):
    """A film that the caller wants to see in company. Nobody else sees it."""

    movie_id: MovieId
    movie_title: str
    duration_min: int
    times: Sequence[WishedTimeResponse]
    places: Sequence[str]
    modified: datetime


class FreeTimeResponse(Struct, frozen=True, kw_only=True):
    """When the caller is free, by the clock: on a day of every week, or on one date."""

    day: Day | None
    date: date | None
    begins: str = field(name="from")
    ends: str = field(name="to")
    """On the next day if it is not later than `from`."""


class FreeTimesResponse(Struct, frozen=True, kw_only=True):
    """When the caller is free. Nobody else sees it."""

    tz: str
    times: Sequence[FreeTimeResponse]
    modified: datetime | None
    """None if the caller has never said it."""


def represent_wished_times(written: Collection[str]) -> list[WishedTimeResponse]:
    """Return the wished times of a plan, the earliest first."""
    return [WishedTimeResponse(*one) for one in sorted(map(read_wished_time, written))]


def represent_free_times(
    tz: str, written: Collection[str], modified: datetime | None
) -> FreeTimesResponse:
    """Return free times in the order in which they were stated."""
    times = [
        FreeTimeResponse(day=one.day, date=one.date, begins=one.begins, ends=one.ends)
        for one in map(read_free_time, written)
    ]
    return FreeTimesResponse(tz=tz, times=times, modified=modified)
