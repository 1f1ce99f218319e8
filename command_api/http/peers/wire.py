"""Encodes and decodes what the command processes of a cell send each other, as JSON.

A follower hands over what has gathered: many commands with one request. A process of an earlier
build hands over one command with each request, and takes no other.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Raw, Struct

from command_api.domain.submission import Submission
from command_api.leader.ports import Answer
from contracts.error_codes import ErrorCode
from contracts.errors import (
    CommandError,
    Forbidden,
    KeyReused,
    Malformed,
    NeedsFact,
    NoLeader,
    NotEnabledYet,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    StaleVersion,
    TooLarge,
)
from contracts.journal.records import Outcome
from contracts.representations import RenewalResponse
from contracts.values.decoding import UNDECODABLE

COMMAND_PATH: Final = "/internal/commands"
BATCH_PATH: Final = "/internal/commands/batch"
RENEWAL_PATH: Final = "/internal/renewal"
SECRET_HEADER: Final = "X-Practix-Cell-Secret"
FORWARD_S_MAX: Final = 30.0
COMMAND_BYTES_MAX: Final = 256 * 1024
BATCH_COMMANDS_MAX: Final = 64
"""The leader decides a batch in one turn, and meanwhile nothing else."""
BATCH_BYTES_MAX: Final = 512 * 1024
"""Commands that are sent together have no more bytes; a larger one is sent alone."""
BODY_BYTES_MAX: Final = BATCH_BYTES_MAX + COMMAND_BYTES_MAX

ANSWERS_BYTES_MAX: Final = 8 * 1024 * 1024
"""Once the bodies of a batch's answers are larger, the rest are left out."""
ANSWER_BYTES_MAX: Final = 2 * ANSWERS_BYTES_MAX
"""Far more than an announcement with its whole guest list takes."""

_ERRORS: Final[dict[str, type[CommandError]]] = {
    kind.__name__: kind
    for kind in (
        Forbidden,
        KeyReused,
        Malformed,
        NeedsFact,
        NoLeader,
        NotEnabledYet,
        NotFound,
        OutcomeUnknown,
        RateLimited,
        StaleVersion,
        TooLarge,
    )
}
"""The errors that a leader sends back, by their names. Any other becomes OutcomeUnknown."""


class ForwardedSubmission(Struct, frozen=True):
    submission: Submission
    timeout_s: float
    """How long the sender will still wait."""


class EncodedSubmission(Struct, frozen=True):
    """A ForwardedSubmission whose command is encoded already."""

    submission: Raw
    timeout_s: float


class RenewalQuestion(Struct, frozen=True):
    begin: bool
    by: str | None = None
    """The operator who has the renewal begun; None if the token names nobody."""


class ForwardedAnswer(Struct, frozen=True, omit_defaults=True):
    """An answer, or the error that was raised instead of one."""

    outcome: Outcome | None = None
    position: int = 0
    body: Raw = Raw()
    replayed: bool = False
    error: str | None = None
    code: ErrorCode | None = None
    facts: dict[str, Any] = {}

    @classmethod
    def of(cls, result: Answer | CommandError) -> "ForwardedAnswer":
        """Return an answer, or an error, as it is sent."""
        if isinstance(result, CommandError):
            return cls(error=type(result).__name__, code=result.code, facts=result.facts)
        return cls(result.outcome, result.position, Raw(result.body or b"null"), result.replayed)

    def restore(self) -> Answer | CommandError:
        """Return the answer, or the error, as the leader gave it."""
        if self.error is not None:
            kind = _ERRORS.get(self.error, OutcomeUnknown)
            error = kind.__new__(kind)
            CommandError.__init__(error, self.code, self.facts)
            return error
        if self.outcome is None:
            return OutcomeUnknown()
        return Answer(self.outcome, self.position, bytes(self.body), self.replayed)


Batch = Annotated[list[Raw], Meta(max_length=BATCH_COMMANDS_MAX)]

encode: Final = msgspec.json.Encoder().encode
decode_submission: Final = msgspec.json.Decoder(ForwardedSubmission).decode
decode_answer: Final = msgspec.json.Decoder(ForwardedAnswer).decode
decode_answers: Final = msgspec.json.Decoder(list[ForwardedAnswer]).decode
decode_question: Final = msgspec.json.Decoder(RenewalQuestion).decode
decode_renewal: Final = msgspec.json.Decoder(RenewalResponse).decode
_decode_batch: Final = msgspec.json.Decoder(Batch).decode


def encode_answers(results: Sequence[Answer | CommandError]) -> bytes:
    """Return the answers to a batch. Those for which no room is left are OutcomeUnknown: the next
    attempt finds them, without those that had room."""
    answers, room = [], ANSWERS_BYTES_MAX
    for one in results:
        answers.append(ForwardedAnswer.of(one if room >= 0 else OutcomeUnknown()))
        room -= len(one.body) if isinstance(one, Answer) else 0
    return encode(answers)


def decode_submissions(body: bytes) -> Sequence[ForwardedSubmission | Malformed]:
    """Return the commands of a batch. One that cannot be read does not spoil the others: while
    processes are replaced, a newer one may know commands that this one does not. Raises one of
    UNDECODABLE if the whole is no batch."""
    return [_decode_one(one) for one in _decode_batch(body)]


def _decode_one(encoded: Raw) -> ForwardedSubmission | Malformed:
    try:
        return decode_submission(encoded)
    except UNDECODABLE:
        return Malformed("malformed_request")
