"""Orders announcements by status, and those of one status by their time.

Each status is read for itself along the index of its times, so that no page needs a sort.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, NamedTuple, get_args

from msgspec import Meta

from contracts.events.announcement import AnnouncementStatus
from query_api.edge.paging import INSTANT_KEY, Sort
from query_api.edge.where import Where

STATUSES: Final[tuple[str, ...]] = get_args(AnnouncementStatus)
"""In the order in which an announcement goes through them."""

BY_TIME: Final = Sort("event_time", "a.event_time", INSTANT_KEY, "timestamptz")

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_Place = Annotated[int, Meta(ge=1, le=len(STATUSES))]
_Microseconds = Annotated[int, Meta(ge=0, lt=2**58)]  # Up to the year 9999.
BY_STATUS: Final = Sort(
    "status",
    f"""ARRAY[array_position('{{{",".join(STATUSES)}}}'::text[], a.status),
        (extract(epoch FROM a.event_time) * 1000000)::bigint]""",
    tuple[_Place, _Microseconds],
    "bigint[]",
)
"""Its key consists of the place of the status and the time in microseconds since 1970."""


class Part(NamedTuple):
    """The lines of one status."""

    condition: str
    order: str


def split_by_status(
    where: Where, statuses: Sequence[str], sort: Sort, last: tuple[Any, str] | None
) -> Iterator[Part]:
    """Yield the parts of a list in the order of `sort`, which is BY_STATUS or its reverse.

    Binds the arguments of the conditions in `where`. Leaves out the statuses that come before
    the last line seen. Yields at least one part.
    """
    by_time = BY_TIME._replace(descending=sort.descending)
    order = by_time.order_by(by_time.column, "a.announcement_id")
    last_status, last_time = (None, None) if last is None else _read_key(last[0])
    for status in statuses:
        condition = f"a.status = {where.bind(status)}"
        if last is not None and status == last_status:
            after = by_time.comes_after("a.announcement_id")
            condition += f" AND {after.format(where.bind(last_time), where.bind(last[1]))}"
        elif last_status is not None and _comes_before(status, last_status, sort):
            condition += " AND false"
        yield Part(condition, order)


def _comes_before(status: str, other: str, sort: Sort) -> bool:
    return (STATUSES.index(status) < STATUSES.index(other)) is not sort.descending


def _read_key(key: tuple[int, int]) -> tuple[str, datetime]:
    place, microseconds = key
    return STATUSES[place - 1], _EPOCH + timedelta(microseconds=microseconds)
