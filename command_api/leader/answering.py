"""Answers commands: decides them here if this process leads, or forwards them to the leader.

It tries again when the leader changes, which the idempotency key makes safe, so that a client
sees latency and not an error.
"""

import asyncio
import logging
from collections.abc import Awaitable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final

from command_api.domain.announcement.visibility import find_own
from command_api.domain.booking.eligibility import assess_eligibility
from command_api.domain.invite_job.evolution import list_running_jobs
from command_api.domain.invite_job.state import InviteJob
from command_api.domain.invite_link.representation import (
    InviteLinkResponse,
    render_invite_links,
)
from command_api.domain.person.state import Person
from command_api.domain.representation import SignLink
from command_api.domain.rules import Rules
from command_api.domain.submission import Submission
from command_api.image.store import StoreDamaged
from command_api.leader.charges import ChargeOnce
from command_api.leader.command_spans import begin_command, caused_by, record_answer
from command_api.leader.log_time import log_time
from command_api.leader.node import Node
from command_api.leader.ports import (
    UNOBSERVED,
    AdmitForwarded,
    Answer,
    Observer,
    Peers,
    Render,
    WallClock,
    admit_everybody,
)
from command_api.leader.reign import StoredMeanwhile
from command_api.leader.sent_record import Begun
from contracts.errors import (
    CommandError,
    NeedsFact,
    NoLeader,
    OutcomeUnknown,
    ProjectionBehind,
    Unavailable,
)
from contracts.journal.records import CommandInfo
from contracts.representations import EligibilityResponse
from contracts.values.ids import AnnouncementId, PersonId
from contracts.values.languages import Language
from runtime.logs.lines import LINES
from runtime.process.tasks import start_for

log = logging.getLogger(__name__)

SUBMIT_DEADLINE_S: Final = 30.0
"""How long a command process keeps trying to have a command answered, unless set otherwise."""
RETRY_S: Final = 0.1
REACH_POLL_S: Final = 0.02


