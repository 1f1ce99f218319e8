"""The request that caused a notice also causes the calls that deliver it."""

import logging
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Final

import pytest

from contracts.events.announcement import AnnouncementReopened
from contracts.events.booking import (
    BookingApproved,
    BookingLeft,
    BookingRequested,
    BookingUnqueued,
)
from contracts.events.person import PersonErased, PersonMuted
from contracts.events.plan import FilmPlanned
from contracts.values.ids import SYSTEM, PersonId
from contracts.values.targets import TargetName
from notifier.publishing.publisher import Publisher
from notifier.publishing.steps import OutsidePost
from notifier.publishing.targets import Delivery, PublishTarget
from notifier.short_links import ShortLinks
from notifier.store.publications import Publications
from runtime.outside.ports import Notice
from runtime.service.cell import ZONE_DEFAULT
from runtime.traces.context import current_traceparent, is_sampled, request_id_of
from tests.cells.notifier_cell import Around, NotifierCell
from tests.histories.notifier_chats import written
from tests.histories.notifier_events import (
    announcement,
    booking,
    created,
    edited,
    person,
    published,
    seen,
)
from tests.log_lines import collect_lines
from tests.span_collector import collect_spans, told_by, trace_of

HOUR: Final = timedelta(hours=1)
TWICE: Final = ((1, "waiting"), (1, "waiting"), (2, "ended"), (2, "ended"))
"""Attempts at the notices to both sides of a booking, the first while Notification is away."""

WITHOUT_ID: Final = "SELECT kind FROM notifier.sources WHERE traceparent IS NULL"


def wish(name: str) -> FilmPlanned:
    return FilmPlanned(
        person_id=person(name),
        movie_id=created().movie_id,
        movie_title="Solaris",
        movie_title_ru="Солярис",
        duration_min=120,
    )


def trace(number: int) -> str:
    """Return the trace context of a request that is not recorded."""
    return f"00-{number:032x}-00f067aa0ba902b7-00"


def recorded(number: int) -> str:
    return f"{trace(number)[:-2]}01"


