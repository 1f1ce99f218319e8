"""The form in which each noun declares how its commands are answered."""

from collections.abc import Callable, Mapping
from datetime import datetime

from msgspec import Struct

from command_api.domain.layer import Layer
from command_api.domain.rules import Rules
from command_api.domain.submission import Submission
from contracts.journal.records import Outcome
from contracts.values.ids import InviteLinkId, PersonId

SignErasure = Callable[[PersonId, datetime], str]
"""Returns the token that confirms a person's erasure, which begins at that time."""
SignLink = Callable[[InviteLinkId], str]
"""Returns the token that opens an invite link."""


class AnswerBasis(Struct, frozen=True, gc=False):
    """Everything that an answer is made from. The outcome is never a refusal."""

    submission: Submission
    outcome: Outcome
    layer: Layer
    """The aggregates as the answer shows them."""
    rules: Rules
    sign_erasure: SignErasure
    sign_link: SignLink


Answers = Mapping[type[Struct], Callable[[AnswerBasis], object]]
"""For each command of a noun, the function that returns its answer: an object that msgspec can
encode as JSON. The commands of deadlines are missing, because nobody waits for an answer."""