class Answering:
    """Answers the clients of a command process, and its peers."""

    def __init__(
        self,
        node: Node,
        *,
        peers: Peers,
        clock: WallClock,
        render: Render,
        rules: Rules,
        observer: Observer = UNOBSERVED,
        admit_forwarded: AdmitForwarded = admit_everybody,
    ) -> None:
        self._charge = ChargeOnce(admit_forwarded)
        self._node = node
        self._peers = peers
        self._clock = clock
        self._render = render
        self._rules = rules
        self._observer = observer
        self._time = asyncio.get_running_loop().time

    @property
    def position(self) -> int:
        """The position up to which this process has read the journal."""
        return self._node.image.seq

    async def reach(self, seq: int, wait_s: float) -> None:
        """Wait until this process has read the journal up to `seq`. Raises ProjectionBehind if
        that takes longer than `wait_s`."""
        give_up_at = self._time() + wait_s
        while self.position < seq:
            if self._time() >= give_up_at:
                raise ProjectionBehind(seq, self.position)
            await asyncio.sleep(REACH_POLL_S)

    def find_person(self, person_id: PersonId) -> Person:
        """Return what is known of a person, as far as this process has read the journal. Raises
        NoLeader if the image on disk is damaged."""
        with demand_store():
            return self._node.image.accepted.person(person_id)

    def list_suspended(self) -> list[Person]:
        """Return the people who are suspended, as far as this process has read the journal.
        Raises NoLeader if the image on disk is damaged."""
        image = self._node.image
        with demand_store():
            return [image.accepted.person(person_id) for person_id in image.suspended]

    def list_running_jobs(self) -> list[InviteJob]:
        """Return the invite jobs that are not over if this process leads; none if it does not.
        Raises NoLeader if the image on disk is damaged."""
        if not self._node.leading:
            return []
        with demand_store():
            return list_running_jobs(self._node.image.accepted)

    def list_invite_links(
        self, announcement_id: AnnouncementId, person_id: PersonId, sign: SignLink
    ) -> list[InviteLinkResponse]:
        """Return the links to a person's announcement, as far as this process has read the
        journal. Raises NotFound and Forbidden as `find_own` does."""
        with demand_store():
            layer = self._node.image.accepted
            announcement = find_own(layer, announcement_id, person_id)
            return render_invite_links(layer, announcement, sign)

    async def submit(
        self, submission: Submission, deadline_s: float, *, forwarded: bool = False
    ) -> Answer:
        """Return the recorded answer to a command, from whichever process leads.

        Tries again when the leader changes, for up to `deadline_s` seconds. A `forwarded` command
        is decided here or not at all. Raises the CommandErrors of the decision, KeyReused,
        NeedsFact, RateLimited (if the person of a forwarded command sends too many),
        OutcomeUnknown if the command may count, NoLeader if it surely does not.
        """
        span = begin_command("command", "internal", submission)
        if span is None:
            return await self._submit(submission, deadline_s, forwarded=forwarded)
        submission = caused_by(span, submission)
        answering = self._submit(submission, deadline_s, forwarded=forwarded)
        return await record_answer(span, answering)

    async def _submit(
        self, submission: Submission, deadline_s: float, *, forwarded: bool
    ) -> Answer:
        try:
            give_up_at = self._time() + deadline_s
            answer = await self._keep_trying(submission, give_up_at, forwarded=forwarded)
        except NeedsFact:
            raise  # Not an answer yet: the caller looks the fact up and submits again.
        except CommandError as error:
            self._count_answer(error.code, forwarded=forwarded)
            if not forwarded:
                _add_line(submission, error.code)
            raise
        self._count_answer(answer.outcome.code, forwarded=forwarded, replayed=answer.replayed)
        if not forwarded and (answer.replayed or submission.dry_run):
            _add_line(submission, answer.outcome.code, answer)
        return answer

    async def submit_forwarded(
        self, submissions: Sequence[Submission], deadline_s: float
    ) -> list[Answer | CommandError]:
        """Return what `submit` would return or raise for each forwarded command, in order. All
        are begun in one turn, so that they share the journal's group commits."""
        give_up_at = self._time() + deadline_s
        begun = [self._try_to_begin(one) for one in submissions]
        return [
            await self._conclude(submission, one, give_up_at)
            for submission, one in zip(submissions, begun, strict=True)
        ]

    def assess_eligibility(
        self,
        announcement_id: AnnouncementId,
        person_id: PersonId,
        *,
        follows_author: bool | None,
        language: Language,
    ) -> EligibilityResponse:
        """Return whether a request for a seat would be accepted, as far as this process has read
        the journal. Raises NotFound and NeedsFact as `eligibility` does."""
        with demand_store():
            return assess_eligibility(
                self._node.image.accepted,
                announcement_id,
                person_id,
                log_time(self._node.image.decided_at, self._clock()),
                self._rules,
                follows_author=follows_author,
                language=language,
            )

    def _count_answer(self, code: str, *, forwarded: bool, replayed: bool = False) -> None:
        if not forwarded:  # The process that forwarded it answers the client.
            self._observer.count_answer(code, replayed=replayed)

    async def _keep_trying(
        self,
        submission: Submission,
        give_up_at: float,
        *,
        forwarded: bool,
        failure: Unavailable | None = None,
    ) -> Answer:
        """Return the answer to a command that has failed with `failure` so far."""
        while (left_s := give_up_at - self._time()) > 0:
            try:
                begun = self._begin(submission, forwarded=forwarded)
                if isinstance(begun, Begun):
                    return await self._finish(begun, left_s)
                return begun or await self._ask_leader(submission, left_s, forwarded=forwarded)
            except StoredMeanwhile:
                failure = OutcomeUnknown()
                continue
            except TimeoutError:
                failure = OutcomeUnknown()
                break
            except (OutcomeUnknown, NoLeader) as error:
                if not isinstance(failure, OutcomeUnknown):
                    failure = error
                if forwarded:
                    break
            await asyncio.wait([self._node.leader_change], timeout=RETRY_S)
        raise failure or NoLeader()

    async def _ask_leader(
        self, submission: Submission, timeout_s: float, *, forwarded: bool
    ) -> Answer:
        """Return the answer of another process. A `forwarded` command is not passed on again."""
        if forwarded or self._node.leader_url is None:
            raise NoLeader
        return await self._forward(self._node.leader_url, submission, timeout_s)

    def _begin(self, submission: Submission, *, forwarded: bool) -> Answer | Begun | None:
        """Return the stored answer, or what this process has decided; None if it does not lead.
        Raises RateLimited, NoLeader if the image on disk is damaged, and as `Reign.begin` does."""
        with demand_store():
            command = self._node.image.keys.conceal(submission.identify())
            if not submission.dry_run and (stored := self._find_stored(submission, command)):
                return stored
            reign = self._node.reign
            if reign is None or not reign.leading:
                return None
            if forwarded:
                self._charge(submission)
            return reign.begin(submission, command)

    def _try_to_begin(self, submission: Submission) -> Answer | Begun | CommandError:
        """Begin a forwarded command. One that fails does not stop those it came with."""
        try:
            return self._begin(submission, forwarded=True) or NoLeader()
        except CommandError as error:
            return error
        except Exception:
            return _uncertain_by_bug(submission)

    async def _conclude(
        self, submission: Submission, begun: Answer | Begun | CommandError, give_up_at: float
    ) -> Answer | CommandError:
        if not isinstance(begun, Begun):
            return begun
        try:
            try:
                return await self._finish(begun, give_up_at - self._time())
            except StoredMeanwhile:
                return await self._keep_trying(
                    submission, give_up_at, forwarded=True, failure=OutcomeUnknown()
                )
        except TimeoutError:
            return OutcomeUnknown()
        except CommandError as error:
            return error
        except Exception:
            return _uncertain_by_bug(submission)

    def _finish(self, begun: Begun, timeout_s: float) -> Awaitable[Answer]:
        reign = self._node.reign
        if reign is None or reign.settles_within_s < timeout_s:
            return begun.finish()  # The usual case, without the cost of a timer.
        return _finish_within(begun, timeout_s)

    def _find_stored(self, submission: Submission, command: CommandInfo) -> Answer | None:
        stored = self._node.image.keys.find(
            command.actor, command.idempotency_key, command.fingerprint, command.query_fingerprint
        )
        if stored is None:
            return None
        body = self._render(self._node.image.accepted, submission, stored.outcome)
        return Answer(stored.outcome, stored.seq, body, replayed=True)

    async def _forward(self, leader_url: str, submission: Submission, timeout_s: float) -> Answer:
        """Return the leader's answer. Raises OutcomeUnknown as soon as the leader changes: the
        old one may be frozen, and the idempotency key makes asking the new one safe."""
        change = self._node.leader_change
        forwarding = start_for(self._peers.forward(leader_url, submission, timeout_s), "forward")
        try:
            either: list[asyncio.Future[Any]] = [forwarding, change]
            await asyncio.wait(either, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
            if not forwarding.done():
                raise OutcomeUnknown
            return forwarding.result()
        finally:
            forwarding.cancel()


def _uncertain_by_bug(submission: Submission) -> OutcomeUnknown:
    """Log the exception that is being handled, and return what the sender is told."""
    log.exception("command failed: %s", submission.kind)
    return OutcomeUnknown()


def _add_line(submission: Submission, code: str, answer: Answer | None = None) -> None:
    """Add the line of a command that is not recorded now to the log. The process that answers the
    client does so."""
    LINES.add_command(
        submission.kind,
        code,
        None if answer is None else answer.position,
        traceparent=submission.traceparent,
        person_id=submission.actor,
        refused=answer is None or answer.outcome.refused,
        replayed=answer is not None and answer.replayed,
        dry_run=submission.dry_run,
    )


async def _finish_within(begun: Begun, timeout_s: float) -> Answer:
    async with asyncio.timeout(timeout_s):
        return await begun.finish()


class _DemandStore:
    """Raises NoLeader if the image on disk turns out to be damaged. Everything is read before
    anything is sent, so nothing was done; this process reads its image anew."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> None:
        if isinstance(error, StoreDamaged):
            raise NoLeader from error


_STORE_DEMANDED: Final = _DemandStore()


def demand_store() -> AbstractContextManager[None]:
    """Return the block in which a damaged image raises NoLeader. Cheap, as every command needs
    it."""
    return _STORE_DEMANDED
