"""Represents mutes and blocks to whoever set them, suspensions to operators, erasures to both."""

from datetime import datetime
from typing import Final, Literal

from msgspec import Struct

from command_api.domain.person.commands import (
    BlockPerson,
    ConfirmErasure,
    MuteAuthor,
    OrderErasure,
    ReinstatePerson,
    RequestErasure,
    SuspendPerson,
    UnblockPerson,
    UnmuteAuthor,
    WithdrawErasure,
)
from command_api.domain.person.state import Person
from command_api.domain.representation import AnswerBasis, Answers
from contracts.values.ids import PersonId


class MuteResponse(Struct, frozen=True):
    """Whether the caller has muted the author now."""

    user_id: PersonId
    muted: bool


class BlockResponse(Struct, frozen=True):
    """Whether the caller has blocked the person now."""

    user_id: PersonId
    blocked: bool


class SuspensionResponse(Struct, frozen=True):
    """Whether a person is shut out now; the other fields are None if not."""

    user_id: PersonId
    name: str
    suspended: bool
    reason: str | None = None
    by: str | None = None
    since: datetime | None = None


class ErasureResponse(Struct, frozen=True, kw_only=True):
    """Whether a person's data are to be erased."""

    user_id: PersonId
    state: Literal["none", "requested", "confirmed", "erased"]
    """`requested` counts only if it is confirmed before `erase_at`. `erased` ends when the person
    comes back."""
    erase_at: datetime | None = None
    """When the erasure begins."""
    by: str | None = None
    """Name that an operator gave; None if the person asked."""
    token: str | None = None
    """Confirms the request if the person sends it. Only the answer to their own request has it."""


def render_erasure(person: Person, token: str | None = None) -> ErasureResponse:
    erasure = person.erasure
    if erasure is None or erasure.status == "withdrawn":
        return ErasureResponse(user_id=person.id, state="erased" if person.erased else "none")
    return ErasureResponse(
        user_id=person.id,
        state=erasure.status,
        erase_at=erasure.erase_at,
        by=erasure.by,
        token=token,
    )


def render_suspension(person: Person) -> SuspensionResponse:
    suspension = person.suspension
    if suspension is None:
        return SuspensionResponse(person.id, person.name, suspended=False)
    return SuspensionResponse(
        person.id,
        person.name,
        suspended=True,
        reason=suspension.reason,
        by=suspension.by,
        since=suspension.since,
    )


def _answer_with_mute(basis: AnswerBasis) -> MuteResponse:
    assert isinstance(basis.submission.command, MuteAuthor | UnmuteAuthor)
    author_id = basis.submission.command.author_id
    actor, author = basis.layer.person(basis.submission.actor), basis.layer.person(author_id)
    return MuteResponse(author_id, actor.has_muted(author))


def _answer_with_block(basis: AnswerBasis) -> BlockResponse:
    assert isinstance(basis.submission.command, BlockPerson | UnblockPerson)
    person_id = basis.submission.command.person_id
    return BlockResponse(person_id, person_id in basis.layer.person(basis.submission.actor).blocked)


def _answer_with_suspension(basis: AnswerBasis) -> SuspensionResponse:
    assert isinstance(basis.submission.command, SuspendPerson | ReinstatePerson)
    return render_suspension(basis.layer.person(basis.submission.command.person_id))


def _answer_with_token(basis: AnswerBasis) -> ErasureResponse:
    person = basis.layer.person(basis.submission.actor)
    erasure = person.erasure
    token = None if erasure is None else basis.sign_erasure(person.id, erasure.erase_at)
    return render_erasure(person, token)


def _answer_with_own_erasure(basis: AnswerBasis) -> ErasureResponse:
    return render_erasure(basis.layer.person(basis.submission.actor))


def _answer_with_erasure(basis: AnswerBasis) -> ErasureResponse:
    assert isinstance(basis.submission.command, OrderErasure | WithdrawErasure)
    return render_erasure(basis.layer.person(basis.submission.command.person_id))


PERSON_ANSWERS: Final[Answers] = {
    MuteAuthor: _answer_with_mute,
    UnmuteAuthor: _answer_with_mute,
    BlockPerson: _answer_with_block,
    UnblockPerson: _answer_with_block,
    SuspendPerson: _answer_with_suspension,
    ReinstatePerson: _answer_with_suspension,
    RequestErasure: _answer_with_token,
    ConfirmErasure: _answer_with_own_erasure,
    OrderErasure: _answer_with_erasure,
    WithdrawErasure: _answer_with_erasure,
}
