"""The form in which a noun states what answers its commands."""

from collections.abc import Callable, Mapping

from msgspec import Struct

from command_api.domain.layer import Layer
from command_api.domain.rules import Rules
from command_api.domain.submission import Submission
from contracts.journal.records import Outcome


class AnswerBasis(Struct, frozen=True, gc=False):
    """What an answer is made from. The outcome is no refusal."""

    submission: Submission
    outcome: Outcome
    layer: Layer
    """Shows the aggregates as the answer is to show them."""
    rules: Rules


Answers = Mapping[type[Struct], Callable[[AnswerBasis], object]]
"""What answers each command of a noun that somebody sends: an object that becomes JSON. A
noun has no answer to its deadlines, because nobody waits for it."""
