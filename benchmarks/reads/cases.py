"""The hot reads, and the rows behind them.

The tables are those of `benchmarks.generated.read_tables`: `EVENINGS` announcements with two
bookings each.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import asyncpg
from starlette.datastructures import QueryParams

from benchmarks.generated.read_tables import MOVE, fill, id_of
from benchmarks.harness.hot_evening import make_token
from benchmarks.harness.load import build_http_request
from contracts.representations import DetailAnnouncementResponse, copied_fields
from contracts.shared_rules import SharedRules
from contracts.values.ids import PersonId
from contracts.values.zones import HOME_ZONE
from query_api.announcements import schedule
from query_api.announcements.lines import WISHES, select_lines
from query_api.announcements.lists import build_page
from query_api.edge.paging import Page
from query_api.edge.selecting import with_position
from runtime.auth.tokens import Caller

EVENINGS: Final = 4_950
"""With their 9,900 bookings."""
PEOPLE: Final = 495
SHOWN: Final = 200
"""Public evenings whose details are read, one after the other."""

LISTS: Final = {
    "list": "/api/v1/announcements",
    "mine": "/api/v1/announcements?mine=guest&all=true",
    "schedule": "/api/v1/schedule",
}

SELECT_ROW: Final = f"""
    SELECT announcement_id, movie_title, event_location, created, modified,
        {", ".join(copied_fields(DetailAnnouncementResponse))}
    FROM read_model.announcements WHERE announcement_id = $1
"""
"""The row of a detail, with no look at names, guests, or what the reader may see."""

SELECT_SHOWN: Final = f"""
    SELECT announcement_id FROM read_model.announcements
    WHERE status = 'Alive' AND visibility = 'public' ORDER BY announcement_id LIMIT {SHOWN}
"""


class ListStatement(NamedTuple):
    """A statement, and its arguments for each reader."""

    sql: str
    arguments: Sequence[Any]

    def for_reader(self, person_id: str) -> Sequence[Any]:
        super_user, _, *others = self.arguments
        return super_user, person_id, *others


async def fill_tables(owner: asyncpg.Pool) -> list[str]:
    """Fill the migrated, empty tables. Returns the ids of evenings that everybody may see."""
    await fill(owner, EVENINGS)
    await owner.execute(MOVE)
    return [row["announcement_id"] for row in await owner.fetch(SELECT_SHOWN)]


def reader_tokens() -> dict[str, str]:
    """Return the token of every person."""
    people = [id_of(f"person{number}") for number in range(PEOPLE)]
    return {person_id: make_token(person_id) for person_id in people}


def requests_of(kind: str, shown: Sequence[str], count: int) -> Iterator[bytes]:
    """Return requests of one kind, each by another person than the one before."""
    tokens = list(reader_tokens().values())
    paths = [LISTS[kind]] if kind in LISTS else [f"/api/v1/announcement/{one}" for one in shown]
    return iter(
        [
            build_http_request("GET", paths[number % len(paths)], tokens[number % PEOPLE])
            for number in range(count)
        ]
    )


def statement_of(kind: str) -> ListStatement:
    """Return the statement by which we answer this list."""
    nobody = Caller(PersonId(id_of("nobody")))
    query = QueryParams(LISTS[kind].partition("?")[2])
    page: Page
    if kind == "schedule":
        page = schedule.build_page(nobody, query, ZoneInfo(HOME_ZONE))
        lines = select_lines(page.sql, "en", schedule.FURTHER)
    else:
        now, zone = datetime.now(UTC), ZoneInfo(HOME_ZONE)
        page = build_page(query, nobody, [], now, SharedRules(), zone)
        lines = select_lines(page.sql, "en", WISHES)
    return ListStatement(with_position(lines, page.order), page.arguments)
