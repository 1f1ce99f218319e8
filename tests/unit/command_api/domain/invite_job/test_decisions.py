"""Invite jobs: parts are carried out once and in order, within the limit of a day."""

from typing import Any

from command_api.domain.invite_job.commands import AdvanceInviteJob, InviteAllFollowers
from command_api.domain.invite_job.evolution import list_running
from command_api.domain.person.commands import SuspendPerson
from command_api.domain.rules import DEFAULT_RULES, Rules
from contracts.errors import Forbidden
from contracts.events.booking import BookingInvited
from contracts.events.invite_job import InviteJobAdvanced, InviteJobBegun
from contracts.values.ids import OPERATOR, SYSTEM, InviteJobId, PersonId
from tests.unit.command_api.domain.spec import (
    ANN,
    ANNOUNCEMENT,
    AUTHOR,
    BEN,
    CAT,
    Spec,
    announce,
    ask,
    cancel,
    invite,
    say,
)

JOB = InviteJobId("job")
BEGIN = InviteAllFollowers(announcement_id=ANNOUNCEMENT, job_id=JOB)


def advance(part: int, *guests: PersonId, **fields: Any) -> AdvanceInviteJob:
    given: dict[str, Any] = {"left_over": 0, "is_last": False, "after": None} | fields
    return AdvanceInviteJob(job_id=JOB, part=part, guests=invite(*guests).guests, **given)


def begun(rules: Rules = DEFAULT_RULES) -> Spec:
    return Spec(rules).given(AUTHOR, announce(), BEGIN)


def test_a_job_begins_once_at_a_time() -> None:
    spec = Spec().given(AUTHOR, announce()).when(AUTHOR, BEGIN)
    spec.then((InviteJobBegun, {"job_id": JOB}))
    another = InviteAllFollowers(announcement_id=ANNOUNCEMENT, job_id=InviteJobId("another"))
    spec.when(AUTHOR, another).then_nothing()
    assert spec.decision.outcome.facts == {"job_id": JOB}
    spec.when(ANN, BEGIN).then_fails(Forbidden)


def test_a_part_is_carried_out_once_and_the_last_one_ends_the_job() -> None:
    spec = begun().given(AUTHOR, invite(BEN)).when(SYSTEM, advance(0, ANN, BEN, after=BEN))
    spec.then(
        (BookingInvited, {"guest_id": ANN}),
        (InviteJobAdvanced, {"invited": 1, "already_invited": 1, "after": BEN, "parts": 1}),
    )
    spec.when(SYSTEM, advance(0, ANN, BEN)).then_nothing()
    spec.when(SYSTEM, advance(1, CAT, is_last=True)).then(
        (BookingInvited, {"guest_id": CAT}),
        (InviteJobAdvanced, {"invited": 2, "state": "done", "left_over": 0}),
    )
    assert list_running(spec.layer) == ()
    spec.when(SYSTEM, advance(2)).then_nothing()


def test_a_no_of_either_side_stands_above_it() -> None:
    """Only the author's word about this one guest undoes it."""
    spec = begun().given(ANN, ask(ANN)).given(BEN, ask(BEN)).given(AUTHOR, invite(CAT))
    spec.given(AUTHOR, say(True, ANN), say(False, ANN), say(False, BEN))
    spec.given(CAT, say(False, CAT))
    spec.when(SYSTEM, advance(0, ANN, BEN, CAT, after=CAT))
    spec.then((InviteJobAdvanced, {"invited": 0, "refused": 3, "already_invited": 0}))
    spec.when(AUTHOR, invite(CAT)).then((BookingInvited, {"guest_id": CAT}))


def test_it_stays_within_the_limit_of_a_day_and_reports_the_rest() -> None:
    spec = begun(Rules(invitations_of_host_a_day_max=1)).when(SYSTEM, advance(0, ANN, BEN))
    spec.then(
        (BookingInvited, {"guest_id": ANN}),
        (InviteJobAdvanced, {"invited": 1, "left_over": 1, "refused": 0, "state": "running"}),
    )
    spec.when(SYSTEM, advance(1, left_over=7, is_last=True)).then(
        (InviteJobAdvanced, {"left_over": 8, "state": "limit_reached"})
    )


def test_it_ends_with_the_evening_and_with_the_author() -> None:
    over = begun().given(AUTHOR, cancel()).when(SYSTEM, advance(0, ANN))
    over.then((InviteJobAdvanced, {"state": "evening_over", "invited": 0}))
    barred = begun().given(OPERATOR, SuspendPerson(person_id=AUTHOR, reason="spam"))
    barred.when(SYSTEM, advance(0, ANN)).then((InviteJobAdvanced, {"state": "host_barred"}))
