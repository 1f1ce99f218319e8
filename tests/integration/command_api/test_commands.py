"""The write side over HTTP: what is recorded, what is refused, and what never gets there."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from contracts.journal.concealment import conceal_idempotency_key
from contracts.values.ids import PersonId
from runtime.auth.tokens import issue_token
from tests.cells.command_cell import CELL_SECRET, SECRET, CommandCell, command_cell, evening
from tests.cells.http_reply import HttpReply


@pytest.fixture
async def cell(tmp_path: Path) -> AsyncIterator[CommandCell]:
    async with command_cell(tmp_path) as found:
        yield found


async def announced(cell: CommandCell, token: str, **changes: Any) -> HttpReply:
    path = f"/api/v1/announcement/{cell.movie_id}"
    return await cell.send("POST", path, token, evening(**changes))


async def test_from_announcement_to_confirmed_guest(cell: CommandCell) -> None:
    anna, anna_id = await cell.person("anna")
    boris, boris_id = await cell.person("boris")
    created = await announced(cell, anna)
    assert created.status == 201
    assert created.body["status"] == "Alive"
    assert created.body["author_name"]
    assert created.body["tickets_left"] == 2

    asked = await cell.send("POST", f"/api/v1/booking/{created.body['id']}", boris)
    assert (asked.status, asked.body["state"]) == (201, "requested")
    assert (asked.body["author_status"], asked.body["guest_status"]) == (None, True)

    path = f"/api/v1/booking/{asked.body['booking_id']}"
    approved = await cell.send("PUT", path, anna, {"my_status": True})
    assert (approved.status, approved.body["state"]) == (200, "confirmed")
    assert approved.position > asked.position > created.position

    renamed = await cell.send(
        "PUT", f"/api/v1/announcement/{created.body['id']}", anna, {"title": "Another title"}
    )
    (guest,) = renamed.body["guest_list"]
    assert (guest["guest_id"], guest["state"]) == (boris_id, "confirmed")
    assert renamed.body["tickets_left"] == 1
    assert anna_id == renamed.body["author_id"]


async def test_a_retry_with_the_same_key_has_one_effect_and_one_answer(cell: CommandCell) -> None:
    anna, _ = await cell.person("anna")
    path, body = f"/api/v1/announcement/{cell.movie_id}", evening()
    first = await cell.send("POST", path, anna, body, Idempotency_Key="once")
    again = await cell.send("POST", path, anna, body, Idempotency_Key="once")
    assert (again.status, again.position) == (first.status, first.position)
    assert again.body["id"] == first.body["id"]
    assert again.headers["Idempotent-Replay"] == "true"
    assert "Idempotent-Replay" not in first.headers
    assert len(await cell.commits()) == 1


async def test_a_refusal_is_recorded_and_repeated_to_a_retry(cell: CommandCell) -> None:
    anna, _ = await cell.person("anna")
    created = await announced(cell, anna)
    path = f"/api/v1/booking/{created.body['id']}"
    first = await cell.send("POST", path, anna, Idempotency_Key="mine")
    again = await cell.send("POST", path, anna, Idempotency_Key="mine")
    assert (first.status, first.code) == (409, "own_announcement")
    assert (again.status, again.position) == (first.status, first.position)
    assert (await cell.commits())[-1].outcome.refused


async def test_a_key_under_another_body_is_refused(cell: CommandCell) -> None:
    anna, _ = await cell.person("anna")
    path = f"/api/v1/announcement/{cell.movie_id}"
    await cell.send("POST", path, anna, evening(), Idempotency_Key="once")
    other = await cell.send("POST", path, anna, evening(title="Other"), Idempotency_Key="once")
    assert (other.status, other.code) == (422, "key_reused")
    assert len(await cell.commits()) == 1


async def test_without_a_key_the_edge_makes_one_and_returns_it(cell: CommandCell) -> None:
    anna, _ = await cell.person("anna")
    created = await announced(cell, anna)
    key = created.headers["Idempotency-Key"]
    assert (await cell.commits())[0].command.idempotency_key == conceal_idempotency_key(key)


async def test_the_journal_tells_neither_a_key_nor_the_hash_of_a_body(cell: CommandCell) -> None:
    """The hash of a short body can be guessed by whoever has the journal."""
    anna, _ = await cell.person("anna")
    created = await announced(cell, anna)
    path = f"/api/v1/announcement/{created.body['id']}"
    body = b'{"status":"Closed"}'
    for _ in range(2):
        await cell.send("PUT", path, anna, raw=body, Idempotency_Key="anna@example.org")
    commits = await cell.commits()
    assert len(commits) == 2
    assert "anna@example.org" not in repr(commits)
    assert sha256(f"PUT {path}\n".encode() + body).hexdigest() not in repr(commits)


async def test_keys_belong_to_their_actor(cell: CommandCell) -> None:
    anna, _ = await cell.person("anna")
    boris, _ = await cell.person("boris")
    path = f"/api/v1/announcement/{cell.movie_id}"
    hers = await cell.send("POST", path, anna, evening(), Idempotency_Key="k")
    his = await cell.send("POST", path, boris, evening(), Idempotency_Key="k")
    assert hers.body["id"] != his.body["id"]


PAST = (datetime.now(UTC) - timedelta(hours=1)).isoformat()

EXTREMES = (
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "9999-12-31T21:30:00Z",
    "2200-01-01T00:00:00Z",
)

MALFORMED = {
    "unknown field": (evening(colour="red"), "malformed_body"),
    "missing field": (evening(title=...), "malformed_body"),
    "number as text": (evening(ticket_count="2"), "malformed_body"),
    "no seats": (evening(ticket_count=0), "malformed_body"),
    "blank title": (evening(title="   "), "malformed_body"),
    "NUL in the title": (evening(title="a\0b"), "malformed_body"),
    "naive time": (evening(event_time="2030-01-01T19:00:00"), "naive_time"),
    "past time": (evening(event_time=PAST), "time_in_past"),
    **{
        f"time {time}": (evening(event_time=time), "malformed_body")
        for time in (*EXTREMES, "1800000000", 1_800_000_000)
    },
    "no time at all": (evening(event_time="tomorrow"), "malformed_body"),
    "unknown zone": (evening(tz="Mars/Olympus"), "malformed_body"),
    "price of a free evening": (evening(price_amount=5.0), "price_when_free"),
    "privacy twice": (evening(sub_only=True, visibility="public"), "malformed_body"),
    "infinite price": (evening(is_free=False, price_amount=1e400), "malformed_body"),
    "not an object": ([1, 2], "malformed_body"),
}


@pytest.mark.parametrize(("body", "code"), MALFORMED.values(), ids=MALFORMED.keys())
async def test_a_malformed_body_is_refused_and_not_recorded(
    cell: CommandCell, body: Any, code: str
) -> None:
    anna, _ = await cell.person("anna")
    reply = await cell.send("POST", f"/api/v1/announcement/{cell.movie_id}", anna, body)
    assert (reply.status, reply.code) == (422, code)
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert await cell.commits() == []


@pytest.mark.parametrize("time", EXTREMES)
async def test_a_time_out_of_range_is_malformed_wherever_one_is_taken(
    cell: CommandCell, time: str
) -> None:
    anna, _ = await cell.person("anna")
    _, boris_id = await cell.person("boris")
    path = f"/api/v1/announcement/{(await announced(cell, anna)).body['id']}"
    moved = await cell.send("PUT", path, anna, {"event_time": time})
    held = {"guest_ids": [boris_id], "hold_until": time}
    invited = await cell.send("POST", f"{path}/invites", anna, held)
    for reply, field in ((moved, "event_time"), (invited, "hold_until")):
        assert (reply.status, reply.code) == (422, "malformed_body")
        assert reply.body["errors"][0]["field"] == field


async def test_a_refusal_by_the_evenings_state_names_it_beside_the_http_status(
    cell: CommandCell,
) -> None:
    anna, _ = await cell.person("anna")
    boris, _ = await cell.person("boris")
    evening_id = (await announced(cell, anna)).body["id"]
    await cell.send("PUT", f"/api/v1/announcement/{evening_id}", anna, {"status": "Closed"})
    refused = await cell.send("POST", f"/api/v1/booking/{evening_id}", boris)
    assert (refused.status, refused.code) == (409, "announcement_closed")
    assert (refused.body["status"], refused.body["announcement_status"]) == (409, "Closed")


async def test_what_is_no_json_is_refused(cell: CommandCell) -> None:
    anna, _ = await cell.person("anna")
    path = f"/api/v1/announcement/{cell.movie_id}"
    assert (await cell.send("POST", path, anna, raw=b'{"title": ')).code == "malformed_body"
    text = await cell.send("POST", path, anna, raw=b"title", Content_Type="text/plain")
    assert (text.status, text.code) == (415, "unsupported_media_type")
    large = await cell.send("POST", path, anna, raw=b'{"title": "' + b"x" * 70_000 + b'"}')
    assert (large.status, large.code) == (413, "too_large")
    surrogate = await cell.send("POST", path, anna, raw=b'{"title": "\\ud800"}')
    assert surrogate.status == 422
    assert await cell.commits() == []


async def test_a_malformed_key_is_refused(cell: CommandCell) -> None:
    anna, _ = await cell.person("anna")
    for key in ("with space", "x" * 201):
        path = f"/api/v1/announcement/{cell.movie_id}"
        reply = await cell.send("POST", path, anna, evening(), Idempotency_Key=key)
        assert (reply.status, reply.code) == (400, "malformed_header")
    assert await cell.commits() == []


async def test_only_a_valid_token_gets_in(cell: CommandCell) -> None:
    _, anna_id = await cell.person("anna")
    now = datetime.now(UTC)
    person = PersonId(anna_id)
    forged = issue_token(person, key="another secret, of thirty-two bytes or more", now=now)
    expired = issue_token(person, key=SECRET, now=now - timedelta(days=3))
    path = f"/api/v1/announcement/{cell.movie_id}"
    for token, code in ((None, "unauthenticated"), (forged, "unauthenticated")):
        reply = await cell.send("POST", path, token, evening())
        assert (reply.status, reply.code) == (401, code)
    assert (await cell.send("POST", path, expired, evening())).code == "token_expired"
    assert await cell.commits() == []


async def test_what_does_not_exist_is_not_found_and_not_recorded(cell: CommandCell) -> None:
    anna, _ = await cell.person("anna")
    for method, path in (
        ("POST", f"/api/v1/announcement/{uuid4()}"),
        ("POST", f"/api/v1/booking/{uuid4()}"),
        ("PUT", f"/api/v1/announcement/{uuid4()}"),
        ("DELETE", f"/api/v1/announcement/{uuid4()}"),
        ("PUT", f"/api/v1/booking/{uuid4()}"),
        ("DELETE", f"/api/v1/booking/{uuid4()}"),
        ("POST", "/api/v1/booking/no-id-at-all"),
    ):
        body = {"PUT": {"title": "x"} if "announcement" in path else {"my_status": True}}
        content = evening() if "POST" in method and "announcement" in path else body.get(method)
        reply = await cell.send(method, path, anna, content)
        assert (reply.status, reply.code) == (404, "not_found"), (method, path)
    assert await cell.commits() == []


async def test_hidden_and_absent_are_the_same_bytes(cell: CommandCell) -> None:
    anna, _ = await cell.person("anna")
    carl, _ = await cell.person("carl")
    for visibility in ("subscribers", "invite"):
        hidden = await announced(
            cell, anna, visibility=visibility, sub_only=visibility == "subscribers"
        )
        await cell.send("DELETE", f"/api/v1/announcement/{hidden.body['id']}", anna)
        for_hidden = await cell.send("POST", f"/api/v1/booking/{hidden.body['id']}", carl)
        for_absent = await cell.send("POST", f"/api/v1/booking/{uuid4()}", carl)
        assert for_hidden.status == for_absent.status == 404
        assert for_hidden.body == for_absent.body


async def test_a_follower_may_ask_to_come_to_a_subscribers_evening(cell: CommandCell) -> None:
    anna, anna_id = await cell.person("anna")
    carl, carl_id = await cell.person("carl")
    created = await announced(cell, anna, sub_only=True)
    path = f"/api/v1/booking/{created.body['id']}"
    assert (await cell.send("POST", path, carl)).status == 404
    await cell.send("PUT", f"/neighbours/ugc/followers/{anna_id}/{carl_id}")
    assert (await cell.send("POST", path, carl)).status == 201


async def test_without_ugc_a_subscribers_evening_stays_hidden(cell: CommandCell) -> None:
    anna, _ = await cell.person("anna")
    carl, _ = await cell.person("carl")
    created = await announced(cell, anna, sub_only=True)
    await cell.send("POST", "/neighbours/control/ugc", body={"down": True})
    reply = await cell.send("POST", f"/api/v1/booking/{created.body['id']}", carl)
    assert reply.status == 404


async def test_without_movie_api_only_creating_fails(cell: CommandCell) -> None:
    anna, _ = await cell.person("anna")
    boris, _ = await cell.person("boris")
    created = await announced(cell, anna)
    await cell.send("POST", "/neighbours/control/movies", body={"down": True})
    refused = await announced(cell, anna)
    assert (refused.status, refused.code) == (503, "dependency_down")
    assert refused.headers["Retry-After"]
    asked = await cell.send("POST", f"/api/v1/booking/{created.body['id']}", boris)
    assert asked.status == 201


async def test_only_the_author_changes_an_announcement(cell: CommandCell) -> None:
    anna, _ = await cell.person("anna")
    boris, _ = await cell.person("boris")
    created = await announced(cell, anna)
    path = f"/api/v1/announcement/{created.body['id']}"
    for method, body in (("PUT", {"title": "Mine now"}), ("DELETE", None)):
        reply = await cell.send(method, path, boris, body)
        assert (reply.status, reply.code) == (403, "forbidden")
    assert len(await cell.commits()) == 1


async def test_a_stranger_does_not_find_a_booking(cell: CommandCell) -> None:
    anna, _ = await cell.person("anna")
    boris, _ = await cell.person("boris")
    carl, _ = await cell.person("carl")
    created = await announced(cell, anna)
    asked = await cell.send("POST", f"/api/v1/booking/{created.body['id']}", boris)
    path = f"/api/v1/booking/{asked.body['booking_id']}"
    assert (await cell.send("PUT", path, carl, {"my_status": True})).status == 404


async def test_deleting_again_is_harmless(cell: CommandCell) -> None:
    anna, _ = await cell.person("anna")
    created = await announced(cell, anna)
    path = f"/api/v1/announcement/{created.body['id']}?reason=rain"
    for _ in range(2):
        reply = await cell.send("DELETE", path, anna)
        assert (reply.status, reply.body) == (200, {"status": "OK"})


async def test_immutable_fields_are_malformed(cell: CommandCell) -> None:
    anna, _ = await cell.person("anna")
    created = await announced(cell, anna)
    path = f"/api/v1/announcement/{created.body['id']}"
    for name in ("id", "movie_id", "author_id", "invite"):
        assert (await cell.send("PUT", path, anna, {name: str(uuid4())})).status == 422


async def test_if_match_compares_the_version(cell: CommandCell) -> None:
    anna, _ = await cell.person("anna")
    created = await announced(cell, anna)
    path = f"/api/v1/announcement/{created.body['id']}"
    tag = created.headers["ETag"]
    changed = await cell.send("PUT", path, anna, {"title": "Second"}, If_Match=tag)
    assert changed.status == 200
    stale = await cell.send("PUT", path, anna, {"title": "Third"}, If_Match=tag)
    assert (stale.status, stale.code) == (412, "stale_version")
    version = changed.body["version"]
    other_hash = await cell.send("PUT", path, anna, {"title": "4"}, If_Match=f'"{version}.abc"')
    assert other_hash.status == 200


async def test_what_is_already_so_adds_nothing(cell: CommandCell) -> None:
    anna, _ = await cell.person("anna")
    created = await announced(cell, anna)
    path = f"/api/v1/announcement/{created.body['id']}"
    again = await cell.send("PUT", path, anna, {"title": created.body["title"]})
    assert again.body["version"] == created.body["version"]
    assert (await cell.commits())[-1].events == ()


async def test_invites_answer_for_each_guest(cell: CommandCell) -> None:
    anna, anna_id = await cell.person("anna")
    boris, boris_id = await cell.person("boris")
    created = await announced(cell, anna)
    stranger = str(uuid4())
    path = f"/api/v1/announcement/{created.body['id']}"
    body = {"guest_ids": [boris_id, stranger, anna_id]}
    reply = await cell.send("POST", f"{path}/invites", anna, body)
    codes = {one["guest_id"]: one["code"] for one in reply.body["results"]}
    assert codes == {boris_id: "invited", stranger: "unknown_person", anna_id: "own_announcement"}
    accepted = await cell.send("PUT", f"{path}/booking/me", boris, {"my_status": True})
    assert accepted.body["state"] == "confirmed"


async def test_guests_named_at_creation_are_invited(cell: CommandCell) -> None:
    anna, _ = await cell.person("anna")
    _, boris_id = await cell.person("boris")
    created = await announced(cell, anna, invite=[boris_id])
    (guest,) = created.body["guest_list"]
    assert (guest["guest_id"], guest["state"]) == (boris_id, "invited")


async def test_a_dry_run_answers_and_records_nothing(cell: CommandCell) -> None:
    anna, _ = await cell.person("anna")
    path = f"/api/v1/announcement/{cell.movie_id}?dry_run=true"
    reply = await cell.send("POST", path, anna, evening())
    assert (reply.status, reply.body["status"]) == (201, "Alive")
    assert await cell.commits() == []
    for unclear in ("1", "True", "yes", "", "true&dry_run=false", "true&dry_run=true"):
        path = f"/api/v1/announcement/{cell.movie_id}?dry_run={unclear}"
        reply = await cell.send("POST", path, anna, evening())
        assert (reply.status, reply.code) == (422, "malformed_query")
    assert await cell.commits() == []


async def test_any_command_may_be_tried(cell: CommandCell) -> None:
    anna, _ = await cell.person("anna")
    boris, boris_id = await cell.person("boris")
    carl, carl_id = await cell.person("carl")
    created = (await announced(cell, anna)).body["id"]
    booking = (await cell.send("POST", f"/api/v1/booking/{created}", boris)).body["booking_id"]
    recorded = len(await cell.commits())
    evening_path, booking_path = f"/api/v1/announcement/{created}", f"/api/v1/booking/{booking}"
    yes = {"my_status": True}
    for method, path, token, body in (
        ("PUT", evening_path, anna, {"title": "Another"}),
        ("DELETE", evening_path, anna, None),
        ("POST", f"{evening_path}/invites", anna, {"guest_ids": [carl_id]}),
        ("POST", f"/api/v1/booking/{created}", carl, None),
        ("PUT", booking_path, anna, yes),
        ("PUT", f"{evening_path}/booking/{boris_id}", anna, yes),
        ("DELETE", booking_path, boris, None),
    ):
        reply = await cell.send(method, f"{path}?dry_run=true", token, body)
        assert reply.status in (200, 201), (method, path, reply.body)
    assert len(await cell.commits()) == recorded


async def test_the_last_seat_closes_and_the_next_request_waits(cell: CommandCell) -> None:
    anna, _ = await cell.person("anna")
    boris, boris_id = await cell.person("boris")
    carl, _ = await cell.person("carl")
    created = await announced(cell, anna, ticket_count=1)
    path = f"/api/v1/announcement/{created.body['id']}"
    await cell.send("POST", f"/api/v1/booking/{created.body['id']}", boris)
    await cell.send("PUT", f"{path}/booking/{boris_id}", anna, {"my_status": True})
    waiting = await cell.send("POST", f"/api/v1/booking/{created.body['id']}", carl)
    assert (waiting.body["state"], waiting.body["waitlist_position"]) == ("waitlisted", 1)


async def test_the_guest_withdraws_and_the_author_cannot(cell: CommandCell) -> None:
    anna, _ = await cell.person("anna")
    boris, _ = await cell.person("boris")
    created = await announced(cell, anna)
    asked = await cell.send("POST", f"/api/v1/booking/{created.body['id']}", boris)
    path = f"/api/v1/booking/{asked.body['booking_id']}"
    assert (await cell.send("DELETE", path, anna)).status == 403
    withdrawn = await cell.send("DELETE", path, boris)
    assert (withdrawn.status, withdrawn.body["state"]) == (200, "withdrawn")


async def test_errors_speak_the_language_of_the_request(cell: CommandCell) -> None:
    anna, _ = await cell.person("anna")
    path = f"/api/v1/booking/{uuid4()}"
    english = await cell.send("POST", path, anna)
    russian = await cell.send("POST", path, anna, Accept_Language="ru")
    assert english.code == russian.code
    assert english.body["detail"] != russian.body["detail"]


async def test_eligibility_tells_before_what_a_request_would_come_to(cell: CommandCell) -> None:
    anna, _ = await cell.person("anna")
    olga, _ = await cell.person("olga")
    boris, boris_id = await cell.person("boris")
    one = (await announced(cell, anna, ticket_count=1)).body
    later = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    other = (await announced(cell, olga, event_time=later)).body
    path = f"/api/v1/announcement/{one['id']}"
    open_now = (await cell.send("GET", f"{path}/eligibility", boris)).body
    assert (open_now["would_be_taken"], open_now["would_wait"], open_now["code"]) == (
        True,
        False,
        None,
    )
    own = (await cell.send("GET", f"{path}/eligibility", anna)).body
    assert (own["would_be_taken"], own["code"]) == (False, "own_announcement")
    await cell.send("POST", f"/api/v1/booking/{one['id']}", boris)
    await cell.send("PUT", f"{path}/booking/{boris_id}", anna, {"my_status": True})
    carl, _ = await cell.person("carl")
    assert (await cell.send("GET", f"{path}/eligibility", carl)).body["would_wait"]
    rival = (await announced(cell, olga)).body
    clash = await cell.send("GET", f"/api/v1/announcement/{rival['id']}/eligibility", boris)
    assert clash.body["code"] == "overlap"
    assert clash.body["overlaps"][0]["announcement_id"] == one["id"]
    assert [each["announcement_id"] for each in clash.body["alternatives"]] == [other["id"]]
    hidden = (await announced(cell, anna, event_time=later, visibility="invite")).body
    for absent in (hidden["id"], uuid4()):
        reply = await cell.send("GET", f"/api/v1/announcement/{absent}/eligibility", carl)
        assert reply.status == 404
    assert len(await cell.commits()) == 6


async def test_forwarded_commands_need_the_secret_of_the_cell(cell: CommandCell) -> None:
    guesses: tuple[dict[str, Any], ...] = ({}, {"X_Practix_Cell_Secret": "guess"})
    for headers in guesses:
        for path in ("/internal/commands", "/internal/commands/batch"):
            reply = await cell.send("POST", path, body={}, **headers)
            assert reply.status == 403


async def test_a_batch_of_commands_is_answered_one_by_one(cell: CommandCell) -> None:
    """A command of a newer build does not spoil those that came with it."""
    anna, anna_id = await cell.person("anna")
    evening = (await announced(cell, anna)).body
    command = {"type": "announcement.cancel", "announcement_id": evening["id"]}
    submission = {
        "id": str(uuid4()),
        "actor": anna_id,
        "idempotency_key": "once",
        "fingerprint": "f",
        "command": command,
    }
    sent = {"submission": submission, "timeout_s": 30.0}
    unknown = {"submission": {**submission, "command": {"type": "announcement.teleport"}}}
    reply = await cell.send(
        "POST",
        "/internal/commands/batch",
        body=[sent, {**sent, **unknown}, sent, {**sent, "timeout_s": 0.0}],
        X_Practix_Cell_Secret=CELL_SECRET,
    )
    done, newer, again, late = reply.body
    assert done["outcome"]["announcement_id"] == evening["id"]
    assert (newer["error"], late["error"]) == ("Malformed", "NoLeader")
    assert (again["position"], again["replayed"]) == (done["position"], True)
    assert len(await cell.commits()) == 2
