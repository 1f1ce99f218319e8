"""Represents a mute to the person who muted, and a suspension to operators."""

from datetime import datetime
from typing import Final

from msgspec import Struct

from command_api.domain.person.commands import (
    MuteAuthor,
    ReinstatePerson,
    SuspendPerson,
    UnmuteAuthor,
)
from command_api.domain.person.state import Person
from command_api.domain.representation import AnswerBasis, Answers
from contracts.values.ids import PersonId


class MuteResponse(Struct, frozen=True):
    """Whether the caller has muted the author now."""

    user_id: PersonId
    muted: bool


class SuspensionResponse(Struct, frozen=True):
    """Whether a person is shut out now; the other fields are None if not."""

    user_id: PersonId
    name: str
    suspended: bool
    reason: str | None = None
    by: str | None = None
    since: datetime | None = None


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
    return MuteResponse(author_id, author_id in basis.layer.person(basis.submission.actor).muted)


def _answer_with_suspension(basis: AnswerBasis) -> SuspensionResponse:
    assert isinstance(basis.submission.command, SuspendPerson | ReinstatePerson)
    return render_suspension(basis.layer.person(basis.submission.command.person_id))


PERSON_ANSWERS: Final[Answers] = {
    MuteAuthor: _answer_with_mute,
    UnmuteAuthor: _answer_with_mute,
    SuspendPerson: _answer_with_suspension,
    ReinstatePerson: _answer_with_suspension,
}
