"""Every situation of a booking, both sides, both answers: docs/requirements.md §3.1.

`test_moves` has the eight pairs. Here are the situations that hide behind a pair: in line,
held seats, noes of the system. Whoever answers may have seen another one, so each answer
either moves the booking as its sender meant, finds its goal reached and adds nothing, or is
refused with the booking as it is now.
"""

from typing import Any, NamedTuple

import pytest

from command_api.domain.submission import AnyCommand
from contracts.events.booking import (
    BookingAccepted,
    BookingApproved,
    BookingDeclined,
    BookingEvent,
    BookingLeft,
    BookingPreapproved,
    BookingRejected,
    BookingRevoked,
    BookingWithdrawn,
)
from contracts.events.folding.booking_state import BookingState
from contracts.values.ids import SYSTEM, AnnouncementId, PersonId
from tests.unit.command_api.domain.spec import (
    ANN,
    AUTHOR,
    BEN,
    NOON,
    OTHER_AUTHOR,
    RIVAL,
    Spec,
    announce,
    ask,
    booking_id,
    change,
    hold_due,
    hours,
    invite,
    say,
)

Step = tuple[float, PersonId, AnyCommand]


class Refused(NamedTuple):
    code: str
    why: str | None = None


class Cells(NamedTuple):
    """What comes of an answer: an event, a refusal, or nothing (None)."""

    author_yes: type[BookingEvent] | Refused | None
    author_no: type[BookingEvent] | Refused | None
    guest_yes: type[BookingEvent] | Refused | None
    guest_no: type[BookingEvent] | Refused | None


def steps(*said: tuple[PersonId, AnyCommand], at: float = 0.0) -> list[Step]:
    return [(at, actor, body) for actor, body in said]


BEN_HAS_THE_SEAT = steps((AUTHOR, announce(seats=1)), (BEN, ask(BEN)), (AUTHOR, say(True, BEN)))
IN_LINE = [*BEN_HAS_THE_SEAT, *steps((ANN, ask(ANN)))]
APPROVED_IN_LINE = [*IN_LINE, *steps((AUTHOR, say(True, ANN)))]
OFFERED = [*APPROVED_IN_LINE, *steps((BEN, say(False, BEN)))]
ASKED = steps((AUTHOR, announce()), (ANN, ask(ANN)))
CONFIRMED = [*ASKED, *steps((AUTHOR, say(True, ANN)))]
AT_RIVAL = steps((ANN, ask(ANN, RIVAL)), (OTHER_AUTHOR, say(True, ANN, RIVAL)))
RIVAL_AT_ONCE = steps((OTHER_AUTHOR, announce(RIVAL)))

SITUATIONS: dict[str, tuple[BookingState, list[Step], Cells]] = {
    "in line": (
        "waitlisted",
        IN_LINE,
        Cells(BookingPreapproved, BookingRejected, None, BookingWithdrawn),
    ),
    "in line, approved in advance": (
        "waitlisted",
        APPROVED_IN_LINE,
        Cells(None, BookingRejected, None, BookingWithdrawn),
    ),
    "a freed seat is offered": (
        "offered",
        OFFERED,
        Cells(None, BookingRevoked, BookingAccepted, BookingDeclined),
    ),
    "the offer has expired": (
        "declined",
        [*OFFERED, *steps((SYSTEM, hold_due(ANN)), at=12)],
        Cells(None, BookingRevoked, BookingAccepted, None),
    ),
    "invited with a seat held": (
        "invited",
        steps((AUTHOR, announce()), (AUTHOR, invite(ANN, hold_hours=5))),
        Cells(None, BookingRevoked, BookingAccepted, BookingDeclined),
    ),
    "asked to choose after a move": (
        "offered",
        [
            *CONFIRMED,
            *steps((OTHER_AUTHOR, announce(RIVAL, hours=60))),
            *AT_RIVAL,
            *steps((AUTHOR, change(event_time=NOON + hours(60)))),
        ],
        Cells(None, BookingRevoked, Refused("overlap"), BookingDeclined),
    ),
    "the request was superseded": (
        "withdrawn",
        [*ASKED, *RIVAL_AT_ONCE, *AT_RIVAL],
        Cells(
            Refused("guest_said_no", "superseded"),
            Refused("guest_said_no", "superseded"),
            Refused("overlap"),
            None,
        ),
    ),
    "the invitation was superseded": (
        "declined",
        [*steps((AUTHOR, announce()), (AUTHOR, invite(ANN))), *RIVAL_AT_ONCE, *AT_RIVAL],
        Cells(None, BookingRevoked, Refused("overlap"), None),
    ),
    "the request was withdrawn": (
        "withdrawn",
        [*ASKED, *steps((ANN, say(False, ANN, reason="superseded")))],
        Cells(
            Refused("guest_said_no", "withdrawn"),
            Refused("guest_said_no", "withdrawn"),
            None,
            None,
        ),
    ),
    "the invitation was revoked": (
        "revoked",
        steps((AUTHOR, announce()), (AUTHOR, invite(ANN)), (AUTHOR, say(False, ANN))),
        Cells(
            None,
            None,
            Refused("invite_revoked", "revoked"),
            Refused("invite_revoked", "revoked"),
        ),
    ),
    "the guest was removed": (
        "rejected",
        [*CONFIRMED, *steps((AUTHOR, say(False, ANN)))],
        Cells(BookingApproved, None, None, BookingWithdrawn),
    ),
    "the guest has left": (
        "declined",
        [*CONFIRMED, *steps((ANN, say(False, ANN)))],
        Cells(None, BookingRevoked, BookingAccepted, None),
    ),
    "confirmed": ("confirmed", CONFIRMED, Cells(None, BookingRejected, None, BookingLeft)),
}

