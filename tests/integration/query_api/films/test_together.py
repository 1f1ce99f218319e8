"""What the page of a film is told: the button, and the evenings that are open."""

from typing import Any
from uuid import uuid4

import pytest

from contracts.films import FilmGroup
from contracts.shared_rules import SharedRules
from contracts.values.ids import MovieId, PersonId
from tests.cells.http_reply import HttpReply
from tests.cells.read_side import ReadSide, at, read_side


@pytest.fixture
def movie_id(reads: ReadSide) -> MovieId:
    return reads.movies.add()


async def ask(reads: ReadSide, movie_id: str, person: str | None = None, **given: Any) -> HttpReply:
    return await reads.get(f"/api/v1/film/{movie_id}/together", person, **given)


def titles(reply: HttpReply) -> list[str]:
    return [one["title"] for one in reply.body["next"]]


async def test_anybody_is_told_of_public_evenings_that_are_open(
    reads: ReadSide, host: str, movie_id: MovieId
) -> None:
    for title, hours in (("Fourth", 9), ("Second", 3), ("First", 2), ("Third", 4)):
        await reads.evening(host, movie_id=movie_id, title=title, event_time=at(hours))
    for changes in (
        {"status": "Created"},
        {"status": "Closed"},
        {"status": "Cancelled"},
        {"event_time": at(-0.1)},
        {"visibility": "subscribers"},
        {"visibility": "invite"},
        {"movie_id": str(uuid4())},
    ):
        await reads.evening(host, **{"movie_id": movie_id, "title": "Hidden", **changes})
    told = await ask(reads, movie_id)
    assert (told.status, told.body["shown"], told.body["reason"]) == (200, True, None)
    assert told.body["open_evenings"] == 4
    assert titles(told) == ["First", "Second", "Third"]
    assert told.body["next"][0]["my_state"] is None


async def test_everybody_is_told_from_one_shared_count(
    reads: ReadSide, host: str, movie_id: MovieId
) -> None:
    await reads.evening(host, movie_id=movie_id)
    first = await ask(reads, movie_id)
    assert first.headers["Cache-Control"] == "public, max-age=5"
    assert "Authorization" in first.headers["Vary"]
    await reads.evening(host, movie_id=movie_id)
    again = await ask(reads, movie_id, If_None_Match=first.headers["ETag"])
    assert (again.status, again.text) == (304, "")
    await reads.move_position(7)
    written = await reads.get(f"/api/v1/film/{movie_id}/together?min_position=7")
    assert (written.body["open_evenings"], written.headers["X-Position"]) == (2, "7")


async def test_a_token_adds_the_private_evenings_that_one_may_see(
    reads: ReadSide, host: str, movie_id: MovieId
) -> None:
    follower, guest, stranger = [await reads.person(name) for name in ("F", "G", "S")]
    reads.ugc.following_of[follower] = {PersonId(host)}
    private = {"movie_id": movie_id, "hide_location": True}
    public = await reads.evening(host, title="Public", event_time=at(1), **private)
    await reads.evening(
        host, title="Followers", visibility="subscribers", event_time=at(2), **private
    )
    invited = await reads.evening(
        host, title="Invited", visibility="invite", event_time=at(3), **private
    )
    await reads.booking(public, guest, "confirmed")
    await reads.booking(invited, guest, "invited")
    for person, seen in (
        (None, ["Public"]),
        (stranger, ["Public"]),
        (follower, ["Public", "Followers"]),
        (guest, ["Public", "Invited"]),
        (host, ["Public", "Followers", "Invited"]),
    ):
        told = await ask(reads, movie_id, person)
        assert (titles(told), told.body["open_evenings"]) == (seen, len(seen))
    told = await ask(reads, movie_id, guest)
    assert told.headers["Cache-Control"] == "private, no-cache"
    assert [one["my_state"] for one in told.body["next"]] == ["confirmed", "invited"]
    assert [one["event_location"] is None for one in told.body["next"]] == [False, True]
    operator = await ask(reads, movie_id, stranger, is_super=True)
    assert operator.body["open_evenings"] == 3


async def test_people_apart_are_not_told_of_each_other(
    reads: ReadSide, host: str, movie_id: MovieId
) -> None:
    for title in ("First", "Second"):
        evening = await reads.evening(host, movie_id=movie_id, title=title)
    stranger, confirmed = await reads.person("S"), await reads.person("C")
    await reads.booking(evening, confirmed, "confirmed")
    for apart, seen in ((stranger, []), (confirmed, ["Second"])):
        assert (await ask(reads, movie_id, apart)).body["open_evenings"] == 2
        await reads.block(host, apart)
        told = await ask(reads, movie_id, apart)
        assert (titles(told), told.body["open_evenings"]) == (seen, len(seen))
    assert (await ask(reads, movie_id)).body["open_evenings"] == 2


async def test_a_film_that_nobody_knows_is_not_found(reads: ReadSide) -> None:
    for unknown in (str(uuid4()), "matrix"):
        told = await ask(reads, unknown)
        assert (told.status, told.body["code"]) == (404, "not_found")


async def test_a_wrong_token_is_refused(reads: ReadSide, movie_id: MovieId) -> None:
    told = await ask(reads, movie_id, Authorization="Bearer none")
    assert (told.status, told.body["code"]) == (401, "unauthenticated")


async def test_the_button_is_hidden_for_films_outside_the_group(postgres_dsn: str) -> None:
    films = FilmGroup(ids=frozenset({"another"}), genres=frozenset({"drama"}))
    async with read_side(postgres_dsn, rules=SharedRules(films=films)) as reads:
        drama, comedy = (reads.movies.add(genres=(one,)) for one in ("drama", "comedy"))
        host = await reads.person()
        await reads.evening(host, movie_id=comedy)
        for movie_id, reason in ((drama, None), (comedy, "film_not_allowed")):
            told = (await ask(reads, movie_id)).body
            assert (told["shown"], told["reason"]) == (reason is None, reason)
        assert told["open_evenings"] == 1
        reads.movies.down = True
        told_nothing = await ask(reads, drama)
        assert told_nothing.headers["Cache-Control"] == "no-cache"
        assert (told_nothing.body["shown"], told_nothing.body["reason"]) == (
            False,
            "dependency_down",
        )


async def test_without_movie_api_all_films_have_the_button(
    reads: ReadSide, movie_id: MovieId
) -> None:
    reads.movies.down = True
    told = await ask(reads, movie_id)
    assert (told.status, told.body["shown"], told.body["open_evenings"]) == (200, True, 0)
