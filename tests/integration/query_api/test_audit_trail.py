"""The audit trail shows everybody what they may know, oldest first, page by page."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from tests.cells.eventful_evening import HOST, OPERATOR, EventfulEvening, eventful_evening
from tests.cells.http_reply import HttpReply

Entry = dict[str, Any]


@pytest.fixture
async def eventful(tmp_path: Path, postgres_dsn: str) -> AsyncIterator[EventfulEvening]:
    async with eventful_evening(tmp_path, postgres_dsn) as found:
        yield found


async def recorded(eventful: EventfulEvening, evening_id: str) -> list[tuple[int, int, Entry]]:
    """What the journal has of the evening, in order."""
    events = [
        (commit.seq, index, msgspec.json.decode(stored))
        for commit in await eventful.people.cell.commits()
        for index, stored in enumerate(commit.events)
    ]
    return [one for one in events if one[2].get("announcement_id") == evening_id]


def types(entries: list[Entry]) -> list[str]:
    return [one["type"] for one in entries]


def places(entries: list[Entry]) -> list[tuple[int, int]]:
    return [(one["position"], one["event_index"]) for one in entries]


async def test_the_host_and_operators_are_told_everything_in_order(
    eventful: EventfulEvening,
) -> None:
    await eventful.live()
    journal = await recorded(eventful, eventful.id)
    for role in (HOST, OPERATOR):
        entries = await eventful.entries(role)
        assert places(entries) == [(seq, index) for seq, index, _ in journal]
        assert types(entries) == [event["type"].rpartition(".v")[0] for _, _, event in journal]
    first = (await eventful.entries(HOST))[0]
    assert first["actor"] == {"id": eventful.people.ids[HOST], "name": "Host"}
    assert first["facts"]["author_name"] == "Host"
    asked = next(one for one in await eventful.entries(HOST) if one["type"] == "booking.requested")
    assert (asked["guest_id"], asked["guest_name"]) == (eventful.people.ids["ann"], "Ann")
    assert asked["booking_id"] is not None
    assert asked["facts"]["message"] == "May I?"


async def test_pages_make_up_the_trail(eventful: EventfulEvening) -> None:
    await eventful.live()
    whole = await eventful.entries(HOST)
    found: list[Entry] = []
    given: dict[str, Any] = {"limit": 4}
    while True:
        page = await eventful.get(HOST, eventful.trail, **given)
        assert page.status == 200, page.body
        found += page.body
        if "Link" not in page.headers:
            break
        assert len(page.body) == 4
        assert page.headers["Link"].endswith('; rel="next"')
        given["cursor"] = page.headers["X-Next-Cursor"]
    assert found == whole
    elsewhere = f"/history/announcement/{uuid4()}"
    for path, wrong in ((eventful.trail, "x"), (elsewhere, given["cursor"])):
        reply = await eventful.get(HOST, path, cursor=wrong)
        assert (reply.status, reply.code) == (422, "malformed_cursor")
    for limit in ("0", "101", "x"):
        assert (await eventful.get(HOST, eventful.trail, limit=limit)).status == 422


async def test_the_trail_of_a_moment_is_its_beginning(eventful: EventfulEvening) -> None:
    await eventful.live()
    for role in (HOST, "ann"):
        whole = await eventful.entries(role)
        for last in whole:
            by_then = await eventful.get(role, eventful.trail, limit=100, as_of=last["position"])
            expected = [one for one in whole if one["position"] <= last["position"]]
            assert by_then.body == expected
            assert by_then.position == last["position"]


async def test_guests_are_told_of_themselves_and_others_of_nobody(
    eventful: EventfulEvening,
) -> None:
    await eventful.live()
    ids = eventful.people.ids
    for guest, other in (("ann", "ben"), ("ben", "ann")):
        text = msgspec.json.encode(await eventful.entries(guest)).decode()
        assert ids[guest] in text
        assert ids[other] not in text
    for role in ("stranger", "fan"):
        entries = await eventful.entries(role)
        assert all(one["type"].startswith("announcement.") for one in entries)
        text = msgspec.json.encode(entries).decode()
        assert ids["ann"] not in text
        assert ids["ben"] not in text


async def test_who_did_it_is_told_where_it_says_nothing_of_other_guests(
    eventful: EventfulEvening,
) -> None:
    """Ann's yes takes the last seat; when she leaves, Ben is offered it."""
    await eventful.announce()
    guests = {"guest_ids": [eventful.people.ids["ann"]]}
    await eventful.step(HOST, "POST", f"{eventful.path}/invites", guests)
    path = f"{eventful.path}/booking/me"
    accepted = await eventful.step("ann", "PUT", path, {"my_status": True})
    of_ben = await eventful.ask("ben", "Hello")
    await eventful.answer(HOST, of_ben, True)
    await eventful.step("ann", "DELETE", f"/booking/{accepted['booking_id']}")

    async def actor(role: str, what: str) -> Any:
        return next(one["actor"] for one in await eventful.entries(role) if one["type"] == what)

    ann = {"id": eventful.people.ids["ann"], "name": "Ann"}
    for what in ("announcement.closed", "booking.offered"):
        assert await actor(HOST, what) == await actor(OPERATOR, what) == ann
    assert await actor("ann", "announcement.closed") == ann
    assert await actor("ben", "booking.offered") is None
    for role in ("ben", "stranger"):
        assert await actor(role, "announcement.closed") is None
        assert (await actor(role, "announcement.published"))["name"] == "Host"


