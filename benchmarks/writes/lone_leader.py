"""A leader without HTTP and without a journal: decides, renders, encodes and folds."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from random import Random
from time import process_time
from typing import Final
from uuid import UUID

from command_api.domain.announcement.commands import CreateAnnouncement, FilmFacts
from command_api.domain.decide import Decision, decide
from command_api.domain.layer import Layer
from command_api.domain.person.commands import PersonFacts
from command_api.domain.rules import Rules
from command_api.domain.submission import AnyCommand, Submission
from command_api.image.image import Image
from command_api.rendering import build_renderer
from contracts.events.stored.codec import encode_event
from contracts.journal.concealment import FingerprintKey
from contracts.journal.records import (
    GENESIS_HASH,
    CommandInfo,
    Commit,
    encode_record,
    hash_record,
)
from contracts.values.ids import AnnouncementId, MovieId, PersonId

BEGIN: Final = datetime(2026, 6, 1, 12, tzinfo=UTC)
RULES: Final = Rules(evenings_open_max=1_000_000, invitations_of_host_a_day_max=1_000_000)
FILM: Final = FilmFacts(MovieId(str(UUID(int=1))), "Solaris", "Солярис", 120)

Given = tuple[PersonId, AnyCommand]
"""A command with the person who gives it."""

_random = Random(1)
_render = build_renderer(RULES, lambda _person, _at: "", lambda _link: "")


def new_id() -> str:
    return str(UUID(int=_random.getrandbits(128), version=4))


def new_person() -> PersonId:
    return PersonId(new_id())


def announce(hours_ahead: float = 24.0) -> CreateAnnouncement:
    """Return an announcement with very many seats."""
    return CreateAnnouncement(
        announcement_id=AnnouncementId(new_id()),
        film=FILM,
        title="Solaris together",
        description="",
        visibility="public",
        is_free=True,
        ticket_count=1_000_000,
        event_time=BEGIN + timedelta(hours=hours_ahead),
        event_location="Here",
    )


class LoneLeader:
    """Takes commands one after another, as a leader does whose records are read back at once."""

    def __init__(self) -> None:
        self._image = Image(fingerprint_key=FingerprintKey("a secret of benchmarks only"))
        self._tentative = Layer.on(self._image.accepted)
        self._hash = GENESIS_HASH
        self._now = BEGIN
        self.commits: list[Commit] = []

    def give(self, actor: PersonId, command: AnyCommand) -> Decision:
        """Decide a command, and answer, record and fold it. Raises ValueError if it is refused."""
        submission, decision = self._decide(actor, command)
        commit = Commit(
            term=1,
            seq=len(self.commits) + 1,
            prev_hash=self._hash,
            decided_at=self._now,
            command=self._image.keys.conceal(
                CommandInfo(
                    submission.id,
                    submission.kind,
                    actor,
                    submission.idempotency_key,
                    submission.fingerprint,
                    submission.query_fingerprint,
                )
            ),
            outcome=decision.outcome,
            events=tuple(encode_event(event) for event in decision.events),
        )
        self._hash = hash_record(encode_record(commit))
        self._tentative.absorb(decision.layer)
        self._image.fold(commit, decision.layer)
        self._tentative.forget(decision.layer)
        self.commits.append(commit)
        return decision

    def attempt(self, actor: PersonId, command: AnyCommand) -> Decision:
        """Decide a command and answer it, and record nothing. Raises ValueError if it is
        refused."""
        return self._decide(actor, command)[1]

    def _decide(self, actor: PersonId, command: AnyCommand) -> tuple[Submission, Decision]:
        key = new_id()
        submission = Submission(
            id=key,
            actor=actor,
            idempotency_key=key,
            fingerprint=key,
            query_fingerprint="",
            command=command,
            actor_facts=PersonFacts(actor, actor[:8]),
        )
        self._now += timedelta(milliseconds=1)
        position = len(self.commits) + 1
        decision = decide(submission, self._tentative, self._now, RULES, position=position)
        if decision.outcome.refused:
            raise ValueError(decision.outcome)
        _render(decision.layer, submission, decision.outcome)
        return submission, decision


def measure(
    carry_out: Callable[[PersonId, AnyCommand], object], commands: Iterable[Given]
) -> float:
    """Carry the commands out, and return the microseconds of processor time that each took."""
    prepared = list(commands)
    began_at = process_time()
    for actor, command in prepared:
        carry_out(actor, command)
    return 1e6 * (process_time() - began_at) / len(prepared)
