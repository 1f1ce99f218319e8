"""Ratings over HTTP, from the command to what is read."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from contracts.scoring import PUBLISHED
from tests.cells.cell_over_time import CellOverTime, until
from tests.cells.command_cell import command_cell


@pytest.fixture
async def rated(tmp_path: Path, postgres_dsn: str) -> AsyncIterator[CellOverTime]:
    async with AsyncExitStack() as running:
        found = CellOverTime(tmp_path, postgres_dsn, running, history=True)
        await found.start()
        await found.meet("host", "ann", "ben", "stranger")
        yield found


async def test_both_sides_rate_and_read_what_the_other_said(rated: CellOverTime) -> None:
    over = await rated.over("host", "ann", "ben")
    given = await rated.rate(over, "ann", "host", 9, text="Warm", tags=["kind", "kind", "tea"])
    assert given.status == 201
    assert given.body | {"score": 9, "text": "Warm", "tags": ["kind", "tea"]} == given.body
    assert (given.body["role"], given.body["revealed"]) == ("host", False)
    mine = await rated.pair(over, "ann", "host")
    assert (mine["given"], mine["received"]) == (given.body, None)
    theirs = await rated.pair(over, "host", "ann")
    assert (theirs["given"], theirs["received"]) == (None, None)

    answered = await rated.rate(over, "host", "ann", 7)
    assert answered.body["revealed"] is True
    theirs = await rated.pair(over, "host", "ann")
    assert theirs["given"] == answered.body
    assert theirs["received"] == given.body | {"revealed": True}


async def test_a_sealed_rating_is_revealed_after_fourteen_days(rated: CellOverTime) -> None:
    over = await rated.over("host", "ann", "ben")
    given = await rated.rate(over, "ann", "host", 2)
    await rated.wait(timedelta(days=14))

    async def revealed() -> bool:
        return (await rated.pair(over, "host", "ann"))["received"] is not None

    await until(revealed)
    late = await rated.rate(over, "host", "ann")
    assert (late.status, late.code) == (409, "rating_window_closed")
    path = f"/rating/{given.body['review_id']}"
    changed = await rated.say("ann", "PUT", path, {"score": 10})
    assert (changed.status, changed.code) == (409, "rating_revealed")
    assert (await rated.read("host", "/user/me/rating"))["host"]["rating_count"] == 1


async def test_d11_a_rating_is_changed_by_its_score_alone(rated: CellOverTime) -> None:
    over = await rated.over("host", "ann")
    given = await rated.rate(over, "ann", "host", 5, text="So so")
    path = f"/rating/{given.body['review_id']}"
    changed = await rated.say("ann", "PUT", path, {"score": 6})
    assert changed.status == 200
    assert changed.body == given.body | {"score": 6, "modified": changed.body["modified"]}
    assert (await rated.pair(over, "ann", "host"))["given"] == changed.body
    for someone in ("host", "ben", "stranger"):
        assert (await rated.say(someone, "PUT", path, {"score": 1})).status == 404


async def test_a_retracted_rating_leaves_the_score(rated: CellOverTime) -> None:
    over = await rated.over("host", "ann")
    given = await rated.both_rate(over, "ann", "host", 1)
    assert (await rated.read("ben", f"/user/{rated.ids['host']}/rating"))["host"]["rating"] == 6.0
    path = f"/rating/{given.body['review_id']}"
    assert (await rated.say("host", "DELETE", path)).status == 403
    retracted = await rated.say("ann", "DELETE", path)
    assert (retracted.status, retracted.body["retracted"]) == (200, True)
    host = (await rated.read("ben", f"/user/{rated.ids['host']}/rating"))["host"]
    assert (host["rating"], host["rating_count"], sum(host["distribution"])) == (0.0, 0, 0)
    assert (await rated.pair(over, "host", "ann"))["received"] is None
    again = await rated.rate(over, "ann", "host", 1)
    assert (again.status, again.code) == (409, "already_rated")
    assert again.body["review_id"] == given.body["review_id"]


async def test_ratings_too_may_be_tried(rated: CellOverTime) -> None:
    over = await rated.over("host", "ann", "ben")
    given = await rated.rate(over, "ann", "host", 5)
    recorded = len(await rated.cell.commits())
    of_pair, own = f"/rating/{over}/{rated.ids['host']}", f"/rating/{given.body['review_id']}"
    for name, method, path, body in (
        ("ben", "POST", of_pair, {"score": 9}),
        ("ann", "PUT", own, {"score": 6}),
        ("ann", "DELETE", own, None),
    ):
        tried = await rated.say(name, method, f"{path}?dry_run=true", body)
        assert tried.status in (200, 201), tried.body
    assert len(await rated.cell.commits()) == recorded


async def test_a_repeated_rating_is_answered_as_the_first_time(rated: CellOverTime) -> None:
    over = await rated.over("host", "ann")
    path = f"/api/v1/rating/{over}/{rated.ids['host']}"
    first, again = [
        await rated.cell.send(
            "POST", path, rated.tokens["ann"], {"score": 8}, Idempotency_Key="once"
        )
        for _ in range(2)
    ]
    assert (first.status, again.status) == (201, 201)
    assert again.body == first.body
    assert again.headers["Idempotent-Replay"] == "true"


async def test_d10_scores_come_from_ratings_and_writes_and_reads_show_the_same(
    rated: CellOverTime,
) -> None:
    """No mock, no chance, no cache: 7.5 is what one ten comes to, wherever it is shown."""
    over = await rated.over("host", "ann")
    await rated.both_rate(over, "ann", "host", 10)
    coming = await rated.evening("host", "ann")
    written = (await rated.say("host", "PUT", f"/announcement/{coming}", {"title": "New"})).body
    read = await rated.read("host", f"/announcement/{coming}")
    assert written == read
    assert (read["author_rating"], read["author_rating_count"]) == (7.5, 1)
    guest = read["guest_list"][0]
    assert (guest["guest_rating"], guest["guest_rating_count"]) == (7.5, 1)
    line = (await rated.read("ann", "/bookings"))[0]
    assert (line["guest_rating"], line["guest_rating_count"]) == (7.5, 1)
    booked = await rated.read("ann", f"/booking/{line['booking_id']}")
    assert (booked["author_rating"], booked["author_rating_count"]) == (7.5, 1)


async def test_d12_an_evening_is_rated_by_its_own_guests_only(rated: CellOverTime) -> None:
    first, second = await rated.over("host", "ann", "ben"), await rated.over("host", "ann")
    await rated.both_rate(first, "ann", "host", 10)
    await rated.both_rate(first, "ben", "host", 7)
    await rated.both_rate(second, "ann", "host", 1)
    of_first = await rated.read("stranger", f"/announcement/{first}/rating")
    assert (of_first["rating"], of_first["rating_count"]) == (8.5, 2)
    assert of_first["distribution"] == [0, 0, 0, 0, 0, 0, 1, 0, 0, 1]
    of_second = await rated.read("stranger", f"/announcement/{second}/rating")
    assert (of_second["rating"], of_second["rating_count"]) == (1.0, 1)


async def test_d13_nobody_rates_too_early_twice_or_as_a_stranger(rated: CellOverTime) -> None:
    await rated.meet("operator", is_super=True)
    over = await rated.evening("host", "ann")
    early = await rated.rate(over, "ann", "host")
    assert (early.status, early.code) == (409, "evening_not_done")
    assert (await rated.rate(str(uuid4()), "ann", "host")).status == 404
    await rated.hold("host", over)
    await rated.meet("operator", is_super=True)
    for rater, ratee in (("stranger", "host"), ("operator", "host"), ("host", "stranger")):
        assert (await rated.rate(over, rater, ratee)).status == 404
    assert (await rated.rate(over, "ann", "host")).status == 201
    twice = await rated.rate(over, "ann", "host")
    assert (twice.status, twice.code) == (409, "already_rated")


@pytest.mark.parametrize(
    "body",
    [
        {"score": 0},
        {"score": 11},
        {"score": 7.5},
        {"score": "7"},
        {"score": True},
        {"score": None},
        {},
        {"score": 7, "text": "x" * 2001},
        {"score": 7, "tags": ["x"] * 11},
        {"score": 7, "tags": [""]},
        {"score": 7, "rater_id": "somebody else"},
    ],
)
async def test_d13_a_score_has_bounds(tmp_path: Path, body: dict[str, Any]) -> None:
    async with command_cell(tmp_path) as cell:
        token, _ = await cell.person("ann")
        path = f"/api/v1/rating/{uuid4()}/{uuid4()}"
        assert (await cell.send("POST", path, token, body)).status == 422


async def test_d14_who_was_never_rated_is_rated_zero_of_zero(rated: CellOverTime) -> None:
    coming = await rated.evening("host", "ann")
    unrated = {"rating": 0.0, "rank": 0.0, "rating_count": 0, "distribution": [0] * 10}
    for person, name in ((rated.ids["ann"], "Ann"), (str(uuid4()), ""), ("me", "Ann")):
        found = await rated.read("ann", f"/user/{person}/rating")
        assert found["name"] == name
        assert [found[role] for role in ("host", "guest", "overall")] == [unrated] * 3
        explained = await rated.read("ann", f"/user/{person}/rating/explain")
        assert (explained["rating"], explained["votes"]) == (0.0, [])
    of_evening = await rated.read("ben", f"/announcement/{coming}/rating")
    assert (of_evening["rating"], of_evening["rating_count"]) == (0.0, 0)
    line = await rated.read("ben", f"/announcement/{coming}")
    assert (line["author_rating"], line["author_rating_count"]) == (0.0, 0)


async def test_what_is_sealed_counts_nowhere_and_shows_nowhere(rated: CellOverTime) -> None:
    over = await rated.over("host", "ann")
    given = await rated.rate(over, "ann", "host", 1)
    assert (await rated.read("host", "/user/me/rating"))["host"]["rating_count"] == 0
    assert (await rated.read("host", "/user/me/rating/explain"))["votes"] == []
    assert (await rated.read("host", f"/announcement/{over}/rating"))["rating_count"] == 0
    why = await rated.say("host", "GET", f"/why/{given.position}?min_position={given.position}")
    assert why.status == 404


async def test_a_pair_is_shown_to_its_two_sides_only(rated: CellOverTime) -> None:
    await rated.meet("operator", is_super=True)
    coming = await rated.evening("host", "ann")
    assert (await rated.pair(coming, "ann", "host"))["given"] is None
    for viewer, other in (("ben", "host"), ("ben", "ann"), ("ann", "ben"), ("operator", "host")):
        reply = await rated.say(
            viewer, "GET", f"/rating/{coming}/{rated.ids[other]}?min_position={rated.position}"
        )
        assert reply.status == 404


async def test_an_explained_score_adds_up_and_names_nobody_to_others(rated: CellOverTime) -> None:
    over = await rated.over("host", "ann", "ben")
    await rated.both_rate(over, "ann", "host", 9)
    await rated.both_rate(over, "ben", "host", 4)
    shown = await rated.read("stranger", f"/user/{rated.ids['host']}/rating/explain?role=host")
    assert shown["formula"] == msgspec.to_builtins(PUBLISHED)
    total = shown["prior_contribution"] + sum(one["contribution"] for one in shown["votes"])
    assert total == pytest.approx(shown["mean"])
    assert round(shown["mean"], 1) == shown["rating"]
    assert {one["score"] for one in shown["votes"]} == {9, 4}
    assert all(one["rater_id"] is None for one in shown["votes"])
    own = await rated.read("host", "/user/me/rating/explain")
    assert {one["rater_id"] for one in own["votes"]} == {rated.ids["ann"], rated.ids["ben"]}
    page = await rated.read("stranger", f"/user/{rated.ids['host']}/rating")
    assert page["host"]["rating"] == page["overall"]["rating"] == shown["rating"]
    assert page["guest"]["rating_count"] == 0
    guest = await rated.read("stranger", f"/user/{rated.ids['ann']}/rating/explain?role=guest")
    assert [one["score"] for one in guest["votes"]] == [10]
    wrong = await rated.say("stranger", "GET", "/user/me/rating/explain?role=cook")
    assert (wrong.status, wrong.code) == (422, "malformed_query")


async def test_what_is_late_or_missed_is_counted_beside_the_score(rated: CellOverTime) -> None:
    """The evening that is left, and then called off, begins in less than 24 hours."""
    off = await rated.evening("host", "ann", "ben")
    await rated.say("ann", "PUT", f"/announcement/{off}/booking/me", {"my_status": False})
    assert (await rated.say("host", "DELETE", f"/announcement/{off}")).status == 200
    over = await rated.over("host", "ben")
    await rated.rate(over, "host", "ben", 7, tags=["no_show"])
    assert (await rated.read("ann", f"/user/{rated.ids['ben']}/rating"))["no_shows"] == 0
    await rated.rate(over, "ben", "host", 7)
    names = ("late_cancellations", "no_shows", "late_calls_off")
    for person, counts in {"ann": (1, 0, 0), "ben": (0, 1, 0), "host": (0, 0, 1)}.items():
        page = await rated.read("stranger", f"/user/{rated.ids[person]}/rating")
        assert tuple(page[name] for name in names) == counts
        assert (person == "ann") == (page["overall"]["rating_count"] == 0)
        assert page["overall"]["rating"] in (0.0, 7.0)


async def test_drift_tells_a_score_by_months(rated: CellOverTime) -> None:
    over = await rated.over("host", "ann")
    given = await rated.both_rate(over, "ann", "host", 10)
    path = f"/user/{rated.ids['host']}/rating/drift"
    drift = await rated.read("stranger", path)
    month = given.body["created"][:7]
    assert drift["role"] == "host"
    assert drift["months"] == [{"month": month, "rating_count": 1, "mean": 10.0, "rating": 7.5}]
    own = await rated.read("ann", "/user/me/rating/drift?role=guest")
    assert [one["mean"] for one in own["months"]] == [10.0]
    for unrated in (f"/user/{uuid4()}/rating/drift", "/user/me/rating/drift?role=overall"):
        assert (await rated.read("stranger", unrated))["months"] == []
    wrong = await rated.say("stranger", "GET", f"{path}?role=cook")
    assert (wrong.status, wrong.code) == (422, "malformed_query")


async def test_lists_are_ordered_and_filtered_by_the_score_of_the_host(rated: CellOverTime) -> None:
    await rated.meet("good", "bad", "new")
    for host, score in (("good", 10), ("bad", 1)):
        over = await rated.over(host, "ann")
        await rated.both_rate(over, "ann", host, score)
    coming = {await rated.evening(host): host for host in ("bad", "new", "good")}

    async def hosts(query: str) -> list[str]:
        return [coming[one["id"]] for one in await rated.read("ben", f"/announcements?{query}")]

    assert await hosts("sort=author_rating") == ["good", "bad", "new"]
    assert await hosts("sort=-author_rating") == ["new", "bad", "good"]
    assert await hosts("sort=author_rating&min_author_rating=6") == ["good", "bad"]
    assert await hosts("min_author_rating=7.5") == ["good"]
    page = await rated.say("ben", "GET", "/announcements?sort=author_rating&limit=1")
    cursor = page.headers["X-Next-Cursor"]
    assert await hosts(f"sort=author_rating&limit=1&cursor={cursor}") == ["bad"]


async def test_everybody_reads_what_guests_wrote_of_a_host_and_the_reply(
    rated: CellOverTime,
) -> None:
    """The writer's name is there only while the writer says so; nothing is, while it is sealed."""
    await rated.meet("cat")
    over = await rated.over("host", "ann", "ben", "cat")
    reviews = f"/user/{rated.ids['host']}/reviews"
    signed = await rated.rate(over, "ann", "host", 9, text="Warm", tags=["tea"], signed=True)
    unsigned = await rated.rate(over, "ben", "host", 3, text="Cold")
    nothing_to_read = await rated.rate(over, "cat", "host", 5, text="\u200b")
    assert nothing_to_read.body["text"] == ""
    assert await rated.read("stranger", reviews) == []
    assert (await rated.read("host", f"/rating/{over}/me"))["received"] == []
    path = f"/rating/{signed.body['review_id']}"
    assert (await rated.say("host", "PUT", f"{path}/reply", {"text": "Thanks"})).status == 404

    for guest in ("ann", "ben", "cat"):
        assert (await rated.rate(over, "host", guest, 8)).status == 201
    blank = await rated.say("host", "PUT", f"{path}/reply", {"text": "\u200b"})
    assert (blank.status, blank.code) == (422, "malformed_body")
    replied = await rated.say("host", "PUT", f"{path}/reply", {"text": "Thanks"})
    assert (replied.status, replied.body["reply"]) == (200, "Thanks")
    again = await rated.say("host", "PUT", f"{path}/reply", {"text": "Not at all"})
    assert (again.status, again.code) == (409, "already_replied")
    for someone, status in (("ann", 403), ("ben", 404), ("stranger", 404)):
        answer = await rated.say(someone, "PUT", f"{path}/reply", {"text": "Mine"})
        assert answer.status == status, someone

    found = {one["review_id"]: one for one in await rated.read("stranger", reviews)}
    month = signed.body["created"][:7]
    assert found == {
        signed.body["review_id"]: {
            "review_id": signed.body["review_id"],
            "month": month,
            "text": "Warm",
            "tags": ["tea"],
            "writer_id": rated.ids["ann"],
            "writer_name": "Ann",
            "reply": "Thanks",
            "replied_at": replied.body["replied_at"],
        },
        unsigned.body["review_id"]: {
            "review_id": unsigned.body["review_id"],
            "month": month,
            "text": "Cold",
            "tags": [],
            "writer_id": None,
            "writer_name": None,
            "reply": None,
            "replied_at": None,
        },
    }
    paged = await rated.say("stranger", "GET", f"{reviews}?limit=1&min_position={rated.position}")
    assert len(paged.body) == 1
    assert 'rel="next"' in paged.headers["Link"]
    assert (await rated.say("ann", "PUT", path, {"signed": False})).status == 200
    nameless = await rated.read("stranger", reviews)
    assert [one["writer_name"] for one in nameless] == [None, None]
    assert await rated.read("stranger", f"/user/{rated.ids['ann']}/reviews") == []

    own = await rated.read("host", f"/rating/{over}/me")
    assert {one["rater_id"] for one in own["received"]} == {
        rated.ids[name] for name in ("ann", "ben", "cat")
    }
    assert len(own["given"]) == 3
    of_ann = await rated.read("ann", f"/rating/{over}/me")
    assert (len(of_ann["given"]), len(of_ann["received"])) == (1, 1)
    hidden = await rated.say("stranger", "GET", f"/rating/{over}/me")
    absent = await rated.say("stranger", "GET", f"/rating/{uuid4()}/me")
    assert (hidden.status, hidden.text) == (404, absent.text)
    assert (await rated.say("ann", "DELETE", path)).status == 200
    assert len(await rated.read("stranger", reviews)) == 1
