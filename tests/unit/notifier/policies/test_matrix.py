"""REQUIREMENTS §3.3: exactly who is told what. Each line of the matrix is a case."""

from datetime import timedelta
from typing import Any

import pytest

from contracts.events.announcement import (
    AnnouncementCancelled,
    AnnouncementClosed,
    AnnouncementDone,
    AnnouncementReopened,
)
from contracts.events.booking import (
    BookingAccepted,
    BookingApproved,
    BookingDeclined,
    BookingHoldLapsed,
    BookingHoldShortened,
    BookingInvited,
    BookingLeft,
    BookingOffered,
    BookingPreapproved,
    BookingReconsidered,
    BookingRejected,
    BookingReleased,
    BookingRequested,
    BookingResettled,
    BookingRevoked,
    BookingUnqueued,
    BookingUnsettled,
    BookingWithdrawn,
)
from contracts.events.person import PersonBlocked
from contracts.events.report import EveningHidden, ReportAnswered, ReportMade
from contracts.events.stored.domain_event import DomainEvent
from contracts.notices import Kind
from contracts.values.ids import ReportId, SubjectId
from tests.histories.notifier_events import (
    BEGIN,
    NotifierHistory,
    announcement,
    booking,
    created,
    edited,
    person,
    published,
    seen,
)
from tests.unit.notifier.folded import Folded

YES, NO = True, False
HOLD = BEGIN + timedelta(hours=12)


def an_evening() -> NotifierHistory:
    """Anna confirmed, Boris asks, Vera is invited with a seat held; Gleb was rejected."""
    history = NotifierHistory()
    history.tell(seen("host"), created(), published())
    for guest in ("anna", "boris", "gleb"):
        history.tell(booking(BookingRequested, guest, (None, YES)), by=guest)
    history.tell(booking(BookingApproved, "anna", (YES, YES)))
    history.tell(booking(BookingRejected, "gleb", (NO, YES)))
    history.tell(booking(BookingInvited, "vera", (YES, None), hold_until=HOLD))
    return history


def told_of(*events: DomainEvent, by: str = "host") -> set[tuple[str, str]]:
    history = an_evening()
    seq = history.tell(*events, by=by)
    return Folded(history.commits).find_notices(seq)


def to(kind: str, *names: str) -> set[tuple[str, str]]:
    return {(name, kind) for name in names}


def cancelled(by: str = "author") -> AnnouncementCancelled:
    fields: dict[str, Any] = {"announcement_id": announcement(), "version": 4, "by": by}
    return AnnouncementCancelled(**fields, reason="ill")


DONE = AnnouncementDone(announcement_id=announcement(), version=4)

BOTH_SIDES: list[tuple[DomainEvent, str]] = [
    (booking(BookingRequested, "fan", (None, YES)), "booking_new"),
    (booking(BookingInvited, "fan", (YES, None)), "booking_new"),
    (booking(BookingApproved, "boris", (YES, YES)), "booking_status"),
    (booking(BookingAccepted, "vera", (YES, YES)), "booking_status"),
    (booking(BookingRejected, "anna", (NO, YES)), "booking_status"),
    (booking(BookingRevoked, "vera", (NO, None)), "booking_status"),
    (booking(BookingDeclined, "vera", (YES, NO)), "booking_status"),
    (booking(BookingWithdrawn, "boris", (None, NO)), "booking_status"),
    (booking(BookingLeft, "anna", (YES, NO)), "booking_status"),
]


@pytest.mark.parametrize(("event", "kind"), BOTH_SIDES)
def test_what_one_side_of_a_booking_does_both_are_told(event: Any, kind: str) -> None:
    guest = next(
        name for name in ("fan", "anna", "boris", "vera") if person(name) == event.guest_id
    )
    assert told_of(event) == to(kind, "host", guest)


