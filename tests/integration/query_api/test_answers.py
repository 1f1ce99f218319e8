"""What every answer of the read side carries: its position, its tag, its language."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from contracts.shared_rules import SharedRules
from launcher.servers.postgres import PostgresServer
from query_api.edge.moments import find_horizon
from query_api.edge.reads import TableSnapshot
from query_api.ratings.pages import RECORDS_BEHIND_MAX
from runtime.clickhouse.chdb import ChdbAnalytics
from runtime.clickhouse.migrations import migrate
from tests.cells.read_side import POOL_SIZE, ReadSide, at, read_side

LIST = "/api/v1/announcements"


@pytest.fixture
async def guest(reads: ReadSide) -> str:
    return await reads.person("Boris")


async def test_every_read_tells_its_position(reads: ReadSide, host: str, guest: str) -> None:
    evening = await reads.evening(host)
    booking = await reads.booking(evening, guest)
    before = await reads.get(LIST, host)
    await reads.move_position(41)
    for path in (
        LIST,
        f"/api/v1/announcement/{evening}",
        f"/api/v1/announcement/{evening}/bookings",
        f"/api/v1/announcement/{evening}/booking/{guest}",
        f"/api/v1/booking/{booking}",
        "/api/v1/bookings",
        "/api/v1/schedule",
        f"/a/{evening}",
    ):
        assert (await reads.get(f"{path}?min_position=41", host)).headers["X-Position"] == "41"
    assert before.headers["X-Position"] == "0"


@pytest.mark.parametrize("tell", [True, False], ids=["notified", "notification lost"])
async def test_a_read_waits_for_its_position(
    reads: ReadSide, host: str, guest: str, tell: bool
) -> None:
    """And more readers wait than there are connections, without standing in anybody's way."""
    await reads.move_position(1)
    waiting = [
        asyncio.create_task(reads.get(f"{LIST}?min_position={2 + number % 2}", host))
        for number in range(4 * POOL_SIZE)
    ]
    assert (await reads.get(f"{LIST}?min_position=1", guest)).status == 200
    assert not any(task.done() for task in waiting)
    await reads.move_position(3, tell=tell)
    replies = await asyncio.gather(*waiting)
    assert {reply.status for reply in replies} == {200}
    assert {reply.headers["X-Position"] for reply in replies} == {"3"}


async def test_a_position_that_does_not_come_is_a_problem(reads: ReadSide, host: str) -> None:
    await reads.move_position(5)
    reply = await reads.get(f"{LIST}?min_position=6", host)
    assert (reply.status, reply.body["code"]) == (504, "projection_behind")
    assert (reply.body["wanted"], reply.body["position"]) == (6, 5)
    assert reply.headers["Retry-After"]
    for wrong in ("x", "-1", "1.5", "9" * 30):
        assert (await reads.get(f"{LIST}?min_position={wrong}", host)).status == 422


