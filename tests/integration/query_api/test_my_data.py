"""The archive of one's own data: all of it, nobody else's, and only what one may read."""

import asyncio
import io
import re
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import aiohttp
import asyncpg
import msgspec
import pytest

from query_api.my_data.history import prepare_history
from query_api.my_data.labels import FIELDS, PARTS
from query_api.my_data.routes import AT_ONCE_MAX
from tests.cells.eventful_evening import HOST, EventfulEvening, eventful_evening

CANARY: Final = 'canary <script>alert(1)</script> & "quoted"'


class Unzipped:
    """An archive that was fetched."""

    def __init__(self, response: aiohttp.ClientResponse, body: bytes) -> None:
        assert response.status == 200, body
        self.headers = response.headers
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            assert archive.testzip() is None
            self.files = {name: archive.read(name).decode() for name in archive.namelist()}

    @property
    def text(self) -> str:
        return "".join(self.files.values())

    def part(self, name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = msgspec.json.decode(self.files[f"{name}.json"])
        return found


@pytest.fixture
async def eventful(tmp_path: Path, postgres_dsn: str) -> AsyncIterator[EventfulEvening]:
    async with eventful_evening(tmp_path, postgres_dsn) as found:
        yield found


async def fetch(eventful: EventfulEvening, role: str) -> Unzipped:
    path = f"/api/v1/my/data?min_position={eventful.people.position}"
    return Unzipped(*await eventful.people.cell.fetch(path, eventful.people.tokens[role]))


async def test_it_holds_what_is_held_about_the_caller(eventful: EventfulEvening) -> None:
    await eventful.live()
    people = eventful.people
    await people.say("ann", "PUT", f"/user/{people.ids[HOST]}/mute")
    await people.say("ann", "PUT", f"/plan/{people.cell.movie_id}", {"places": ["Arbat"]})
    free = {"day": "fri", "from": "18:00", "to": "23:00"}
    await people.say("ann", "PUT", "/free-times", {"times": [free]})
    await people.say("ann", "POST", "/schedule/feeds", {"name": "phone"})
    found = await fetch(eventful, "ann")
    position = int(found.headers["X-Position"])
    assert position >= people.position
    about = msgspec.json.decode(found.files["about.json"])
    assert about["position"] == position
    assert about["rows"].keys() == PARTS.keys()
    assert {f"{name}.json" for name in PARTS} | {"index.html", "about.json"} == found.files.keys()
    page = found.files["index.html"]
    assert set(re.findall(r"<d[td]>([a-z]+[._][a-z._]+)</d[td]>", page)) == set()
    assert found.part("profile")[0]["name"] == "Ann"
    bookings = {one["announcement_id"]: one for one in found.part("bookings_as_guest")}
    assert bookings[eventful.id]["author_name"] == "Host"
    assert [one["muted_name"] for one in found.part("mutes")] == ["Host"]
    assert {one["command"] for one in found.part("commands")} >= {"booking.request", "rating.give"}
    history = found.part("history")
    requested = next(
        one
        for one in history
        if one["event"] == "booking.requested" and one["announcement_id"] == eventful.id
    )
    assert requested["facts"]["message"] == "May I?"
    assert history[0]["event"] == "person.seen"
    assert history[0]["facts"]["name"] == "Ann"
    assert all(one["position"] <= position for one in history)
    assert [one["places"] for one in found.part("plans")] == [["Arbat"]]
    assert [one["times"] for one in found.part("free_times")] == [["fri 18:00-23:00"]]
    assert [one["name"] for one in found.part("feeds")] == ["phone"]
    first, phone = found.part("calendar")
    assert (first["name"], phone["name"]) == (None, "phone")
    for feed in (first, phone):
        assert (await people.cell.send("GET", feed["url"])).status == 200


async def test_the_author_reads_what_guests_wrote_to_them(eventful: EventfulEvening) -> None:
    await eventful.live()
    found = await fetch(eventful, HOST)
    assert eventful.id in {one["announcement_id"] for one in found.part("announcements")}
    guests = {one["guest_name"] for one in found.part("bookings_as_author")}
    assert guests >= {"Ann", "Ben"}
    told = {one["facts"].get("message") for one in found.part("history")}
    assert told >= {"May I?", "Me, too", "Do come"}


async def test_nothing_of_others_is_in_it(eventful: EventfulEvening) -> None:
    await eventful.live()
    people = eventful.people
    found = await fetch(eventful, "ann")
    for secret in ("Me, too", "Ben", people.ids["ben"], "Moscow, Pokrovka 3", "Moscow, Sretenka 4"):
        assert secret not in found.text, secret
    nobody = await fetch(eventful, "stranger")
    for name in ("announcements", "bookings_as_guest", "ratings_received", "commands"):
        assert nobody.part(name) == []
    assert "Solaris" not in nobody.text


async def test_a_sealed_rating_is_in_the_givers_archive_only(eventful: EventfulEvening) -> None:
    people = eventful.people
    earlier = await people.over(HOST, "ann", "ben")
    await people.say(
        "ann",
        "POST",
        f"/rating/{earlier}/{people.ids[HOST]}",
        {"score": 2, "text": CANARY, "tags": ["late"]},
    )
    giver, rated = await fetch(eventful, "ann"), await fetch(eventful, HOST)
    (given,) = giver.part("ratings_given")
    assert (given["score"], given["text"], given["tags"]) == (2, CANARY, ["late"])
    assert rated.part("ratings_received") == []
    assert CANARY not in rated.text
    assert "rating.given" not in rated.text
    await people.say(HOST, "POST", f"/rating/{earlier}/{people.ids['ann']}", {"score": 9})
    (received,) = (await fetch(eventful, HOST)).part("ratings_received")
    assert (received["score"], received["rater_name"]) == (2, "Ann")


async def test_the_page_escapes_what_people_typed_and_speaks_their_language(
    eventful: EventfulEvening,
) -> None:
    await eventful.announce(title=CANARY)
    found = await fetch(eventful, HOST)
    page = found.files["index.html"]
    assert "<script" not in page
    assert "canary &lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;quoted&quot;" in page
    assert 'lang="ru"' in page
    assert "Мои встречи" in page
    assert found.part("announcements")[-1]["title"] == CANARY


async def test_every_field_has_a_label(eventful: EventfulEvening) -> None:
    await eventful.live()
    for role in (HOST, "ann"):
        found = await fetch(eventful, role)
        used = {name for part in PARTS for row in found.part(part) for name in row}
        assert used - FIELDS.keys() == set()


async def test_only_the_caller_fetches_it_and_few_at_once(
    eventful: EventfulEvening, monkeypatch: pytest.MonkeyPatch
) -> None:
    await eventful.announce()
    cell, token = eventful.people.cell, eventful.people.tokens[HOST]
    assert (await cell.send("GET", "/api/v1/my/data")).status == 401
    going_on, free = asyncio.Event(), asyncio.Event()

    async def prepare_later(*arguments: Any) -> Any:
        going_on.set()
        await free.wait()
        return await prepare_history(*arguments)

    monkeypatch.setattr("query_api.my_data.routes.prepare_history", prepare_later)
    making = [
        asyncio.create_task(cell.fetch("/api/v1/my/data", token)) for _ in range(AT_ONCE_MAX + 1)
    ]
    await going_on.wait()
    done, _ = await asyncio.wait(making, return_when=asyncio.FIRST_COMPLETED)
    ((refused, _),) = [one.result() for one in done]
    assert (refused.status, (await refused.json())["code"]) == (503, "busy")
    assert int(refused.headers["Retry-After"]) > 0
    free.set()
    statuses = sorted([response.status for response, _ in await asyncio.gather(*making)])
    assert statuses == [200] * AT_ONCE_MAX + [503]


async def test_notices_and_preferences_of_the_caller_are_in_it(
    eventful: EventfulEvening, postgres_dsn: str
) -> None:
    await eventful.announce()
    mine, other = eventful.people.ids[HOST], eventful.people.ids["ann"]
    connection = await asyncpg.connect(postgres_dsn)
    for person, word in ((mine, "mine"), (other, "of another")):
        await connection.execute(
            """INSERT INTO notifier.notices (key, recipient, kind, announcement_id, receipt, facts,
                   happened_at, due_at, expires_at, try_at, crowd, reason)
               VALUES ($1, $2, 'booking_requested', $3, false, '{}', now(), now(), now(), now(),
                   $1, $1)
            """,
            word,
            person,
            eventful.id,
        )
        await connection.execute(
            "INSERT INTO notifier.preferences (person_id, wishes) VALUES ($1, $2)",
            person,
            msgspec.json.encode({"language": "en", "off": [word]}).decode(),
        )
    await connection.close()
    found = await fetch(eventful, HOST)
    assert [one["reason"] for one in found.part("notices")] == ["mine"]
    assert found.part("preferences") == [{"language": "en", "off": ["mine"]}]
    assert "of another" not in found.text