async def test_what_was_hidden_then_stays_out_of_the_trail(eventful: EventfulEvening) -> None:
    """The draft to all but the host; what was for followers or by invitation to strangers."""
    await eventful.live()
    strangers, fans = await eventful.entries("stranger"), await eventful.entries("fan")
    anns, hosts = await eventful.entries("ann"), await eventful.entries(HOST)
    assert types(hosts)[:3] == [
        "announcement.created",
        "announcement.changed",
        "announcement.published",
    ]
    for entries in (strangers, fans, anns):
        assert types(entries)[0] == "announcement.published"
    public = set(places(strangers))
    assert public < set(places(fans)) < set(places(anns))
    by_invitation = [one for one in anns if one["facts"].get("visibility") == "invite"]
    assert len(by_invitation) == 1
    assert places(by_invitation)[0] not in places(fans)


async def test_a_place_is_told_where_it_was_and_is_shown(eventful: EventfulEvening) -> None:
    """It is hidden now, and was when it came to be Pokrovka and Sretenka; Ben is confirmed."""
    await eventful.live()

    async def told_to(role: str) -> list[str | None]:
        facts = [one["facts"] for one in await eventful.entries(role)]
        return [one["event_location"] for one in facts if one.get("event_location") is not None]

    everywhere = ["Moscow, Tverskaya 1"] + [
        f"Moscow, {street}" for street in ("Arbat 2", "Pokrovka 3", "Sretenka 4")
    ]
    for role in (HOST, OPERATOR):
        assert await told_to(role) == everywhere
    assert await told_to("ben") == ["Moscow, Sretenka 4"]
    for role in ("ann", "fan", "stranger"):
        assert await told_to(role) == []


async def test_messages_stay_between_the_two_sides(eventful: EventfulEvening) -> None:
    await eventful.live()

    async def told_to(role: str) -> list[str]:
        facts = [one["facts"] for one in await eventful.entries(role)]
        return [one["message"] for one in facts if one.get("message") is not None]

    assert await told_to(HOST) == ["May I?", "Do come", "Me, too"]
    assert await told_to("ann") == ["May I?", "Do come"]
    assert await told_to("ben") == ["Me, too"]
    for role in (OPERATOR, "fan"):
        assert await told_to(role) == []


def ratings(entries: list[Entry]) -> list[tuple[str, int | None]]:
    found = [one for one in entries if one["type"].startswith("rating.")]
    return [(one["type"].removeprefix("rating."), one["facts"].get("score")) for one in found]


async def test_a_rating_is_told_to_its_two_sides_once_it_is_revealed(
    eventful: EventfulEvening,
) -> None:
    rated = eventful.people
    eventful.id = over = await rated.over(HOST, "ann", "ben")
    await rated.meet(OPERATOR, is_super=True)

    async def told() -> dict[str, list[tuple[str, int | None]]]:
        roles = (HOST, "ann", "ben", "stranger", OPERATOR)
        return {role: ratings(await eventful.entries(role)) for role in roles}

    given = await rated.rate(over, "ann", HOST, 2, text="Cold")
    path = f"/rating/{given.body['review_id']}"
    await rated.say("ann", "PUT", path, {"score": 4, "text": "Cool"})
    sealed = [("given", 2), ("changed", 4)]
    nothing: dict[str, list[Any]] = {HOST: [], "ben": [], "stranger": [], OPERATOR: []}
    assert await told() == {**nothing, "ann": sealed}

    await rated.rate(over, HOST, "ann", 9)
    both = await told()
    assert both["ann"] == [*sealed, ("given", 9), ("revealed", None), ("revealed", None)]
    # What was said before it was changed stays the rater's own.
    others = [("given", None), *both["ann"][1:]]
    assert both[HOST] == both[OPERATOR] == others
    assert both["ben"] == both["stranger"] == []

    await rated.say("ann", "DELETE", path)
    taken_back = await told()
    assert taken_back["ann"] == [*both["ann"], ("retracted", None)]
    assert [score for _, score in taken_back[HOST]] == [None, None, 9, None, None, None]
    entry = next(one for one in await eventful.entries(HOST) if one["type"] == "rating.revealed")
    assert {entry["facts"]["rater_name"], entry["facts"]["ratee_name"]} == {"Host", "Ann"}


async def test_where_else_a_guest_is_expected_is_not_told_to_the_host(
    eventful: EventfulEvening,
) -> None:
    rated = eventful.people
    elsewhere = await rated.evening("ben", "ann")
    other = await rated.read("ann", f"/announcement/{elsewhere}")
    await eventful.announce()
    of_ann = await eventful.ask("ann", "Hello")
    await eventful.answer(HOST, of_ann, True)
    await eventful.change(event_time=other["event_time"])

    async def clashes(role: str) -> list[Any]:
        entries = await eventful.entries(role)
        return [one["facts"]["clashes"] for one in entries if one["type"] == "booking.unsettled"]

    assert await clashes("ann") == await clashes(OPERATOR) == [[elsewhere]]
    assert await clashes(HOST) == [None]


async def test_the_system_is_named_and_persons_seen_are_not_told(eventful: EventfulEvening) -> None:
    eventful.id = await eventful.people.over(HOST, "ann")
    entries = await eventful.entries("ann")
    done = entries[-1]
    assert (done["type"], done["actor"]) == (
        "announcement.done",
        {"id": "system", "name": None},
    )
    assert "person.seen" not in types(entries)


async def test_hidden_is_as_absent(eventful: EventfulEvening) -> None:
    await eventful.announce(visibility="invite")

    def without_path(reply: HttpReply) -> tuple[int, Any]:
        return reply.status, {**reply.body, "instance": None}

    hidden = await eventful.get("stranger", eventful.trail)
    absent = await eventful.get("stranger", f"/history/announcement/{uuid4()}")
    nonsense = await eventful.get("stranger", "/history/announcement/x")
    assert without_path(hidden) == without_path(absent) == without_path(nonsense)
    assert hidden.status == 404
