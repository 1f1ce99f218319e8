"""How a host chooses among those who asked: by name, by rating, by when they asked."""

from typing import NamedTuple
from urllib.parse import quote

import pytest

from tests.cells.read_side import ReadSide, at, text_of

ASKED = (
    # Name, rating, rank, hours since the request.
    ("Ёлкина Анна", 9.0, 6.0, 7),
    ("boris Einstein", 8.0, 7.5, 6),
    ("Борис Жуков", 8.0, 7.5, 5),
    ("Clara", None, None, 4),
    ("Егор", 3.0, 2.0, 3),
    ("Clara", None, None, 2),
)


class Evening(NamedTuple):
    path: str
    confirmed: str


@pytest.fixture
async def evening(reads: ReadSide, host: str) -> Evening:
    evening_id = await reads.evening(host, ticket_count=50)
    guests = []
    for number, (name, rating, rank, hours) in enumerate(ASKED):
        guest = await reads.person(name)
        guests.append(guest)
        if rating is not None and rank is not None:
            await reads.guest_score(guest, rating, rank, 4)
        state = "confirmed" if number == 1 else "requested"
        await reads.booking(evening_id, guest, state, created=at(-hours))
    return Evening(f"/api/v1/announcement/{evening_id}/bookings", guests[1])


async def names(reads: ReadSide, host: str, path: str) -> list[str]:
    reply = await reads.get(path, host)
    assert reply.status == 200, reply.text
    return [line["guest_name"] for line in reply.body]


async def test_a_host_filters_by_name_rating_and_time(
    reads: ReadSide, host: str, evening: Evening
) -> None:
    for query, found in {
        "name=бор": ["Борис Жуков"],
        "name=EINST+bor": ["boris Einstein"],
        "name=елкина": ["Ёлкина Анна"],
        "name=nobody": [],
        "min_guest_rating=8.5": ["Ёлкина Анна"],
        "min_guest_rating=3&name=clara": [],
        "min_guest_rating=0&name=clara": ["Clara", "Clara"],
        f"created_from={quote(text_of(at(-3.5)))}": ["Егор", "Clara"],
        f"created_to={quote(text_of(at(-6.5)))}": ["Ёлкина Анна"],
        "created_to=2020-01-01": [],
        "state=confirmed&min_guest_rating=8": ["boris Einstein"],
    }.items():
        assert await names(reads, host, f"{evening.path}?{query}") == found, query


async def test_a_host_sorts_by_rating_name_and_time_in_pages(
    reads: ReadSide, host: str, evening: Evening
) -> None:
    by_time = [name for name, *_ in ASKED]
    by_name = ["boris Einstein", "Clara", "Clara", "Борис Жуков", "Егор", "Ёлкина Анна"]
    for sort, expected in {
        "created": by_time,
        "-created": by_time[::-1],
        "guest_name": by_name,
        "-guest_name": by_name[::-1],
    }.items():
        assert await names(reads, host, f"{evening.path}?sort={sort}") == expected, sort
    ranked = await names(reads, host, f"{evening.path}?sort=guest_rating")
    assert sorted(ranked[:2]) == ["boris Einstein", "Борис Жуков"]
    assert ranked[2:] == ["Ёлкина Анна", "Егор", "Clara", "Clara"]
    for sort in ("created", "guest_rating", "guest_name", "-guest_rating", "-guest_name"):
        path = f"{evening.path}?sort={sort}"
        whole = (await reads.get(path, host)).body
        for limit in (1, 2, 5):
            assert await reads.pages(f"{path}&limit={limit}", host) == whole, sort


async def test_a_confirmed_guest_finds_only_the_confirmed(
    reads: ReadSide, host: str, evening: Evening
) -> None:
    for query in ("sort=guest_name", "name=b", "min_guest_rating=1"):
        path = f"{evening.path}?{query}"
        assert await names(reads, evening.confirmed, path) == ["boris Einstein"], query
    assert await names(reads, evening.confirmed, f"{evening.path}?name=clara") == []


async def test_a_cursor_of_another_order_is_refused(
    reads: ReadSide, host: str, evening: Evening
) -> None:
    first = await reads.get(f"{evening.path}?sort=guest_name&limit=1", host)
    cursor = first.headers["X-Next-Cursor"]
    refused = await reads.get(f"{evening.path}?sort=-guest_name&cursor={cursor}", host)
    assert (refused.status, refused.body["code"]) == (422, "malformed_cursor")