async def test_the_listener_comes_back_after_losing_its_connection(
    postgres_dsn: str,
) -> None:
    async with read_side(postgres_dsn, min_position_timeout_s=10.0) as reads:
        host = await reads.person()
        await reads.move_position(7)
        assert (await reads.get(f"{LIST}?min_position=7", host)).status == 200
        cut_off = await reads.pool.fetchval(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert cut_off >= 1
        await reads.move_position(8)
        assert (await reads.get(f"{LIST}?min_position=8", host)).status == 200


async def test_what_the_client_has_is_not_sent_again(
    reads: ReadSide, host: str, guest: str
) -> None:
    evening = await reads.evening(host, version=4)
    booking = await reads.booking(evening, guest)
    for path in (LIST, f"/api/v1/announcement/{evening}", f"/api/v1/booking/{booking}"):
        first = await reads.get(path, host)
        tag = first.headers["ETag"]
        for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            again = await reads.get(path, host, If_None_Match=known)
            assert (again.status, again.text, again.headers["ETag"]) == (304, "", tag)
            assert again.headers["X-Position"]
        assert (await reads.get(path, host, If_None_Match='"other"')).status == 200
        assert {"Authorization", "Accept-Language"} <= {*first.headers["Vary"].split(", ")}
        assert "private" in first.headers["Cache-Control"]
    feed = (await reads.get("/api/v1/schedule/feed", host)).body["url"]
    for path in (feed, f"/a/{evening}"):
        first = await reads.get(path)
        again = await reads.get(path, If_None_Match=first.headers["ETag"])
        assert (first.status, again.status, again.text) == (200, 304, "")
        assert again.headers["X-Position"]
    tag = (await reads.get(f"/api/v1/announcement/{evening}", host)).headers["ETag"]
    assert tag.startswith('"4.')
    await reads.pool.execute("UPDATE read_model.announcements SET title = 'New', version = 5")
    changed = await reads.get(f"/api/v1/announcement/{evening}", host, If_None_Match=tag)
    assert (changed.status, changed.headers["ETag"][:3]) == (200, '"5.')


async def test_film_titles_speak_the_readers_language(
    reads: ReadSide, host: str, guest: str
) -> None:
    evening = await reads.evening(host)
    booking = await reads.booking(evening, guest)
    for accept, title in {
        "": "The Matrix",
        "ru-RU,en;q=0.5": "Матрица",
        "en": "The Matrix",
    }.items():
        for path in (f"/api/v1/announcement/{evening}", f"/api/v1/booking/{booking}"):
            reply = await reads.get(path, host, Accept_Language=accept)
            assert reply.body["movie_title"] == title
        page = await reads.get(f"/a/{evening}", Accept_Language=accept)
        assert title in page.text


@pytest.mark.parametrize(
    ("changes", "shown", "not_shown"),
    [
        ({}, ("free", "open to requests", "Seats left"), ()),
        ({"status": "Closed", "closed_reason": "manual"}, ("closed to requests",), ()),
        (
            {"status": "Closed", "closed_reason": "full", "taken": 5},
            ("full; you can join the waiting list",),
            (),
        ),
        ({"status": "Done"}, ("over",), ("Seats left",)),
        (
            {"is_free": False, "price_amount": 300.0, "price_currency": "RUB"},
            ("RUB\N{NO-BREAK SPACE}300",),
            (),
        ),
        ({"is_free": False}, ("see the description",), ()),
    ],
)
async def test_the_public_page_says_whether_one_can_still_come_and_for_how_much(
    reads: ReadSide,
    host: str,
    changes: dict[str, Any],
    shown: tuple[str, ...],
    not_shown: tuple[str, ...],
) -> None:
    evening = await reads.evening(host, **changes)
    page = (await reads.get(f"/a/{evening}", Accept_Language="en")).text
    assert all(text in page for text in shown)
    assert not any(text in page for text in not_shown)


async def test_who_was_never_rated_has_no_score(reads: ReadSide, host: str, guest: str) -> None:
    evening = await reads.evening(host)
    booking = (await reads.get(f"/api/v1/booking/{await reads.booking(evening, guest)}", host)).body
    detail = (await reads.get(f"/api/v1/announcement/{evening}", host)).body
    for answer in (booking, detail):
        assert (answer["author_rating"], answer["author_rating_count"]) == (0.0, 0)
    for answer in (booking, detail["guest_list"][0]):
        assert (answer["guest_rating"], answer["guest_rating_count"]) == (0.0, 0)


async def test_the_place_in_line_counts_who_waits_before(reads: ReadSide, host: str) -> None:
    evening = await reads.evening(host, ticket_count=1, taken=1)
    line = [await reads.person(f"Guest {number}") for number in range(4)]
    for number, person in enumerate(line):
        await reads.booking(evening, person, "waitlisted", queued_seq=100 - number)
    elsewhere = await reads.evening(host, event_time=at(72))
    await reads.booking(elsewhere, line[0], "waitlisted", queued_seq=1)
    await reads.pool.execute(
        "UPDATE read_model.bookings SET waiting = false, queued_seq = NULL, state = 'withdrawn', "
        "guest_status = false WHERE guest_id = $1",
        line[2],
    )
    path = f"/api/v1/announcement/{evening}/booking/me"
    places = [(await reads.get(path, person)).body["waitlist_position"] for person in line]
    assert places == [3, 2, None, 1]


async def test_overlaps_are_told_to_the_guest_alone(reads: ReadSide, host: str, guest: str) -> None:
    evening = await reads.evening(host, event_time=at(24))
    booking = await reads.booking(evening, guest, "requested")
    start = at(24)
    await reads.evening(guest, title="hosted", event_time=start + timedelta(minutes=90))
    for title, minutes, state, status in (
        ("confirmed", -90, "confirmed", "Closed"),
        ("pending", -60, "invited", "Alive"),
        ("over", 0, "confirmed", "Done"),
        ("off", 0, "confirmed", "Cancelled"),
        ("refused", 0, "rejected", "Alive"),
        ("later", 121, "confirmed", "Alive"),
    ):
        other = await reads.evening(
            host, title=title, event_time=start + timedelta(minutes=minutes), status=status
        )
        await reads.booking(other, guest, state)
    told = (await reads.get(f"/api/v1/booking/{booking}", guest)).body["overlaps"]
    assert [(one["title"], one["state"], one["blocking"]) for one in told] == [
        ("confirmed", "confirmed", True), ("pending", "invited", False),
        ("hosted", "hosting", True),
    ]  # fmt: skip
    assert (await reads.get(f"/api/v1/booking/{booking}", host)).body["overlaps"] == []


async def test_overlaps_are_those_of_the_cells_rules(postgres_dsn: str) -> None:
    rules = SharedRules(gap=timedelta(minutes=30), pending_blocks=True)
    async with read_side(postgres_dsn, rules=rules) as reads:
        host, guest = await reads.person("Anna"), await reads.person("Boris")
        start = at(24)
        evening = await reads.evening(host, event_time=start)
        booking = await reads.booking(evening, guest, "requested")
        for title, minutes in (("near before", -149), ("far", -150), ("near after", 149)):
            other = await reads.evening(
                host, title=title, event_time=start + timedelta(minutes=minutes)
            )
            await reads.booking(other, guest, "invited")
        told = (await reads.get(f"/api/v1/booking/{booking}", guest)).body["overlaps"]
        assert [(one["title"], one["blocking"]) for one in told] == [
            ("near before", True), ("near after", True),
        ]  # fmt: skip


async def test_before_the_first_migration_reads_are_unavailable(
    postgres_dsn: str, postgres_server: PostgresServer
) -> None:
    never_migrated = postgres_server.dsn
    async with read_side(postgres_dsn, api_dsn=never_migrated) as reads:
        person = await reads.person()
        for path in (LIST, "/api/v1/schedule", f"/api/v1/booking/{uuid4()}", f"/a/{uuid4()}"):
            reply = await reads.get(path, person)
            assert (reply.status, reply.body["code"]) == (503, "unavailable"), path
            assert reply.headers["Retry-After"]


async def test_before_a_new_column_is_there_reads_are_unavailable(reads: ReadSide) -> None:
    person = await reads.person()
    await reads.pool.execute("ALTER TABLE read_model.announcements DROP COLUMN author_rank")
    reply = await reads.get(f"{LIST}?sort=author_rating", person)
    assert (reply.status, reply.body["code"]) == (503, "unavailable")
    assert reply.headers["Retry-After"]


async def test_without_postgresql_reads_are_unavailable(postgres_dsn: str) -> None:
    nobody_listens = "postgresql://practix@127.0.0.1:1/practix"
    async with read_side(postgres_dsn, api_dsn=nobody_listens) as reads:
        reply = await reads.get(LIST, await reads.person())
        assert (reply.status, reply.body["code"]) == (503, "unavailable")
        assert reply.headers["Retry-After"]


async def test_without_clickhouse_rating_pages_are_unavailable(reads: ReadSide) -> None:
    host = await reads.person()
    evening = await reads.evening(host)
    pages = [f"/user/me/rating{page}" for page in ("", "/explain", "/drift")]
    for page in (*pages, f"/announcement/{evening}/rating"):
        reply = await reads.get(f"/api/v1{page}", host)
        assert (reply.status, reply.body["code"]) == (503, "unavailable")
        assert reply.headers["Retry-After"]
    assert (await reads.get(f"/api/v1/announcement/{evening}", host)).status == 200


async def test_a_history_far_behind_the_tables_says_so_instead_of_nobody_rated(
    postgres_dsn: str, tmp_path: Path
) -> None:
    async with AsyncExitStack() as stack:
        analytics = ChdbAnalytics(tmp_path)
        stack.push_async_callback(analytics.close)
        await migrate(analytics)
        options: dict[str, Any] = {"analytics": analytics, "min_position_timeout_s": 0.1}
        reads = await stack.enter_async_context(read_side(postgres_dsn, **options))
        somebody = await reads.person()
        await reads.decision(1)
        for position, status in ((RECORDS_BEHIND_MAX, 200), (RECORDS_BEHIND_MAX + 1, 504)):
            await reads.move_position(position)
            heard = f"/api/v1/announcements?min_position={position}"
            assert (await reads.get(heard, somebody)).status == 200
            assert (await reads.get("/api/v1/user/me/rating", somebody)).status == status


async def test_an_instant_is_the_last_command_by_then(reads: ReadSide) -> None:
    begun = at(-2)
    moments = {1: at(-3), 3: begun, 4: begun, 7: at(-1)}
    for seq, decided_at in moments.items():
        await reads.decision(seq, decided_at)
    millisecond = timedelta(milliseconds=1)
    async with reads.pool.acquire() as connection:
        snapshot = TableSnapshot(connection, 8)
        for instant, position in (
            (moments[1] - millisecond, 0),
            (moments[1], 1),
            (moments[4], 4),
            (moments[7] - millisecond, 4),
            (at(0), 7),
        ):
            assert await find_horizon(snapshot, instant) == (position, position)
        assert await find_horizon(snapshot, 6) == (6, 4)
        assert await find_horizon(snapshot, None) == (8, 7)


async def test_a_position_of_nothing_but_heartbeats_is_not_waited_for(
    postgres_dsn: str, tmp_path: Path
) -> None:
    """The history stores such positions only now and then."""
    async with AsyncExitStack() as stack:
        analytics = ChdbAnalytics(tmp_path)
        stack.push_async_callback(analytics.close)
        await migrate(analytics)
        reads = await stack.enter_async_context(read_side(postgres_dsn, analytics=analytics))
        somebody = await reads.person()
        await reads.move_position(3)
        rating = await reads.get("/api/v1/user/me/rating?min_position=3", somebody)
        assert (rating.status, rating.headers["X-Position"]) == (200, "3")


async def test_the_document_names_every_filter_with_its_type(reads: ReadSide) -> None:
    document = (await reads.get("/api/openapi.json")).body
    parameters = {
        one["name"]: one["schema"] for one in document["paths"][LIST]["get"]["parameters"]
    }
    assert parameters["min_position"]["type"] == "integer"
    assert parameters["is_free"] == {"type": "boolean"}
    assert "-author_rating" in parameters["sort"]["enum"]
    assert parameters["status"]["items"]["enum"][0] == "Created"
    assert all(parameters.values())