@pytest.mark.parametrize(
    ("event", "names"),
    [
        (booking(BookingReleased, "boris", (None, NO), reason="superseded"), ["boris"]),
        (booking(BookingReleased, "vera", (YES, NO), reason="offer_expired"), ["vera", "host"]),
        (booking(BookingReleased, "anna", (YES, NO), reason="moved_clash"), ["anna", "host"]),
        (booking(BookingOffered, "boris", (YES, None), hold_until=HOLD), ["boris"]),
        (booking(BookingHoldLapsed, "vera", (YES, None)), ["vera", "host"]),
        (
            booking(BookingHoldShortened, "vera", (YES, None), hold_until=HOLD, offered=False),
            ["vera"],
        ),
        (booking(BookingUnsettled, "anna", (YES, None), hold_until=HOLD, clashes=()), ["anna"]),
        (booking(BookingResettled, "anna", (YES, YES)), ["anna"]),
    ],
)
def test_what_the_system_does_the_guest_is_told_and_the_author_of_a_lost_seat(
    event: DomainEvent, names: list[str]
) -> None:
    assert told_of(event, by="system") == to("booking_status", *names)


@pytest.mark.parametrize(
    "event",
    [
        booking(BookingPreapproved, "boris", (None, YES)),
        booking(BookingReconsidered, "gleb", (NO, YES)),
        AnnouncementClosed(announcement_id=announcement(), version=3, reason="full"),
        AnnouncementClosed(announcement_id=announcement(), version=3, reason="cutoff"),
        AnnouncementReopened(announcement_id=announcement(), version=3, reason="manual"),
        edited(title="New", notify=False),
        seen("fan"),
        created("another"),
    ],
)
def test_what_changes_nothing_for_anybody_is_not_told(event: DomainEvent) -> None:
    assert told_of(event) == set()


def test_a_change_is_told_to_confirmed_pending_invited_and_as_a_receipt_to_the_author() -> None:
    """D6: those who are to come are found, and told; the rejected are not."""
    assert told_of(edited(title="New")) == to("announce_put", "host", "anna", "boris", "vera")


@pytest.mark.parametrize(
    "change", [{"price_amount": 300.0}, {"price_currency": "EUR"}, {"location_hint": "Ring twice"}]
)
def test_a_changed_price_or_hint_is_told_like_any_other_change(change: dict[str, Any]) -> None:
    assert told_of(edited(**change)) == to("announce_put", "host", "anna", "boris", "vera")


def test_who_has_no_answer_is_told_when_the_author_closes() -> None:
    closed = AnnouncementClosed(announcement_id=announcement(), version=3, reason="manual")
    assert told_of(closed) == to("booking_unanswered", "boris")


def test_a_cancellation_is_told_to_the_same() -> None:
    assert told_of(cancelled()) == to("announce_delete", "host", "anna", "boris", "vera")


def test_going_alive_is_told_to_followers_and_invitees_of_the_draft_and_of_the_moment() -> None:
    history = NotifierHistory()
    history.tell(created(), booking(BookingInvited, "anna", (YES, None)))
    seq = history.tell(published(), booking(BookingInvited, "boris", (YES, None)))
    folded = Folded(history.commits)
    news = to("announce_new", "anna", "boris")
    assert folded.find_notices(seq) == news | to("booking_new", "host", "boris")
    assert [row.effect.author_id for row in folded.plan.fanouts] == [person("host")]


def test_an_evening_for_the_invited_alone_is_not_told_to_followers() -> None:
    history = NotifierHistory()
    history.tell(created(visibility="invite"), published())
    assert Folded(history.commits).plan.fanouts == []


def test_drafts_tell_nobody() -> None:
    history = NotifierHistory()
    history.tell(created(), booking(BookingInvited, "anna", (YES, None)))
    history.tell(edited(title="New"))
    history.tell(booking(BookingRevoked, "anna", (NO, None)))
    history.tell(cancelled("system"), by="system")
    assert Folded(history.commits).rows() == []


