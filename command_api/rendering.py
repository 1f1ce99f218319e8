"""Renders what answers a command, as finished bytes."""

from collections.abc import Callable
from typing import Final

import msgspec

from command_api.domain.layer import Layer
from command_api.domain.rules import Rules
from command_api.domain.submission import Submission
from command_api.leader.ports import Render
from command_api.representations import announcement, booking, person, rating
from command_api.representations.answers import AnswerBasis, Answers
from contracts.journal.records import Outcome

ANSWERS: Final[Answers] = {
    **announcement.ANSWERS,
    **booking.ANSWERS,
    **rating.ANSWERS,
    **person.ANSWERS,
}
"""What answers each command that somebody sends. Nobody is answered a deadline."""

_encode: Callable[[object], bytes] = msgspec.json.Encoder().encode


def build_renderer(rules: Rules) -> Render:
    """Returns the `Render` of a command process. A refusal is rendered as nothing."""

    def render(layer: Layer, submission: Submission, outcome: Outcome) -> bytes:
        if outcome.refused:
            return b""
        represent = ANSWERS[type(submission.command)]
        return _encode(represent(AnswerBasis(submission, outcome, layer, rules)))

    return render
