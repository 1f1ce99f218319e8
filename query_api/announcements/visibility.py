"""Who may see an announcement: the one place for the rule on the read side.

The author; whoever has a booking there, once it is published; and, while it is neither
draft nor cancelled, everybody if it is public, followers if it is for subscribers.
A super-user sees all. For everybody else it does not exist.

All fragments take $1 is_super, $2 the viewer, $3 the authors whom the viewer follows. The
functions say the same of an evening that is in no table: as it once stood. Who follows whom
is known of today only.
"""

from collections.abc import Collection
from typing import Final

from contracts.values.ids import PersonId
from query_api.edge.reads import Row
from runtime.auth.tokens import Caller

# What costs nothing to check comes first: most lines of a list are public.
VISIBLE: Final = """(
    (a.status IN ('Alive', 'Closed', 'Done') AND (
        a.visibility = 'public'
        OR (a.visibility = 'subscribers' AND a.author_id = ANY($3::uuid[]))))
    OR $1::boolean
    OR a.author_id = $2::uuid
    OR (a.status <> 'Created' AND EXISTS (
        SELECT FROM read_model.bookings involved
        WHERE involved.announcement_id = a.announcement_id AND involved.guest_id = $2::uuid
          AND NOT involved.untold))
)"""

STATUSES_OF_PARTIES: Final = frozenset({"Created", "Cancelled"})
"""The statuses in which only the author, the involved and super-users see an evening."""

OWN_OR_INVOLVED: Final = """
    a.announcement_id IN (
        SELECT announcement_id FROM read_model.announcements WHERE author_id = $2::uuid
        UNION ALL
        SELECT announcement_id FROM read_model.bookings WHERE guest_id = $2::uuid)
"""
"""What VISIBLE comes to in those statuses for all but super-users: the way to find by person
what could only be found by going through everybody's."""

GUESTS_BUSINESS: Final = "(b.guest_id = {}::uuid AND a.status <> 'Created' AND NOT b.untold)"
"""Whether a booking is the guest's to see: the invitations of a draft are not yet, and one
that was taken back before the evening was published never is. Takes the guest's placeholder."""

SHOWS_PLACE: Final = """(
    NOT a.hide_location
    OR $1::boolean
    OR a.author_id = $2::uuid
    OR EXISTS (
        SELECT FROM read_model.bookings mine
        WHERE mine.announcement_id = a.announcement_id AND mine.guest_id = $2::uuid
          AND mine.state = 'confirmed')
)"""
"""Whether the exact place is shown to the viewer."""


def saw(evening: Row, caller: Caller, followed: Collection[PersonId], *, involved: bool) -> bool:
    """VISIBLE; `involved` is whether the caller has a booking there."""
    status, visibility = evening["status"], evening["visibility"]
    if sees_everything(evening, caller) or (involved and status != "Created"):
        return True
    return status not in STATUSES_OF_PARTIES and (
        visibility == "public" or (visibility == "subscribers" and evening["author_id"] in followed)
    )


def saw_place(evening: Row, caller: Caller, *, confirmed: bool) -> bool:
    """SHOWS_PLACE."""
    return not evening["hide_location"] or confirmed or sees_everything(evening, caller)


def sees_everything(evening: Row, caller: Caller) -> bool:
    """Drafts, all bookings, the exact place: the author and super-users."""
    return caller.is_super or evening["author_id"] == caller.person_id
