"""Represents an invite job to the author who began it."""

from typing import Final

from command_api.domain.invite_job.commands import AdvanceInviteJob, InviteAllFollowers
from command_api.domain.representation import AnswerBasis, Answers
from contracts.representations import InviteJobResponse
from contracts.values.ids import InviteJobId


def _answer_with_job(basis: AnswerBasis) -> InviteJobResponse:
    job = basis.layer.invite_jobs.find(InviteJobId(basis.outcome.facts["job_id"]))
    return InviteJobResponse(
        job_id=job.id,
        announcement_id=job.announcement_id,
        state=job.state,
        invited=job.invited,
        already_invited=job.already_invited,
        refused=job.refused,
        left_over=job.left_over,
        created=job.created_at,
        modified=job.modified_at,
    )


INVITE_JOB_ANSWERS: Final[Answers] = {
    InviteAllFollowers: _answer_with_job,
    AdvanceInviteJob: _answer_with_job,
}
