"""What two people see of each other on the read side once one has blocked the other."""

from uuid import uuid4

import pytest

from runtime.process.clock import system_clock
from tests.cells.read_side import PAIRS
from tests.integration.query_api.announcements.cast import STATUSES, Cast

ONCE_INVOLVED = tuple(state for state in PAIRS if state != "confirmed")


async def block(cast: Cast, blocker: str, blocked: str, *, stands: bool = True) -> None:
    await cast.reads.block(cast.ids[blocker], cast.ids[blocked], stands=stands)


@pytest.mark.parametrize("by_host", [True, False])
async def test_people_apart_find_nothing_of_each_other_s_evenings(
    cast: Cast, by_host: bool
) -> None:
    evenings = [await cast.evening(status=status) for status in STATUSES]
    listed = f"/api/v1/announcements?limit=100&status={','.join(STATUSES)}"
    for role in ("stranger", "follower", *ONCE_INVOLVED):
        assert (await cast.get(listed, role)).body, role
        await block(cast, *(("host", role) if by_host else (role, "host")))
        for path in (listed, f"{listed}&mine=guest&all=true", "/api/v1/schedule"):
            assert (await cast.get(path, role)).body == [], (role, path)
        assert (await cast.get("/api/v1/bookings", role)).body == [], role
        for evening in evenings:
            for path in ("", "/bookings", "/booking/me", "/share", "/rating", "/posts"):
                there = await cast.get(f"/api/v1/announcement/{evening}{path}", role)
                absent = await cast.get(f"/api/v1/announcement/{uuid4()}{path}", role)
                assert (there.status, there.text) == (404, absent.text), (role, path)
            rated = await cast.get(f"/api/v1/rating/{evening}/me", role)
            absent = await cast.get(f"/api/v1/rating/{uuid4()}/me", role)
            assert (rated.status, rated.text) == (404, absent.text), role
    assert len((await cast.get(listed, "operator")).body) == len(STATUSES)
    assert len((await cast.get("/api/v1/bookings?role=author", "host")).body) > len(PAIRS)


async def test_what_is_confirmed_stays_and_comes_back_with_the_block_s_end(cast: Cast) -> None:
    evening = await cast.evening()
    await block(cast, "confirmed", "host")
    await block(cast, "invited", "host")
    assert (await cast.get(f"/api/v1/announcement/{evening}", "confirmed")).status == 200
    assert len((await cast.get("/api/v1/bookings", "confirmed")).body) == 1
    assert len((await cast.get("/api/v1/schedule", "confirmed")).body) == 1
    await block(cast, "invited", "host", stands=False)
    assert (await cast.get(f"/api/v1/announcement/{evening}", "invited")).status == 200


async def test_guests_apart_do_not_find_each_other(cast: Cast) -> None:
    evening = await cast.evening()
    for role in ("stranger", "follower"):
        await cast.reads.booking(evening, cast.ids[role], "confirmed")
    await block(cast, "stranger", "confirmed")
    shown = {"stranger": 2, "confirmed": 2, "follower": 3, "host": len(PAIRS) + 2}
    for role, count in shown.items():
        detail = (await cast.get(f"/api/v1/announcement/{evening}", role)).body
        listed = (await cast.get(f"/api/v1/announcement/{evening}/bookings", role)).body
        assert (len(detail["guest_list"]), len(listed)) == (count, count), role
        assert detail["guest_count"] == 3


async def test_only_the_blocker_reads_whom_they_blocked(cast: Cast) -> None:
    await block(cast, "stranger", "host")
    await block(cast, "stranger", "follower", stands=False)
    (line,) = (await cast.get("/api/v1/blocks", "stranger")).body
    assert (line["user_id"], line["name"]) == (cast.ids["host"], "host")
    assert (await cast.get("/api/v1/blocks", "host")).body == []
    assert (await cast.get("/api/v1/blocks", "operator")).body == []


async def test_an_author_hides_the_guests_of_an_evening(cast: Cast) -> None:
    evening = await cast.evening(hide_guests=True)
    for role in ("confirmed", "stranger"):
        path = f"/api/v1/announcement/{evening}"
        detail = (await cast.get(path, role)).body
        assert (detail["guest_list"], detail["guest_count"]) == ([], None), role
        assert detail["tickets_left"] == 5
        assert detail["hide_guests"] is True
        assert (await cast.get(f"{path}?guest_list=names", role)).body["guest_list"] == []
        assert (await cast.get(f"{path}/bookings", role)).body == []
    for role in ("host", "operator"):
        detail = (await cast.get(f"/api/v1/announcement/{evening}", role)).body
        assert len(detail["guest_list"]) == len(PAIRS)
        assert detail["guest_count"] == 1


async def test_guests_apart_read_nothing_of_each_other_in_a_chat(cast: Cast) -> None:
    evening = await cast.evening()
    await cast.reads.booking(evening, cast.ids["stranger"], "confirmed")
    await cast.reads.booking(evening, cast.ids["follower"], "confirmed")
    for position, writer in enumerate(("host", "confirmed", "follower"), start=1):
        await cast.reads.pool.execute(
            """INSERT INTO read_model.posts
                   (post_id, announcement_id, writer_id, position, text, deleted, created, modified)
               VALUES ($1, $2, $3, $4, $5, false, $6, $6)""",
            str(uuid4()),
            evening,
            cast.ids[writer],
            position,
            writer,
            system_clock(),
        )
    await block(cast, "stranger", "confirmed")
    await block(cast, "host", "stranger")
    shown = {
        "stranger": ["host", "follower"],
        "follower": ["host", "confirmed", "follower"],
        "host": ["host", "confirmed", "follower"],
    }
    for role, texts in shown.items():
        posts = (await cast.get(f"/api/v1/announcement/{evening}/posts", role)).body
        assert [one["text"] for one in posts] == texts, role
    (line,) = (await cast.get("/api/v1/schedule", "stranger")).body
    assert line["unread_posts"] == 2


async def test_reviews_are_not_found_across_a_block(cast: Cast) -> None:
    await block(cast, "stranger", "host")
    path = f"/api/v1/user/{cast.ids['host']}/reviews"
    assert (await cast.get(path, "stranger")).body == []
