"""Decides what people are told of the erasure of their data, and stops what is told of them.

An erasure that somebody else asked for, with a stolen token or by mistake, can be taken back
until it begins. So the person is told at once. When it is done nobody is left to be told.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from contracts.events.person import (
    PersonErased,
    PersonErasureConfirmed,
    PersonErasureRequested,
    PersonErasureWithdrawn,
    PersonEvent,
)
from contracts.notices import Kind
from notifier.policies.effects import Effect, Erase, Occasion, Tell
from notifier.policies.facts import NoticeFacts
from notifier.policies.policy import NoticePolicy, PersonView


def tell_erasure_requested(
    event: PersonErasureRequested, occasion: Occasion, _view: PersonView
) -> Iterator[Effect]:
    yield _tell("erasure_requested", event, occasion, event.by, event.erase_at)


def tell_erasure_confirmed(
    event: PersonErasureConfirmed, occasion: Occasion, view: PersonView
) -> Iterator[Effect]:
    yield _tell("erasure_confirmed", event, occasion, event.by, view.erase_at)


def tell_erasure_withdrawn(
    event: PersonErasureWithdrawn, occasion: Occasion, _view: PersonView
) -> Iterator[Effect]:
    yield _tell("erasure_withdrawn", event, occasion, event.by)


def erase(event: PersonErased, _occasion: Occasion, _view: PersonView) -> Iterator[Effect]:
    yield Erase(event.person_id)


def _tell(
    kind: Kind,
    event: PersonEvent,
    occasion: Occasion,
    operator: str | None,
    erase_at: datetime | None = None,
) -> Tell:
    """Return a notice to the person. `erase_at` is when the notice becomes useless."""
    facts: NoticeFacts = {} if operator is None else {"by_operator": True}
    if erase_at is not None:
        facts["erase_at"] = erase_at.isoformat()
    return Tell(
        kind=kind,
        recipient=event.person_id,
        announcement_id=None,
        facts=facts,
        receipt=event.person_id == occasion.actor,
        expires_at=erase_at,
    )


POLICIES: Final = (
    NoticePolicy(PersonErasureRequested, PersonView, tell_erasure_requested),
    NoticePolicy(PersonErasureConfirmed, PersonView, tell_erasure_confirmed),
    NoticePolicy(PersonErasureWithdrawn, PersonView, tell_erasure_withdrawn),
    NoticePolicy(PersonErased, PersonView, erase),
)