ELSEWHERE = {
    ("the request was withdrawn", "guest_yes"),
    ("the invitation was revoked", "author_yes"),
}
"""Lifting one's own no, where nothing stands on the other side: see `test_moves`."""

CASES = [
    (name, cell) for name in SITUATIONS for cell in Cells._fields if (name, cell) not in ELSEWHERE
]


def in_situation(spec: Spec, name: str) -> Spec:
    state, said, _ = SITUATIONS[name]
    for at, actor, body in said:
        spec.at(at).given(actor, body)
    assert spec.booking(ANN).state == state
    return spec


def answered(spec: Spec, cell: str) -> Spec:
    side, answer = cell.split("_")
    return spec.when(AUTHOR if side == "author" else ANN, say(answer == "yes", ANN))


@pytest.mark.parametrize(("name", "cell"), CASES)
def test_an_answer_meets_what_is_there(spec: Spec, name: str, cell: str) -> None:
    answered(in_situation(spec, name), cell)
    match getattr(SITUATIONS[name][2], cell):
        case None:
            spec.then_nothing()
        case Refused(code, why):
            now = spec.booking(ANN)
            spec.then_refused(
                code,
                booking_id=now.id,
                state=now.state,
                author_status=now.author_status,
                guest_status=now.guest_status,
                why=why,
            )
        case kind:
            first: Any = spec.decision.events[0]
            assert (type(first), first.booking_id) == (kind, booking_id(ANN))


@pytest.mark.parametrize("name", ["the request was superseded", "the request was withdrawn"])
def test_a_yes_to_a_request_that_is_gone_invites_nobody(spec: Spec, name: str) -> None:
    """Only `POST …/invites` invites: after that refusal it still may."""
    answered(in_situation(spec, name), "author_yes").then_refused("guest_said_no")
    spec.when(AUTHOR, invite(ANN))
    assert spec.results == {ANN: "invited"}


def test_of_ten_authors_who_approve_one_guest_one_has_a_guest(spec: Spec) -> None:
    authors = [PersonId(f"host-{number}") for number in range(10)]
    announcements = [announce(AnnouncementId(f"evening-{number}")) for number in range(10)]
    for author, announcement in zip(authors, announcements, strict=True):
        spec.given(author, announcement).given(ANN, ask(ANN, announcement.announcement_id))
    spec.given(authors[0], say(True, ANN, announcements[0].announcement_id))
    for author, announcement in zip(authors[1:], announcements[1:], strict=True):
        spec.when(author, say(True, ANN, announcement.announcement_id))
        spec.then_refused("guest_said_no", why="superseded", state="withdrawn")


def test_asking_where_both_have_said_no_is_refused(spec: Spec) -> None:
    in_situation(spec, "the guest was removed").given(ANN, say(False, ANN))
    spec.when(ANN, ask(ANN)).then_refused("author_said_no", state="ended", why="ended")
