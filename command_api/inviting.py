"""Carries out invite jobs: looks up an author's followers and has them invited, part by part.

Only the leader's process works. What is left to do follows from the image, so a restart or a new
leader goes on where the last part was recorded. Each part has an idempotency key of its own that
follows from the job and the number of the part.
"""

import asyncio
import logging
from typing import Final, NoReturn
from uuid import UUID

from command_api.domain.invite_job.commands import AdvanceInviteJob
from command_api.domain.invite_job.state import InviteJob
from command_api.domain.submission import Submission
from command_api.http.lookups import Lookups
from command_api.leader.answering import SUBMIT_DEADLINE_S, Answering
from contracts.errors import CommandError, DependencyDown
from contracts.values.ids import SYSTEM, InviteJobId, PersonId, new_id
from runtime.outside.ports import UgcClient

log = logging.getLogger(__name__)

PART: Final = 50
"""Followers of one command: their events have to fit into one record."""
LOOK_S: Final = 0.5
"""Pause between two looks for jobs if there are none."""
WAIT_S: Final = 5.0
"""Pause after a part failed: UGC or Auth does not answer, or nobody leads."""


class InviteJobs:
    """The worker of one command process."""

    def __init__(self, answering: Answering, lookups: Lookups, ugc: UgcClient) -> None:
        self._answering = answering
        self._lookups = lookups
        self._ugc = ugc
        self._followers: dict[InviteJobId, list[PersonId]] = {}
        """By job that this process works on, in the order of ids."""

    async def run(self) -> NoReturn:
        """Carry out jobs for ever, one part of each in turn."""
        while True:
            await asyncio.sleep(await self._work())

    async def _work(self) -> float:
        """Carry out one part of each job; one that fails keeps no other waiting. Returns how
        long to pause."""
        try:
            jobs = self._answering.list_running_jobs()
        except CommandError as error:
            log.warning("invite jobs wait: %s", error.code)
            return WAIT_S
        self._followers = {one.id: self._followers.get(one.id, []) for one in jobs}
        advanced = [await self._try_to_advance(job) for job in jobs]
        if not all(advanced):
            return WAIT_S
        return 0.0 if jobs else LOOK_S

    async def _try_to_advance(self, job: InviteJob) -> bool:
        try:
            await self._advance(job)
        except (DependencyDown, CommandError) as error:
            log.warning("an invite job waits: %s", error.code)
            return False
        except Exception:
            log.exception("an invite job failed")
            return False
        return True

    async def _advance(self, job: InviteJob) -> None:
        if not self._followers[job.id]:
            self._followers[job.id] = sorted(set(await self._ugc.followers(job.author_id)))
        left = [one for one in self._followers[job.id] if job.after is None or one > job.after]
        part = () if job.left_over else tuple(left[:PART])
        command = AdvanceInviteJob(
            job_id=job.id,
            part=job.parts,
            guests=await self._lookups.find_invitees(map(UUID, part)),
            after=part[-1] if part else None,
            left_over=len(left) if job.left_over else 0,
            is_last=bool(job.left_over) or len(left) <= PART,
        )
        submission = Submission(
            id=new_id(),
            actor=SYSTEM,
            idempotency_key=f"invite-job/{job.id}/{job.parts}",
            fingerprint="",
            command=command,
        )
        await self._answering.submit(submission, SUBMIT_DEADLINE_S)
