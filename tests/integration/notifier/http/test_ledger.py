"""People read what they were told, and why."""

from datetime import datetime

import pytest

from tests.histories.notifier_events import BEGIN, announcement, person
from tests.integration.notifier.http.served_notifier import ServedNotifier


async def test_the_inbox_shows_what_was_sent_in_the_persons_language(cell: ServedNotifier) -> None:
    await cell.settled("host")
    await cell.settled("anna")
    to_host, to_anna = await cell.inbox("host"), await cell.inbox("anna")
    assert {one["title"] for one in to_host} == {"Anna хочет прийти", "Anna придёт"}
    assert {one["title"] for one in to_anna} == {"Your request was sent", "You are in!"}
    links = {one["short_link"] for one in to_host + to_anna}
    assert len(links) == 1
    path = "/s/" + links.pop().rpartition("/")[2]
    status, _, headers = await cell.send("GET", path)
    assert (status, headers["Location"]) == (307, f"/a/{announcement()}")


async def test_d19_the_short_link_is_one_counted_and_leads_somewhere_or_is_not_found(
    cell: ServedNotifier,
) -> None:
    """D19: each notice made a link of its own, and a miss was answered with a number."""
    await cell.settled("anna")
    (link,) = {one["short_link"] for one in await cell.inbox("anna")}
    code = link.rpartition("/")[2]
    await cell.send("GET", f"/s/{code}")
    _, again, _ = await cell.send(
        "POST", "/neighbours/shortener/links", body={"target": f"/a/{announcement()}"}
    )
    assert (again["short_link"], again["clicks"]) == (link, 1)
    status, problem, _ = await cell.send("GET", "/s/nothing")
    assert (status, problem["code"]) == (404, "not_found")


async def test_the_ledger_says_what_why_and_when(cell: ServedNotifier) -> None:
    lines = await cell.settled("anna")
    assert [(line["kind"], line["state"]) for line in lines] == [
        ("remind_hour", "waiting"),
        ("remind_day", "waiting"),
        ("booking_status", "sent"),
        ("booking_new", "sent"),
    ]
    status, asked = lines[2], lines[3]
    (source,) = status["sources"]
    assert source == {
        "position": 4,
        "event_index": 0,
        "event_type": "booking.approved.v1",
        "name": "request approved",
    }
    assert status["key"] == f"4:0:{person('anna')}:booking_status"
    assert status["why"] == (
        "You had asked for a seat, and the host said yes."
        " You can switch such notices off in your notice settings."
    )
    assert asked["why"] == (
        "You asked for a seat at this evening. It confirms what you did. You can switch such"
        " confirmations off in your notice settings."
    )
    assert datetime.fromisoformat(status["sent_at"]) == BEGIN
    assert asked["receipt"] is True
    in_russian = await cell.get("/api/v1/notifications", cell.token("anna"), Accept_Language="ru")
    assert in_russian[0]["why"] == (
        "У вас есть место на этой встрече: о ней напоминают за час."
        " Такие уведомления можно отключить в настройках уведомлений."
    )
    hosting = await cell.get("/api/v1/notifications?kind=remind_day", cell.token("host"))
    assert hosting[0]["why"].startswith(
        "It is your evening, and you are reminded a day before it. "
    )


async def test_the_ledger_is_paged_filtered_and_ones_own(cell: ServedNotifier) -> None:
    lines = await cell.settled("anna")
    token = cell.token("anna")
    status, first, headers = await cell.send("GET", "/api/v1/notifications?limit=3", token)
    assert (status, first) == (200, lines[:3])
    assert 'rel="next"' in headers["Link"]
    cursor = headers["X-Next-Cursor"]
    rest = await cell.get(f"/api/v1/notifications?limit=3&cursor={cursor}", token)
    assert rest == lines[3:]
    assert await cell.get("/api/v1/notifications?kind=booking_new", token) == lines[3:]
    assert await cell.get("/api/v1/notifications", cell.token("gleb")) == []


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=x", "cursor=-1", "state=new", "kind=x", "recipient=me"]
)
async def test_a_malformed_question_is_refused(cell: ServedNotifier, query: str) -> None:
    status, body, _ = await cell.send("GET", f"/api/v1/notifications?{query}", cell.token("anna"))
    assert (status, body["code"]) == (422, "malformed_query")


async def test_a_position_that_is_not_there_is_waited_for_and_then_refused(
    cell: ServedNotifier,
) -> None:
    status, body, _ = await cell.send(
        "GET", "/api/v1/notifications?min_position=999", cell.token("anna")
    )
    assert (status, body["code"]) == (504, "projection_behind")
