"""People state what they want to be told, and how."""

from typing import Any

import pytest

from tests.integration.notifier.http.served_notifier import ServedNotifier


async def test_wishes_are_kept_and_hold(cell: ServedNotifier) -> None:
    token = cell.token("anna")
    default = await cell.get("/api/v1/preferences", token)
    assert default == {
        "language": None,
        "tz": None,
        "off": [],
        "receipts": True,
        "quiet_from": None,
        "quiet_to": None,
    }
    wishes = {
        "language": "ru",
        "tz": "Asia/Tokyo",
        "off": ["booking_status"],
        "receipts": False,
        "quiet_from": "22:00:00",
        "quiet_to": "08:00:00",
    }
    status, answer, _ = await cell.send("PUT", "/api/v1/preferences", token, wishes)
    assert (status, answer) == (200, wishes)
    assert await cell.get("/api/v1/preferences", token) == wishes
    lines = await cell.settled("anna")
    assert [(one["state"], one["reason"]) for one in lines[2:]] == [
        ("skipped", "switched_off"),
        ("skipped", "receipts_off"),
    ]
    assert await cell.inbox("anna") == []


@pytest.mark.parametrize(
    "body",
    [
        {"unknown": 1},
        {"language": "de"},
        {"tz": "Mars/Olympus"},
        {"off": ["everything"]},
        {"receipts": "no"},
        {"quiet_from": "22:00"},
        {"quiet_from": "22:00", "quiet_to": "22:00:00"},
        {"quiet_from": "22:00+03:00", "quiet_to": "08:00"},
        [],
    ],
)
async def test_malformed_wishes_are_refused(cell: ServedNotifier, body: Any) -> None:
    status, answer, _ = await cell.send("PUT", "/api/v1/preferences", cell.token("anna"), body)
    assert (status, answer["code"]) == (422, "malformed_body")


BOTH = "Enter both times, or neither."


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"quiet_from": "22:00"}, BOTH),
        ({"quiet_from": "22:00", "quiet_to": None}, BOTH),
        ({"quiet_to": "22:00"}, BOTH),
        ({"quiet_from": "22:00", "quiet_to": "22:00"}, "It ends when it begins."),
    ],
)
async def test_whoever_states_quiet_hours_reads_what_is_wrong_with_their_end(
    cell: ServedNotifier, body: Any, reason: str
) -> None:
    _, answer, _ = await cell.send("PUT", "/api/v1/preferences", cell.token("anna"), body)
    (error,) = answer["errors"]
    assert (error["field"], error["reason"]) == ("quiet_to", reason)
