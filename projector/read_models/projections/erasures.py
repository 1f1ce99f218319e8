"""Read model `erasures`: who asked to be erased, who is erased, and from which position on.

Nobody is shown what an erased person wrote before `erased_seq`.
"""

from typing import Any, Final

from contracts.events.person import (
    PersonErased,
    PersonErasureConfirmed,
    PersonErasureRequested,
    PersonErasureWithdrawn,
)
from projector.read_models.read_model import (
    EventContext,
    Projection,
    Put,
    ReadModel,
    TableShape,
)

ERASURES: Final = TableShape(
    "erasures",
    "person_id",
    {
        "person_id": "uuid",
        "erase_at": "timestamptz",
        "confirmed": "boolean",
        "signed_by": "text",
        "changed": "timestamptz",
        "erased_at": "timestamptz",
        "erased_seq": "bigint",
    },
    kept={"signed_by": "operator"},
)
"""`erase_at` is absent while nothing is asked for."""

AnyErasureEvent = (
    PersonErasureRequested | PersonErasureConfirmed | PersonErasureWithdrawn | PersonErased
)
_NEW: Final[dict[str, Any]] = {
    "erase_at": None,
    "confirmed": False,
    "signed_by": None,
    "erased_at": None,
    "erased_seq": None,
}


def project_erasure(event: AnyErasureEvent, context: EventContext) -> Put:
    columns = _columns_after(event, context) | {"changed": context.decided_at}
    initial = {name: value for name, value in _NEW.items() if name not in columns}
    return Put(ERASURES, event.person_id, columns, initial)


def erasure_of(event: AnyErasureEvent) -> str:
    """Return a key of its own: whatever else of the person could not be projected, they are
    erased."""
    return f"erasure of {event.person_id}"


def _columns_after(event: AnyErasureEvent, context: EventContext) -> dict[str, Any]:
    match event:
        case PersonErasureRequested():
            return {"erase_at": event.erase_at, "confirmed": False, "signed_by": event.by}
        case PersonErasureConfirmed():
            return {"confirmed": True, "signed_by": event.by}
        case PersonErasureWithdrawn():
            return {"erase_at": None, "confirmed": False, "signed_by": event.by}
        case PersonErased():
            return {
                "erase_at": None,
                "confirmed": False,
                "erased_at": context.decided_at,
                "erased_seq": context.seq,
            }


READ_MODEL: Final = ReadModel(
    ERASURES,
    (
        Projection(
            (
                PersonErasureRequested,
                PersonErasureConfirmed,
                PersonErasureWithdrawn,
                PersonErased,
            ),
            project_erasure,
            erasure_of,
        ),
    ),
)