class TracedAround(Around):
    """Notes the trace in which it is called."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: dict[str, list[str]] = {}
        """By kind of notice."""
        self.linked: list[str] = []
        self.listed: list[str] = []

    async def send(self, notice: Notice) -> None:
        self.sent.setdefault(notice.event_type, []).append(current_traceparent())
        await super().send(notice)

    async def link(self, target: str) -> str:
        self.linked.append(current_traceparent())
        return await super().link(target)

    async def followers(self, author_id: PersonId) -> tuple[PersonId, ...]:
        self.listed.append(current_traceparent())
        return await super().followers(author_id)


@pytest.fixture
async def cell(cell: NotifierCell) -> NotifierCell:
    cell.around = TracedAround()
    cell.around.followers_of = {person("host"): (person("fan"),)}
    cell.history.tell(*(seen(name) for name in ("host", "anna")))
    return cell


def around(cell: NotifierCell) -> TracedAround:
    assert isinstance(cell.around, TracedAround)
    return cell.around


def ids(traces: list[str]) -> list[int]:
    return [int(request_id_of(one), 16) for one in traces]


async def test_a_notice_goes_in_the_trace_of_its_request(cell: NotifierCell) -> None:
    told = cell.history
    told.tell(created(), published(), traceparent=trace(1))
    told.tell(booking(BookingRequested, "anna", (None, True)), by="anna", traceparent=trace(2))
    await cell.read_and_send()
    sent = around(cell).sent
    assert ids(sent["announce_new"]) == [1], "over its fan-out"
    assert ids(around(cell).listed) == [1]
    assert ids(sent["booking_new"]) == [2, 2], "to both sides"
    assert set(ids(around(cell).linked)) <= {1, 2}
    assert around(cell).linked
    assert not is_sampled(sent["booking_new"][0])


async def test_changes_that_are_told_together_go_in_the_trace_of_the_last(
    cell: NotifierCell,
) -> None:
    told = cell.history
    told.tell(created(), published(), traceparent=trace(1))
    told.tell(booking(BookingRequested, "anna", (None, True)), by="anna")
    told.tell(booking(BookingApproved, "anna", (True, True)))
    await cell.read_and_send()
    told.tell(edited(title="Stalker"), traceparent=trace(3))
    await cell.read()
    told.tell(edited(title="Mirror"), traceparent=trace(4))
    await cell.wait(minutes=2)
    assert set(ids(around(cell).sent["announce_put"])) == {4}


async def test_a_reminder_begins_a_trace_with_a_link(cell: NotifierCell) -> None:
    told = cell.history
    told.tell(created(), published(), traceparent=recorded(1))
    told.tell(booking(BookingRequested, "anna", (None, True)), by="anna")
    with collect_spans() as read:
        told.tell(booking(BookingApproved, "anna", (True, True)), traceparent=recorded(2))
        await cell.at(created().event_time - HOUR)
        reminders = [one for one in read() if "remind" in str(told_by(one).get("practix.notice"))]
    assert reminders
    links = {f"{link.context.trace_id:x}" for one in reminders for link in one.links}
    assert links <= {"1", "2"}
    assert "2" in links
    assert all(one.parent is None for one in reminders)
    kinds = {str(told_by(one)["practix.notice"]) for one in reminders}
    sent = [one for kind in kinds for one in around(cell).sent.get(kind, [])]
    assert sent
    assert {request_id_of(one) for one in sent} <= {trace_of(one) for one in reminders}
    assert all(map(is_sampled, sent))


async def test_rows_of_an_older_notifier_are_sent_in_a_trace_of_their_own(
    cell: NotifierCell,
) -> None:
    told = cell.history
    told.tell(created(), published(), traceparent=recorded(1))
    told.tell(booking(BookingRequested, "anna", (None, True)), by="anna", traceparent=recorded(2))
    await cell.read()
    for table in ("sources", "fanouts"):
        await cell.pool.execute(f"UPDATE notifier.{table} SET traceparent = NULL")
    with collect_spans() as read:
        await cell.send()
        assert [one for one in read() if one.name == "deliver notice"] == []
    sent = [*around(cell).sent["booking_new"], *around(cell).sent["announce_new"]]
    assert not set(ids(sent)) & {0, 1, 2}
    assert len(set(ids(sent))) == len(sent) == 3
    assert not any(map(is_sampled, sent))


async def test_each_attempt_has_a_line_and_a_span(cell: NotifierCell, tmp_path: Path) -> None:
    told = cell.history
    told.tell(created(), published())
    told.tell(booking(BookingRequested, "anna", (None, True)), by="anna", traceparent=recorded(2))
    cell.around.down = {"notification"}
    with collect_spans() as read_spans, collect_lines(tmp_path, logging.DEBUG) as read_lines:
        await cell.read_and_send()
        cell.around.down = set()
        await cell.wait(minutes=5)
        attempts = [one for one in read_spans() if one.name == "deliver notice"]
        lines = [one for one in read_lines() if one["event"] == "notice"]
    assert [
        (told_by(one)["practix.attempt"], told_by(one)["practix.state"], trace_of(one))
        for one in attempts
    ] == [(attempt, state, f"{2:032x}") for attempt, state in TWICE]
    assert [
        (one["kind"], one["state"], one["request_id"])
        for one in lines
        if one["kind"] == "booking_new"
    ] == [("booking_new", state, f"{2:032x}") for _, state in TWICE]
    assert person("host") not in str(lines)


async def test_whether_a_notice_was_sent_or_dropped_is_not_told(
    cell: NotifierCell, tmp_path: Path
) -> None:
    told = cell.history
    cell.around.followers_of = {person("host"): (person("fan"), person("vera"))}
    told.tell(PersonMuted(person_id=person("fan"), host_id=person("host")), by="fan")
    told.tell(created(), published(), traceparent=recorded(1))
    with collect_spans() as read_spans, collect_lines(tmp_path, logging.DEBUG) as read_lines:
        await cell.read_and_send()
        attempts = [one for one in read_spans() if one.name == "deliver notice"]
        lines = [one for one in read_lines() if one["event"] == "notice"]
    assert len(around(cell).sent["announce_new"]) == 1
    told_of = [one for one in attempts if told_by(one)["practix.notice"] == "announce_new"]
    assert [told_by(one)["practix.state"] for one in told_of] == ["ended", "ended"]
    assert [one["state"] for one in lines if one["kind"] == "announce_new"] == ["ended", "ended"]


async def test_what_a_block_causes_leads_to_no_request(cell: NotifierCell) -> None:
    told = cell.history
    told.tell(created(), published())
    told.tell(
        booking(BookingRequested, "anna", (None, True)),
        by="anna",
        kind="person.block",
        traceparent=trace(2),
    )
    await cell.read_and_send()
    assert 2 not in ids(around(cell).sent["booking_new"])
    assert await cell.pool.fetchval("SELECT count(traceparent) FROM notifier.sources") == 0


async def test_an_erasure_takes_the_ids_that_a_person_may_have_chosen(cell: NotifierCell) -> None:
    told = cell.history
    told.tell(created(), published(), traceparent=trace(1))
    told.tell(booking(BookingRequested, "anna", (None, True)), by="anna", traceparent=trace(2))
    await cell.read_and_send()
    assert await kept_ids(cell) == {1, 2}
    told.tell(PersonErased(person_id=person("host")), by=SYSTEM)
    await cell.read()
    await cell.erase()
    assert await kept_ids(cell) == set()


async def test_a_notice_that_does_not_name_the_sender_of_its_request_keeps_no_id(
    cell: NotifierCell,
) -> None:
    told = cell.history
    told.tell(seen("boris"), wish("boris"))
    told.tell(created(), published(), traceparent=trace(1))
    told.tell(booking(BookingRequested, "anna", (None, True)), by="anna", traceparent=trace(2))
    told.tell(booking(BookingApproved, "anna", (True, True)), traceparent=trace(1))
    told.tell(written("anna"), by="anna", traceparent=trace(3))
    told.tell(
        booking(BookingLeft, "anna", (True, False)),
        AnnouncementReopened(announcement_id=announcement(), version=4, reason="seat_freed"),
        booking(BookingUnqueued, "vera", (None, True)),
        by="anna",
        traceparent=trace(4),
    )
    await cell.wait(minutes=15)
    without_id = {row["kind"] for row in await cell.pool.fetch(WITHOUT_ID)}
    assert without_id == {"plan_match", "chat_digest", "booking_status", "booking_unanswered"}
    assert around(cell).sent["plan_match"], "and it is told"
    for name, kept in (("anna", {1}), ("host", set())):
        told.tell(PersonErased(person_id=person(name)), by=SYSTEM)
        await cell.read()
        await cell.erase()
        assert await kept_ids(cell) == kept


async def kept_ids(cell: NotifierCell) -> set[int]:
    rows = await cell.pool.fetch(
        "SELECT traceparent FROM notifier.sources UNION ALL SELECT traceparent"
        " FROM notifier.fanouts UNION ALL SELECT traceparent FROM notifier.publications"
    )
    return set(ids([row["traceparent"] for row in rows if row["traceparent"]]))


async def test_a_post_goes_in_the_trace_of_its_request(cell: NotifierCell) -> None:
    site = TargetName("site")
    cell.history.tell(created(publish_to=(site,)), published(), traceparent=recorded(1))
    await cell.read()
    asked: list[str] = []
    before = current_traceparent()

    async def send(_: PublishTarget, __: OutsidePost) -> Delivery:
        asked.append(current_traceparent())
        return "taken"

    publisher = Publisher(
        Publications(cell.pool),
        cell.queue,
        ShortLinks(cell.queue, cell.around, ""),
        {site: PublishTarget.model_validate({"url": "json://localhost/posts"})},
        lambda: cell.now,
        ZONE_DEFAULT,
        send=send,
        random=Random(1),
    )
    with collect_spans() as read:
        assert await publisher.publish_next()
        (span,) = read()
    assert ids(asked) == ids(around(cell).linked) == [1]
    assert (span.name, told_by(span)["practix.state"]) == ("publish", "done")
    assert current_traceparent() == before
