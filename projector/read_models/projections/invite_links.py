"""Read model `invite_links`: the links to announcements, and how often each was used."""

from typing import Any, Final

from contracts.events.invite_link import (
    AnyInviteLinkEvent,
    InviteLinkEvent,
    InviteLinkMade,
    InviteLinkRevoked,
    InviteLinkUsed,
)
from projector.read_models.read_model import (
    NOTHING_MORE,
    EventContext,
    Projection,
    Put,
    ReadModel,
    TableShape,
    announcement_of,
)

INVITE_LINKS: Final = TableShape(
    "invite_links",
    "link_id",
    {
        "link_id": "uuid",
        "announcement_id": "uuid",
        "uses_max": "integer",
        "expires_at": "timestamptz",
        "waives_approval": "boolean",
        "used": "integer",
        "created": "timestamptz",
        "revoked_at": "timestamptz",
    },
)


def project_invite_link(event: AnyInviteLinkEvent, context: EventContext) -> Put:
    initial = NOTHING_MORE if isinstance(event, InviteLinkMade) else None
    return Put(INVITE_LINKS, event.link_id, _columns_after(event, context), initial)


def _columns_after(event: AnyInviteLinkEvent, context: EventContext) -> dict[str, Any]:
    match event:
        case InviteLinkMade():
            return {
                "announcement_id": event.announcement_id,
                "uses_max": event.uses_max,
                "expires_at": event.expires_at,
                "waives_approval": event.waives_approval,
                "used": 0,
                "created": context.decided_at,
                "revoked_at": None,
            }
        case InviteLinkUsed():
            return {"used": event.used}
        case InviteLinkRevoked():
            return {"revoked_at": context.decided_at}


READ_MODEL: Final = ReadModel(
    INVITE_LINKS, (Projection(InviteLinkEvent, project_invite_link, announcement_of),)
)
