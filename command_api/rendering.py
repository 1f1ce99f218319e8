"""Renders the answers to commands as finished bytes."""

from collections.abc import Callable
from typing import Final

import msgspec

from command_api.domain.calendar import add_titles
from command_api.domain.layer import Layer
from command_api.domain.nouns import NOUNS
from command_api.domain.representation import AnswerBasis, SignErasure, SignLink
from command_api.domain.rules import Rules
from command_api.domain.submission import Submission
from command_api.leader.ports import Render
from contracts.journal.records import Outcome

_ANSWERS: Final = {kind: answer for noun in NOUNS for kind, answer in noun.answers.items()}

_encode: Callable[[object], bytes] = msgspec.json.Encoder().encode


def build_renderer(rules: Rules, sign_erasure: SignErasure, sign_link: SignLink) -> Render:
    """Return the `Render` of a command process. It raises KeyError for the command of a
    deadline, which nobody waits for."""

    def render(layer: Layer, submission: Submission, outcome: Outcome) -> bytes:
        if outcome.refused:
            return _encode(add_titles(layer, outcome.facts))
        represent = _ANSWERS[type(submission.command)]
        basis = AnswerBasis(submission, outcome, layer, rules, sign_erasure, sign_link)
        return _encode(represent(basis))

    return render
