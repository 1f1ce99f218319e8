"""Erasing a person, over HTTP: the confirmation, the steps of the leader, what is shown after."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contracts.events.person import PersonErased
from contracts.events.stored.codec import decode_events
from contracts.values.personal import ERASED_NAME, ERASED_TEXT
from tests.cells.command_cell import OPERATOR_TOKEN, CommandCell, command_cell, evening
from tests.waiting import WITHIN_S

PATH = "/my/erasure"
CANARY = "canary"


@pytest.fixture
async def cell(tmp_path: Path) -> AsyncIterator[CommandCell]:
    async with command_cell(tmp_path) as found:
        yield found


async def read_state(cell: CommandCell, token: str) -> str:
    return str((await cell.send("GET", f"/api/v1{PATH}", token)).body["state"])


async def wait_until_erased(cell: CommandCell, token: str) -> None:
    async with asyncio.timeout(WITHIN_S):
        while await read_state(cell, token) != "erased":
            await asyncio.sleep(0.05)


async def test_a_person_asks_confirms_and_takes_it_back(cell: CommandCell) -> None:
    anna, anna_id = await cell.person("anna")
    boris, _ = await cell.person("boris")
    assert await read_state(cell, anna) == "none"
    asked = (await cell.do("POST", PATH, anna)).body
    assert (asked["user_id"], asked["state"]) == (anna_id, "requested")
    again = (await cell.do("POST", PATH, anna, {})).body
    assert again == asked
    shown = (await cell.send("GET", f"/api/v1{PATH}", anna)).body
    assert shown == asked | {"token": None}

    for token in ("", "nonsense", asked["token"] + "0"):
        refused = await cell.send("POST", f"/api/v1{PATH}", anna, {"token": token})
        assert (refused.status, refused.code) == (403, "wrong_erasure_token")
    other = await cell.send("POST", f"/api/v1{PATH}", boris, {"token": asked["token"]})
    assert (other.status, other.code) == (403, "wrong_erasure_token")

    confirmed = (await cell.do("POST", PATH, anna, {"token": asked["token"]})).body
    assert (confirmed["state"], confirmed["erase_at"]) == ("confirmed", asked["erase_at"])
    assert (await cell.do("DELETE", PATH, anna)).body["state"] == "none"
    late = await cell.send("POST", f"/api/v1{PATH}", anna, {"token": asked["token"]})
    assert (late.status, late.code) == (409, "erasure_not_requested")


async def test_no_record_holds_the_token(cell: CommandCell) -> None:
    anna, _ = await cell.person("anna")
    token = (await cell.do("POST", PATH, anna)).body["token"]
    await cell.do("POST", PATH, anna, {"token": token})
    for commit in await cell.commits():
        assert token not in str(commit)


async def test_everything_is_given_back_and_the_person_is_shown_no_more(
    cell: CommandCell,
) -> None:
    anna, anna_id = await cell.person("anna")
    boris, _ = await cell.person("boris")
    announce = f"/announcement/{cell.movie_id}"
    hers = await cell.do("POST", announce, anna, evening())
    later = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    his = await cell.do("POST", announce, boris, evening(event_time=later))
    asked = await cell.do("POST", f"/booking/{hers.body['id']}", boris)
    seat = await cell.do("POST", f"/booking/{his.body['id']}", anna, {"message": "please"})
    booking = f"/api/v1/booking/{seat.body['booking_id']}"
    welcome = {"my_status": True, "message": "welcome"}
    told = await cell.send("PUT", booking, boris, welcome, Idempotency_Key="welcome")
    assert told.body["guest_name"] == "Anna"

    ordered = await cell.do(
        "PUT", f"/operator/user/{anna_id}/erasure", OPERATOR_TOKEN, {"by": "Olga", "at_once": True}
    )
    assert (ordered.body["state"], ordered.body["by"]) == ("confirmed", "operator: Olga")
    await wait_until_erased(cell, anna)

    commits = [one for one in await cell.commits() if one.command.kind == "person.erasure_due"]
    steps = [[type(event).__name__ for event in decode_events(one.events)] for one in commits]
    assert steps == [["AnnouncementCancelled", "BookingLeft"], ["PersonErased"]]
    assert isinstance(decode_events(commits[-1].events)[0], PersonErased)

    told = await cell.send("PUT", booking, boris, welcome, Idempotency_Key="welcome")
    assert (told.status, told.body["guest_name"], told.body["author_name"]) == (
        200,
        ERASED_NAME,
        "Boris",
    )
    frozen = await cell.send(
        "PUT", f"/api/v1/booking/{asked.body['booking_id']}", boris, {"my_status": False}
    )
    assert (frozen.status, frozen.code) == (409, "booking_frozen")
    invited = await cell.do(
        "POST", f"/announcement/{his.body['id']}/invites", boris, {"guest_ids": [anna_id]}
    )
    assert [one["code"] for one in invited.body["results"]] == ["not_invitable"]


async def test_a_replayed_answer_shows_what_is_left(cell: CommandCell) -> None:
    anna, anna_id = await cell.person("anna")
    body = evening(title=CANARY, description=CANARY, event_location=CANARY)
    path = f"/api/v1/announcement/{cell.movie_id}"
    first = await cell.send("POST", path, anna, body, Idempotency_Key="first")
    assert first.body["title"] == CANARY
    await cell.do("PUT", f"/operator/user/{anna_id}/erasure", OPERATOR_TOKEN, {"at_once": True})
    await wait_until_erased(cell, anna)
    again = await cell.send("POST", path, anna, body, Idempotency_Key="first")
    assert (again.status, again.headers["Idempotent-Replay"]) == (201, "true")
    assert (again.body["title"], again.body["author_name"]) == (ERASED_TEXT, ERASED_NAME)
    assert CANARY not in str(again.body)


async def test_an_operator_orders_only_for_somebody_who_is_known(cell: CommandCell) -> None:
    anna, anna_id = await cell.person("anna")
    path = f"/operator/user/{anna_id}/erasure"
    nobody = await cell.send("PUT", f"/api/v1{path}", OPERATOR_TOKEN, {})
    assert nobody.status == 404
    await cell.do("POST", PATH, anna)
    ordered = (await cell.do("PUT", path, OPERATOR_TOKEN, {})).body
    assert ordered["state"] == "confirmed"
    assert (await cell.do("DELETE", path, OPERATOR_TOKEN, {"by": "Olga"})).body["state"] == "none"
    assert (await cell.send("PUT", f"/api/v1{path}", anna, {})).status in (401, 403)
