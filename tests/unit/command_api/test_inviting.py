"""The worker of invite jobs: another process goes on where the last part was recorded."""

from collections import Counter
from typing import cast
from uuid import UUID

from command_api.domain.booking.commands import Invitee
from command_api.domain.invite_job.commands import InviteAllFollowers
from command_api.domain.invite_job.evolution import list_running_jobs
from command_api.domain.invite_job.state import InviteJob
from command_api.domain.person.commands import PersonFacts
from command_api.domain.rules import Rules
from command_api.domain.submission import Submission
from command_api.http.lookups import Lookups
from command_api.inviting import LOOK_S, PART, WAIT_S, InviteJobs
from command_api.leader.answering import Answering
from contracts.errors import DependencyDown
from contracts.events.booking import BookingInvited
from contracts.events.stored.codec import decode_events
from contracts.values.ids import AnnouncementId, BookingId, InviteJobId, PersonId, new_id
from runtime.outside.ports import UgcClient
from tests.histories.decided import DecidedHistory
from tests.unit.command_api.domain.spec import NOON, announce

AUTHOR = PersonId(new_id())
EVENING = AnnouncementId(new_id())


class CellWithFollowers:
    """A leader, Auth and UGC, which may be down."""

    def __init__(self, followers: int, rules: Rules) -> None:
        self.history = DecidedHistory(NOON, rules)
        self.names = tuple(PersonId(new_id()) for _ in range(followers))
        self.down = False
        self.refused: PersonId | None = None
        """UGC answers nonsense about this author."""
        self.keys: list[str] = []
        begin = InviteAllFollowers(announcement_id=EVENING, job_id=InviteJobId(new_id()))
        for command in (announce(EVENING), begin):
            self.history.record(self.history.decide(AUTHOR, command))

    def list_running_jobs(self) -> list[InviteJob]:
        return list_running_jobs(self.history.layer)

    async def submit(self, submission: Submission, _deadline_s: float) -> None:
        self.keys.append(submission.idempotency_key)
        self.history.record(self.history.decide(submission.actor, submission.command))

    async def followers(self, author_id: PersonId) -> tuple[PersonId, ...]:
        if self.down:
            raise DependencyDown("ugc")
        if author_id == self.refused:
            raise ValueError("nonsense")
        return self.names

    async def find_invitees(self, guest_ids: "map[UUID]") -> tuple[Invitee, ...]:
        ids = [PersonId(str(one)) for one in guest_ids]
        return tuple(Invitee(one, BookingId(new_id()), PersonFacts(one, "Ann")) for one in ids)

    def worker(self) -> InviteJobs:
        return InviteJobs(cast(Answering, self), cast(Lookups, self), cast(UgcClient, self))

    def invited(self) -> Counter[PersonId]:
        events = [
            one for commit in self.history.chain.commits for one in decode_events(commit.events)
        ]
        return Counter(one.guest_id for one in events if isinstance(one, BookingInvited))

    def list_jobs(self) -> list[InviteJob]:
        return list(self.history.layer.invite_jobs.own.values())

    @property
    def job(self) -> InviteJob:
        (job,) = self.list_jobs()
        return job


async def test_another_worker_goes_on_and_nobody_is_invited_twice() -> None:
    cell = CellWithFollowers(2 * PART + 1, Rules())
    cell.down = True
    assert await cell.worker()._work() == WAIT_S
    cell.down = False
    for _ in range(3):
        assert await cell.worker()._work() == 0.0
    assert await cell.worker()._work() == LOOK_S
    assert cell.invited() == Counter(cell.names)
    assert (cell.job.state, cell.job.invited) == ("done", 2 * PART + 1)
    assert cell.keys == [f"invite-job/{cell.job.id}/{part}" for part in range(3)]


async def test_the_rest_is_counted_without_asking_once_the_limit_is_reached() -> None:
    cell = CellWithFollowers(5 * PART, Rules(invitations_of_host_a_day_max=PART + 1))
    worker = cell.worker()
    while await worker._work() == 0.0:
        pass
    assert (cell.job.state, cell.job.invited) == ("limit_reached", PART + 1)
    assert (cell.job.left_over, cell.job.parts) == (4 * PART - 1, 3)


async def test_an_author_without_followers_is_done_at_once() -> None:
    cell = CellWithFollowers(0, Rules())
    await cell.worker()._work()
    assert (cell.job.state, cell.job.invited) == ("done", 0)


async def test_a_job_that_fails_keeps_no_other_waiting() -> None:
    cell = CellWithFollowers(PART, Rules())
    other = AnnouncementId(new_id())
    begin = InviteAllFollowers(announcement_id=other, job_id=InviteJobId(new_id()))
    author = PersonId(new_id())
    for command in (announce(other), begin):
        cell.history.record(cell.history.decide(author, command))
    cell.refused = cell.list_running_jobs()[0].author_id
    assert await cell.worker()._work() == WAIT_S
    assert {one.state for one in cell.list_jobs()} == {"running", "done"}
