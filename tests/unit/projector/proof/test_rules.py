"""The proof finds every broken rule from the events alone, and nothing else."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from contracts.events.announcement import (
    AnnouncementCancelled,
    AnnouncementChanged,
    AnnouncementCreated,
    AnnouncementDone,
    AnnouncementPublished,
)
from contracts.events.booking import (
    AnyBookingEvent,
    BookingAccepted,
    BookingApproved,
    BookingHoldLapsed,
    BookingHoldShortened,
    BookingInvited,
    BookingLeft,
    BookingResettled,
    BookingUnsettled,
)
from contracts.events.person import PersonErased
from contracts.events.stored.codec import decode_events
from contracts.events.stored.domain_event import DomainEvent
from contracts.values.ids import AnnouncementId, BookingId, MovieId, PersonId
from projector.proof.rules import RuleProof
from tests.histories.random_people import RandomPeople

NOON: Final = datetime(2030, 1, 1, 12, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)
HOST: Final = PersonId("host")
OTHER_HOST: Final = PersonId("other host")
GUEST: Final = PersonId("guest")


def announced(
    name: str, *, host: PersonId = HOST, seats: int = 2, starts_at: datetime = NOON
) -> list[DomainEvent]:
    """A published evening of two hours."""
    announcement_id = AnnouncementId(name)
    created = AnnouncementCreated(
        announcement_id=announcement_id,
        author_id=host,
        movie_id=MovieId("m"),
        movie_title="Solaris",
        movie_title_ru="Солярис",
        duration_min=120,
        title=name,
        description="",
        visibility="public",
        is_free=True,
        ticket_count=seats,
        event_time=starts_at,
        event_location="Here",
    )
    return [created, AnnouncementPublished(announcement_id=announcement_id, version=1)]


Turn = Literal[
    "confirmed", "left", "invited", "held", "lapsed", "shortened", "unsettled", "resettled"
]


def booking(name: str, turn: Turn, taken: int, guest: PersonId = GUEST) -> AnyBookingEvent:
    """The booking of `guest` at the evening `name`."""
    of = {
        "booking_id": BookingId(f"{name}/{guest}"),
        "announcement_id": AnnouncementId(name),
        "guest_id": guest,
        "taken": taken,
    }
    pending = of | {"author_status": True, "guest_status": None}
    match turn:
        case "confirmed":
            return BookingApproved(**of, author_status=True, guest_status=True)  # type: ignore[arg-type]
        case "left":
            return BookingLeft(**of, author_status=True, guest_status=False)  # type: ignore[arg-type]
        case "invited":
            return BookingInvited(**pending, author_id=HOST)  # type: ignore[arg-type]
        case "held":
            return BookingInvited(**pending, author_id=HOST, hold_until=NOON)  # type: ignore[arg-type]
        case "lapsed":
            return BookingHoldLapsed(**pending)  # type: ignore[arg-type]
        case "shortened":
            return BookingHoldShortened(**pending, hold_until=NOON, offered=True)  # type: ignore[arg-type]
        case "resettled":
            return BookingResettled(**of, author_status=True, guest_status=True)  # type: ignore[arg-type]
        case "unsettled":
            return BookingUnsettled(**pending, hold_until=NOON, clashes=())  # type: ignore[arg-type]


def changed(
    name: str, *, seats: int | None = None, starts_at: datetime | None = None
) -> AnnouncementChanged:
    return AnnouncementChanged(
        announcement_id=AnnouncementId(name),
        version=2,
        ticket_count=UNSET if seats is None else seats,
        event_time=UNSET if starts_at is None else starts_at,
    )


def proof_of(*commits: Sequence[DomainEvent]) -> RuleProof:
    """Each list is one Commit; the first has seq 1."""
    proof = RuleProof()
    for seq, events in enumerate(commits, 1):
        proof.record(seq, events)
    return proof


def found_nothing(proof: RuleProof) -> bool:
    kinds = (proof.over_capacity, proof.double_confirmed, proof.contradictions)
    return not any(kind.total for kind in kinds)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_whatever_the_domain_decides_breaks_no_rule(seed: int) -> None:
    proof = RuleProof()
    for commit in RandomPeople(seed, erasures=True).live(80).chain.commits:
        proof.record(commit.seq, decode_events(commit.events))
    assert found_nothing(proof)


# Seats


def test_one_guest_too_many_is_over_capacity() -> None:
    proof = proof_of(
        announced("a", seats=1),
        [booking("a", "confirmed", 1)],
        [booking("a", "confirmed", 2, PersonId("second"))],
    )
    assert proof.over_capacity.examples == [
        {"position": 3, "announcement_id": "a", "ticket_count": 1, "taken": 2}
    ]


def test_a_held_seat_counts() -> None:
    proof = proof_of(
        announced("a", seats=1),
        [booking("a", "held", 1)],
        [booking("a", "confirmed", 2, PersonId("second"))],
    )
    assert proof.over_capacity.total == 1


def test_a_lapsed_or_given_back_seat_is_free_and_an_invitation_holds_none() -> None:
    proof = proof_of(
        announced("a", seats=1),
        [booking("a", "invited", 0, PersonId("third"))],
        [booking("a", "held", 1)],
        [booking("a", "lapsed", 0)],
        [booking("a", "confirmed", 1, PersonId("second"))],
        [booking("a", "left", 0, PersonId("second"))],
        [booking("a", "confirmed", 1)],
    )
    assert found_nothing(proof)


def test_fewer_seats_than_are_taken_is_over_capacity() -> None:
    proof = proof_of(announced("a"), [booking("a", "held", 1)], [changed("a", seats=0)])
    assert [one["position"] for one in proof.over_capacity.examples] == [3]


def test_an_evening_that_stays_over_capacity_is_told_once() -> None:
    proof = proof_of(
        announced("a", seats=1),
        *([booking("a", "confirmed", n, PersonId(f"g{n}"))] for n in range(1, 5)),
    )
    assert proof.over_capacity.total == 1


def test_an_event_that_counts_wrongly_contradicts_the_others() -> None:
    proof = proof_of(announced("a"), [booking("a", "confirmed", 0)])
    assert [one["position"] for one in proof.contradictions.examples] == [2]


def test_an_event_of_an_evening_never_announced_is_a_contradiction() -> None:
    assert proof_of([booking("a", "confirmed", 1)]).contradictions.total == 1


# Calendars


def two_evenings(apart: timedelta, *, second_host: PersonId = OTHER_HOST) -> list[DomainEvent]:
    second = announced("b", host=second_host, starts_at=NOON + apart)
    return [*announced("a"), *second]


def test_two_confirmed_evenings_at_a_time_are_found() -> None:
    proof = proof_of(
        two_evenings(HOUR), [booking("a", "confirmed", 1)], [booking("b", "confirmed", 1)]
    )
    assert proof.double_confirmed.examples == [
        {"position": 3, "person_id": GUEST, "announcement_ids": ["a", "b"]}
    ]


def test_evenings_that_touch_do_not_overlap() -> None:
    proof = proof_of(
        two_evenings(2 * HOUR), [booking("a", "confirmed", 1)], [booking("b", "confirmed", 1)]
    )
    assert found_nothing(proof)


def test_a_guest_cannot_host_at_the_same_time() -> None:
    proof = proof_of(two_evenings(HOUR), [booking("b", "confirmed", 1, HOST)])
    assert [one["person_id"] for one in proof.double_confirmed.examples] == [HOST]


def test_a_host_cannot_host_twice_at_a_time() -> None:
    proof = proof_of(two_evenings(HOUR, second_host=HOST))
    assert proof.double_confirmed.total == 1


def test_a_draft_makes_nobody_busy() -> None:
    draft = announced("b", starts_at=NOON + HOUR)[:1]
    assert found_nothing(proof_of(announced("a"), draft))


def test_a_move_onto_another_evening_is_found() -> None:
    proof = proof_of(
        two_evenings(5 * HOUR),
        [booking("a", "confirmed", 1), booking("b", "confirmed", 1)],
        [changed("b", starts_at=NOON)],
    )
    assert [one["position"] for one in proof.double_confirmed.examples] == [3]


def test_a_move_whose_guest_is_asked_in_the_same_commit_is_right() -> None:
    proof = proof_of(
        two_evenings(5 * HOUR),
        [booking("a", "confirmed", 1), booking("b", "confirmed", 1)],
        [changed("b", starts_at=NOON), booking("b", "unsettled", 1)],
    )
    assert found_nothing(proof)


def test_whoever_is_erased_has_left_everything_before() -> None:
    attended = [*announced("a"), booking("a", "confirmed", 1)]
    called_off = AnnouncementCancelled(announcement_id=AnnouncementId("a"), version=2, by="system")
    assert found_nothing(proof_of(attended, [PersonErased(person_id=OTHER_HOST)]))
    for person_id in (HOST, GUEST):
        erased = PersonErased(person_id=person_id)
        (found,) = proof_of(attended, [erased]).contradictions.examples
        assert (found["position"], found["announcement_id"]) == (2, "a")
        left = [booking("a", "left", 0)] if person_id == GUEST else [called_off]
        assert found_nothing(proof_of(attended, left, [erased]))


def test_who_left_or_whose_evening_is_off_or_over_is_free_again() -> None:
    cancelled = AnnouncementCancelled(announcement_id=AnnouncementId("c"), version=2, by="author")
    done = AnnouncementDone(announcement_id=AnnouncementId("d"), version=2)
    hosts = (PersonId(f"host of {name}") for name in "cd")
    proof = proof_of(
        two_evenings(HOUR),
        announced("c", host=next(hosts)) + announced("d", host=next(hosts)),
        [booking("a", "confirmed", 1)],
        [booking("a", "left", 0), booking("c", "confirmed", 1)],
        [cancelled, booking("d", "confirmed", 1)],
        [done, booking("b", "confirmed", 1)],
    )
    assert found_nothing(proof)


def test_confirmed_by_either_side_is_confirmed() -> None:
    accepted = BookingAccepted(
        booking_id=BookingId("b/guest"),
        announcement_id=AnnouncementId("b"),
        guest_id=GUEST,
        author_status=True,
        guest_status=True,
        taken=1,
    )
    proof = proof_of(two_evenings(HOUR), [booking("a", "confirmed", 1)], [accepted])
    assert proof.double_confirmed.total == 1
