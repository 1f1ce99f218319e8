"""Operators read, write, approve, put off and cancel notices."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.cells.stand_in import OPERATOR
from tests.histories.notifier_events import BEGIN, announcement, person
from tests.integration.notifier.http.served_notifier import NOBODY, NOTICES, ServedNotifier


@pytest.mark.parametrize(
    "due_at",
    ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00", "2027-03-02T09:00:01Z"],
)
async def test_nothing_is_put_off_by_more_than_a_year(cell: ServedNotifier, due_at: str) -> None:
    hour, *_ = await cell.settled("anna")
    (fanout,) = await cell.get("/api/v1/operator/notices/fanouts", OPERATOR)
    for path in (str(hour["id"]), f"fanouts/{fanout['position']}/{fanout['event_index']}"):
        status, answer, _ = await cell.send(
            "PUT", f"/api/v1/operator/notices/{path}", OPERATOR, {"due_at": due_at}
        )
        assert (status, answer["code"]) == (422, "malformed_body")
        assert answer["errors"][0]["field"] == "due_at"


async def test_what_is_asked_for_in_the_past_is_sent_now(cell: ServedNotifier) -> None:
    hour, *_ = await cell.settled("anna")
    path, body = f"/api/v1/operator/notices/{hour['id']}", {"due_at": "1970-01-02T00:00:00+14:00"}
    status, answer, _ = await cell.send("PUT", path, OPERATOR, body)
    assert (status, datetime.fromisoformat(answer["due_at"])) == (200, BEGIN)


async def test_an_operator_lists_reschedules_and_cancels_what_is_delayed(
    cell: ServedNotifier,
) -> None:
    await cell.settled("anna")
    query = f"state=waiting&recipient={person('anna')}&announcement_id={announcement()}"
    hour, day = await cell.get(f"/api/v1/operator/notices?{query}", OPERATOR)
    assert (hour["kind"], day["kind"]) == ("remind_hour", "remind_day")
    path = f"/api/v1/operator/notices/{hour['id']}"
    status, answer, _ = await cell.send("DELETE", path, OPERATOR)
    assert (status, answer["state"], answer["reason"]) == (200, "cancelled", "by_operator")
    assert (await cell.send("DELETE", path, OPERATOR))[0] == 200

    path = f"/api/v1/operator/notices/{day['id']}"
    due_at = (BEGIN + timedelta(hours=1)).isoformat()
    status, answer, _ = await cell.send("PUT", path, OPERATOR, {"due_at": due_at})
    assert (status, datetime.fromisoformat(answer["due_at"])) == (200, BEGIN + timedelta(hours=1))
    cell.now = BEGIN + timedelta(hours=1)
    lines = await cell.settled("anna")
    assert {one["kind"]: one["state"] for one in lines if "remind" in one["kind"]} == {
        "remind_hour": "cancelled",
        "remind_day": "sent",
    }
    for method, body in (("PUT", {"due_at": due_at}), ("DELETE", None)):
        status, answer, _ = await cell.send(method, path, OPERATOR, body)
        assert (status, answer["code"], answer["state"]) == (409, "notice_not_waiting", "sent")
    assert (await cell.send("GET", "/api/v1/operator/notices/999999", OPERATOR))[0] == 404
    assert (await cell.send("GET", "/api/v1/operator/notices/x", OPERATOR))[0] == 404
    assert (await cell.send("PUT", path, OPERATOR, {"due_at": "2026-03-03T10:00"}))[0] == 422
    assert (await cell.send("GET", path, cell.token("anna")))[0] == 401


async def test_an_operator_reads_what_a_notice_says_in_its_recipients_language(
    cell: ServedNotifier,
) -> None:
    await cell.settled("anna")
    for name, title in (("host", "Скоро: Солярис"), ("anna", "Soon: Solaris")):
        query = f"kind=remind_day&recipient={person(name)}"
        (shown,) = await cell.get(f"{NOTICES}?{query}", OPERATOR)
        assert shown["title"] == title
        assert "Together" in shown["text"]
        assert await cell.get(f"{NOTICES}/{shown['id']}", OPERATOR) == shown


async def test_a_notice_that_needs_approval_waits_for_it_and_then_goes(
    cell: ServedNotifier,
) -> None:
    await cell.settled("anna")
    text = {"ru": "Зал закрыт.", "en": "The {hall} is closed."}
    body = {"recipient": person("anna"), "text": text, "title": "Beware", "by": "Olga"}
    key = {"Idempotency_Key": "one"}
    status, tried, _ = await cell.send("POST", f"{NOTICES}?dry_run=true", OPERATOR, body)
    assert (status, tried["title"]) == (201, "Beware")
    assert "The {hall} is closed." in tried["text"]
    status, made, _ = await cell.send("POST", NOTICES, OPERATOR, body, **key)
    assert (status, made["state"], made["needs_approval"]) == (201, "waiting", True)
    assert (await cell.send("POST", NOTICES, OPERATOR, body, **key))[1]["id"] == made["id"]
    for other in ({"recipient": person("host")}, {"text": "Never mind."}):
        _, problem, _ = await cell.send("POST", NOTICES, OPERATOR, body | other, **key)
        assert problem["code"] == "key_reused"
    await cell.settled("host")
    waiting = await cell.get(f"{NOTICES}?needs_approval=true", OPERATOR)
    assert [one["id"] for one in waiting] == [made["id"]]
    path = f"{NOTICES}/{made['id']}/approval"
    status, answer, _ = await cell.send("PUT", path, OPERATOR, {"by": "Ada"})
    assert (status, answer["needs_approval"]) == (200, False)
    sent = next(one for one in await cell.settled("anna") if one["id"] == made["id"])
    assert sent["state"] == "sent"
    assert "operator_message" in {one["event_type"] for one in await cell.inbox("anna")}
    assert (await cell.send("PUT", path, OPERATOR, {}))[1]["code"] == "notice_not_waiting"


async def test_requests_with_one_key_at_once_write_one_notice(cell: ServedNotifier) -> None:
    await cell.settled("anna")
    body = {"recipient": person("anna"), "text": "Hello"}
    answers = await asyncio.gather(
        *(cell.send("POST", NOTICES, OPERATOR, body, Idempotency_Key="two") for _ in range(8))
    )
    (notice_id,) = {answer["id"] for _, answer, _ in answers}
    records = await cell.get(f"{NOTICES}/record?notice_id={notice_id}", OPERATOR)
    assert [one["act"] for one in records] == ["created"]
    for key in ("", "k" * 201):
        assert (await cell.send("POST", NOTICES, OPERATOR, body, Idempotency_Key=key))[0] == 400


async def test_what_operators_did_is_kept_with_what_stood_before(cell: ServedNotifier) -> None:
    await cell.settled("anna")
    query = f"state=waiting&recipient={person('anna')}"
    hour, day = await cell.get(f"{NOTICES}?{query}", OPERATOR)
    later = (BEGIN + timedelta(hours=5)).isoformat()
    for dry_run in ("true", "false"):
        await cell.send(
            "PUT",
            f"{NOTICES}/{day['id']}?dry_run={dry_run}",
            OPERATOR,
            {"due_at": later, "by": "Ada"},
        )
    bulk = {"action": "cancel", "ids": [day["id"], hour["id"], 999999], "by": "Olga"}
    status, answer, _ = await cell.send("POST", f"{NOTICES}/bulk", OPERATOR, bulk)
    assert (status, answer["done"]) == (200, 2)
    assert [(one["id"], one["done"], one["state"]) for one in answer["results"]] == [
        (day["id"], True, "cancelled"),
        (hour["id"], True, "cancelled"),
        (999999, False, None),
    ]
    records = await cell.get(f"{NOTICES}/record?notice_id={day['id']}", OPERATOR)
    assert [(one["act"], one["by"], one["before"]["state"]) for one in records] == [
        ("cancelled", "operator: Olga", "waiting"),
        ("rescheduled", "operator: Ada", "waiting"),
    ]
    before, after = records[1]["before"]["due_at"], records[1]["after"]["due_at"]
    assert datetime.fromisoformat(before) == datetime.fromisoformat(day["due_at"])
    assert datetime.fromisoformat(after) == BEGIN + timedelta(hours=5)
    assert len(await cell.get(f"{NOTICES}/record?limit=1", OPERATOR)) == 1
    revived = {"action": "reschedule", "filter": {"kind": "remind_day"}, "due_at": later}
    status, answer, _ = await cell.send("POST", f"{NOTICES}/bulk", OPERATOR, revived)
    assert (status, answer["done"]) == (200, 1), "the host's alone waits"


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("", {"recipient": NOBODY, "text": "Hello"}, "unknown_person"),
        ("", {"recipient": person("anna"), "text": " "}, "malformed_body"),
        ("", {"recipient": person("anna"), "text": "A", "announcement_id": NOBODY}, "not_found"),
        ("/bulk", {"action": "cancel", "ids": [True]}, "malformed_body"),
        ("/bulk", {"action": "cancel"}, "malformed_body"),
        ("/bulk", {"action": "reschedule", "ids": [1]}, "malformed_body"),
        ("/bulk", {"action": "send", "ids": [1]}, "malformed_body"),
    ],
)
async def test_what_an_operator_cannot_ask_for(
    cell: ServedNotifier, path: str, body: Any, code: str
) -> None:
    await cell.settled("anna")
    assert (await cell.send("POST", NOTICES + path, OPERATOR, body))[1]["code"] == code
    assert (await cell.send("POST", NOTICES + path, cell.token("anna"), body))[0] == 401
