"""What is read agrees with what is decided, in a cell with rules of its own."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from command_api.domain.rules import Rules
from contracts.films import FilmGroup
from neighbours.services.movies import Films
from tests.cells.command_cell import CommandCell, command_cell, evening
from tests.cells.own_reads import OwnReads, at, titles

STRICT = Rules(
    gap=timedelta(minutes=30),
    pending_blocks=True,
    films=FilmGroup(genres=frozenset({"science fiction"})),
)


@pytest.fixture
async def cell(tmp_path: Path, postgres_dsn: str, has_history: bool) -> AsyncIterator[CommandCell]:
    async with command_cell(
        tmp_path, postgres_dsn=postgres_dsn, history=has_history, rules=STRICT
    ) as found:
        yield found


async def test_an_evening_fits_where_a_request_would_be_taken(cell: CommandCell) -> None:
    anna = OwnReads(cell)
    host, _ = await cell.person("anna")
    guest, _ = await cell.person("boris")
    asked = await anna.announce(host, title="Asked", event_time=at(24))
    minutes = asked["duration_min"]
    evenings = {"Asked": asked["id"]}
    for title, apart in (("Too soon", minutes + 25), ("A gap after", minutes + 35)):
        rival, _ = await cell.person(title)
        announced = await anna.announce(rival, title=title, event_time=at(24 + apart / 60))
        evenings[title] = announced["id"]
    await anna.ask(guest, asked["id"])
    fitting = titles(await anna.read("/api/v1/announcements?fits_my_schedule=true", guest))
    assert fitting == ["Asked", "A gap after"]
    for title in ("Too soon", "A gap after"):
        path = f"/api/v1/announcement/{evenings[title]}/eligibility"
        eligible = (await cell.send("GET", path, guest)).body
        assert eligible["would_be_taken"] == (title in fitting)


async def test_overlaps_are_the_same_before_the_command_after_it_and_read(
    cell: CommandCell,
) -> None:
    anna = OwnReads(cell)
    host, _ = await cell.person("anna")
    other, _ = await cell.person("olga")
    guest, guest_id = await cell.person("boris")
    first = await anna.announce(host, event_time=at(24), invite=[guest_id])
    apart = (first["duration_min"] + 20) / 60
    second = await anna.announce(other, event_time=at(24 + apart), invite=[guest_id])
    read = (await anna.read(f"/api/v1/announcement/{second['id']}/booking/me", guest)).body
    assert [(one["announcement_id"], one["blocking"]) for one in read["overlaps"]] == [
        (first["id"], True)
    ]
    path = f"/api/v1/announcement/{second['id']}/eligibility"
    assert (await cell.send("GET", path, guest)).body["overlaps"] == read["overlaps"]


async def test_a_film_has_the_button_if_it_can_be_announced(cell: CommandCell) -> None:
    host, _ = await cell.person("anna")
    found = {film.title: film.id for film in Films().search("", 1000)}
    for title, allowed in (("The Matrix", True), ("Casablanca", False)):
        path = f"/api/v1/announcement/{found[title]}?dry_run=true"
        tried = await cell.send("POST", path, host, evening())
        together = await cell.send("GET", f"/api/v1/film/{found[title]}/together")
        assert (tried.status == 201) is together.body["shown"] is allowed
        assert tried.body.get("code") == together.body["reason"]


@pytest.mark.usefixtures("with_history")
async def test_an_announcement_of_a_series_names_one_episode(cell: CommandCell) -> None:
    anna = OwnReads(cell)
    host, _ = await cell.person("anna")
    (dark,) = (film for film in Films().search("dark", 1000) if film.title == "Dark")
    path = f"/api/v1/announcement/{dark.id}"
    for wrong, code in (
        ({}, "episode_missing"),
        ({"season": 1}, "episode_missing"),
        ({"season": 2, "episode": 9}, "no_such_episode"),
        ({"season": 0, "episode": 1}, "malformed_body"),
    ):
        refused = await cell.send("POST", path, host, evening(**wrong))
        assert (refused.status, refused.code) == (422, code)
    film = f"/api/v1/announcement/{cell.movie_id}"
    refused = await cell.send("POST", film, host, evening(season=1, episode=1))
    assert (refused.status, refused.code) == (422, "no_such_episode")
    made = (await anna.write("POST", path, host, evening(season=2, episode=8))).body
    assert (made["season"], made["episode"]) == (2, 8)
    at_once = f"/api/v1/announcement/{made['id']}"
    assert (await anna.read(at_once, host)).body == made
    past = await anna.read(f"{at_once}?as_of={anna.position}", host)
    assert (past.body["season"], past.body["episode"]) == (2, 8)
    kept = await cell.send("PUT", at_once, host, {"episode": 7})
    assert (kept.status, kept.code) == (422, "malformed_body")
