"""Ways for a booking to get into each state."""

from command_api.domain.submission import AnyCommand
from contracts.values.ids import PersonId
from tests.unit.command_api.domain.spec import (
    ANN,
    AUTHOR,
    Spec,
    announce,
    ask,
    invite,
    say,
)

Step = tuple[PersonId, AnyCommand]

WAYS: dict[str, list[Step]] = {
    "requested": [(ANN, ask(ANN))],
    "invited": [(AUTHOR, invite(ANN))],
    "confirmed": [(ANN, ask(ANN)), (AUTHOR, say(True, ANN))],
    "rejected": [(ANN, ask(ANN)), (AUTHOR, say(False, ANN))],
    "declined": [(AUTHOR, invite(ANN)), (ANN, say(False, ANN))],
    "withdrawn": [(ANN, ask(ANN)), (ANN, say(False, ANN))],
    "revoked": [(AUTHOR, invite(ANN)), (AUTHOR, say(False, ANN))],
    "ended": [(ANN, ask(ANN)), (AUTHOR, say(False, ANN)), (ANN, say(False, ANN))],
}
"""How a booking of Ann's comes into each state."""


def in_state(spec: Spec, state: str) -> Spec:
    """Bring Ann's booking into the state."""
    spec.given(AUTHOR, announce())
    for actor, command in WAYS[state]:
        spec.given(actor, command)
    assert spec.booking(ANN).state == state
    return spec
