"""Names the other evenings that a booking overlaps, to the guest."""

from typing import Protocol

from msgspec.structs import replace

from contracts.values.ids import AnnouncementId, PersonId
from notifier.delivery.leases import LeasedNotice
from notifier.policies.facts import describe_showing
from notifier.rights import Relation


class Relations(Protocol):
    """Knows how people stand to announcements now."""

    async def load_relation(
        self, announcement_id: AnnouncementId, recipient: PersonId
    ) -> Relation | None: ...


async def name_overlaps(notice: LeasedNotice, relations: Relations) -> LeasedNotice:
    """Return the notice with those of its `clashes` that the recipient hosts or has a seat at now,
    as `overlaps`. They say nothing that anybody typed, so no erasure need come back to them.
    Raises TablesUnavailable."""
    found = []
    for announcement_id in notice.facts.get("clashes", ()):
        relation = await relations.load_relation(announcement_id, notice.recipient)
        if relation and (relation.confirmed or relation.side(notice.recipient) == "author"):
            found.append(describe_showing(relation.announcement))
    return replace(notice, facts=notice.facts | {"overlaps": found}) if found else notice