def test_done_asks_the_host_and_the_confirmed_to_rate() -> None:
    done = told_of(DONE, by="system")
    assert done == to("announce_done", "host") | to("score_request", "anna")


def test_the_request_to_rate_is_repeated_once_on_day_eleven() -> None:
    history = an_evening()
    history.tell(DONE, by="system")
    again = [row for row in Folded(history.commits).rows("score_request") if row.event_time]
    assert {row.recipient for row in again} == {person("host"), person("anna")}
    assert {row.due_at - BEGIN for row in again} == {timedelta(days=11)}
    assert {row.expires_at - BEGIN for row in again} == {timedelta(days=14)}


def test_nobody_is_asked_to_rate_an_evening_to_which_nobody_came() -> None:
    history = NotifierHistory()
    history.tell(created(), published())
    seq = history.tell(DONE, by="system")
    assert Folded(history.commits).find_notices(seq) == set()


def test_a_freed_seat_that_dissolves_the_line_is_told_to_the_author_once() -> None:
    reopened = AnnouncementReopened(announcement_id=announcement(), version=3, reason="seat_freed")
    unqueued = [booking(BookingUnqueued, guest, (None, YES)) for guest in ("boris", "fan")]
    assert told_of(reopened, *unqueued, by="system") == to("booking_status", "host")


def test_only_what_one_did_oneself_is_a_receipt() -> None:
    history = an_evening()
    seq = history.tell(booking(BookingWithdrawn, "boris", (None, NO)), by="boris")
    rows = [row for row in Folded(history.commits).rows() if row.sources[0].seq == seq]
    assert {row.recipient: row.receipt for row in rows} == {
        person("boris"): True,
        person("host"): False,
    }


def test_an_operator_who_cancels_leaves_no_receipt_with_the_author() -> None:
    history = an_evening()
    history.tell(cancelled("operator"), by="operator")
    assert not any(row.receipt for row in Folded(history.commits).rows("announce_delete"))


@pytest.mark.parametrize("kind", ["announce_put", "announce_delete"])
def test_a_guest_is_told_of_an_evening_with_the_state_of_their_own_booking(kind: Kind) -> None:
    history = an_evening()
    history.tell(edited(title="New"))
    history.tell(cancelled())
    rows = Folded(history.commits).rows(kind)
    assert {row.recipient: row.facts.get("state") for row in rows} == {
        person("host"): None,
        person("anna"): "confirmed",
        person("boris"): "requested",
        person("vera"): "invited",
    }


def test_of_what_a_block_ends_nobody_is_told_but_who_gets_the_seat_is() -> None:
    block = PersonBlocked(person_id=person("host"), blocked_id=person("vera"))
    freed = booking(BookingRevoked, "vera", (NO, None))
    offered = booking(BookingOffered, "boris", (YES, None), hold_until=HOLD)
    assert told_of(block, freed, offered) == to("booking_status", "boris")
    assert told_of(block) == set()
    assert told_of(block, booking(BookingRejected, "boris", (NO, YES))) == to(
        "booking_status", "host", "boris"
    ), "of another guest's booking both are told as ever"


def test_of_a_report_only_the_reporter_hears_and_of_a_hidden_text_its_writer() -> None:
    made = ReportMade(
        report_id=ReportId("r"),
        reporter_id=person("boris"),
        kind="evening",
        subject_id=SubjectId(announcement()),
        writer_id=person("host"),
        announcement_id=announcement(),
        reason="Rude",
    )
    hidden = EveningHidden(
        report_id=ReportId("r"),
        person_id=person("host"),
        announcement_id=announcement(),
        reason="Insults",
    )
    answered = ReportAnswered(
        report_id=ReportId("r"), person_id=person("boris"), kind="evening", text="Gone."
    )
    assert told_of(made, by="boris") == set()
    assert told_of(hidden, by="operator") == to("text_hidden", "host")
    assert told_of(answered, by="operator") == to("report_answered", "boris")
