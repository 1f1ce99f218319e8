"""What is read agrees with what is decided, in a cell with rules of its own."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from command_api.domain.rules import Rules
from tests.cells.command_cell import CommandCell, command_cell
from tests.cells.own_reads import OwnReads, at, titles

STRICT = Rules(gap=timedelta(minutes=30), pending_blocks=True)


@pytest.fixture
async def cell(tmp_path: Path, postgres_dsn: str) -> AsyncIterator[CommandCell]:
    async with command_cell(tmp_path, postgres_dsn=postgres_dsn, rules=STRICT) as found:
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
