"""Decides who may see an announcement: the only place for this rule on the read side.

Its author sees it. Everybody with a booking for it sees it once it is published. While it is
neither a draft nor cancelled, everybody sees a public announcement, and followers of the author
see one for subscribers. If one of viewer and author has blocked the other, the viewer sees it
only while confirmed for it. A super-user sees all. For anybody else it does not exist.

In the SQL fragments $1 is whether the viewer is a super-user, $2 the viewer, and $3 the authors
whom the viewer follows. The functions state the same rules for an announcement as it once
stood, which is in no table. Whom the viewer follows is only known for today.
"""

from collections.abc import Collection
from typing import Final

from contracts.shared_rules import SharedRules
from contracts.values.ids import PersonId
from query_api.edge.reads import AnyRow
from query_api.people.apart import APART_FROM
from query_api.people.own_booking import CONFIRMED, INVOLVED, JOINED_CONFIRMED, JOINED_INVOLVED
from runtime.auth.tokens import Caller

PRIVATE_STATUSES: Final = frozenset({"Created", "Cancelled"})
"""In these only the author, people with a booking and super-users see an announcement."""

NOT_PRIVATE: Final = "a.status IN ('Alive', 'Closed', 'Done')"
"""Holds in all other statuses."""


def not_apart(confirmed: str) -> str:
    """Return SQL that holds unless a block stands between viewer and author. What is confirmed
    stays."""
    return f"(a.author_id <> ALL({APART_FROM.format('$2')}) OR {confirmed})"


def visible(involved: str, confirmed: str) -> str:
    """Return SQL for whether the viewer may see the announcement."""
    # The cheap checks come first: most lines of a list are public.
    return f"""(
        (({NOT_PRIVATE} AND (
            a.visibility = 'public'
            OR (a.visibility = 'subscribers' AND a.author_id = ANY($3::uuid[]))))
        OR a.author_id = $2::uuid
        OR (a.status <> 'Created' AND {involved}))
        AND {not_apart(confirmed)}
        OR $1::boolean
    )"""


NOT_APART: Final = not_apart(CONFIRMED)
VISIBLE: Final = visible(INVOLVED, CONFIRMED)

OWN_OR_INVOLVED: Final = """
    a.announcement_id IN (
        SELECT announcement_id FROM announcements WHERE author_id = $2::uuid
        UNION ALL
        SELECT announcement_id FROM bookings WHERE guest_id = $2::uuid)
"""
"""Holds for every announcement in a private status that VISIBLE shows to anybody but a
super-user. With it, PostgreSQL searches by person instead of testing all announcements."""

VISIBLE_TO_GUEST: Final = "(b.guest_id = {0}::uuid AND a.status <> 'Created' AND NOT b.untold)"
"""Whether the guest sees a booking; `{0}` stands for the guest. Invitations to a draft are
hidden, and one that was taken back before publication is hidden for ever."""

SHOWN_TO_GUEST: Final = f"""(
    {VISIBLE_TO_GUEST} AND (b.state = 'confirmed' OR b.author_id <> ALL({APART_FROM})))"""
"""Whether the guest is shown a booking: not if a block stands between the guest and the author,
unless it is confirmed. Only the archive of the guest's own data goes by VISIBLE_TO_GUEST."""

SEES_EVERYTHING: Final = "($1::boolean OR a.author_id = $2::uuid)"
"""Whether the viewer sees drafts, all bookings and the exact place, as the author and super-users
do."""


def shows_place(confirmed: str) -> str:
    """Return SQL for whether the viewer is shown the exact place."""
    return f"(NOT a.hide_location OR {SEES_EVERYTHING} OR {confirmed})"


SHOWS_PLACE: Final = shows_place(CONFIRMED)
SHOWS_GUEST_COUNT: Final = f"(NOT a.hide_guests OR {SEES_EVERYTHING})"
"""Whether the viewer is told how many are confirmed."""

SHOWS_GUESTS: Final = f"""(
    {SEES_EVERYTHING}
    OR (NOT a.hide_guests AND NOT {{0}}::boolean AND {JOINED_CONFIRMED} AND {JOINED_INVOLVED})
)"""
"""Whether the viewer is shown guests at all, in a statement with JOIN_OWN; `{0}` stands for whether
the cell hides guest lists. The author sees everybody with a booking. A confirmed guest sees the
confirmed, unless the author or the cell hides guest lists."""


def could_see(
    announcement: AnyRow, caller: Caller, followed: Collection[PersonId], *, involved: bool
) -> bool:
    """Return whether VISIBLE held. `involved` is whether the caller had a booking for it."""
    status, visibility = announcement["status"], announcement["visibility"]
    if sees_everything(announcement, caller) or (involved and status != "Created"):
        return True
    return status not in PRIVATE_STATUSES and (
        visibility == "public"
        or (visibility == "subscribers" and announcement["author_id"] in followed)
    )


def could_see_place(announcement: AnyRow, caller: Caller, *, confirmed: bool) -> bool:
    """Return whether SHOWS_PLACE held. `confirmed` is whether the caller was confirmed."""
    return not announcement["hide_location"] or confirmed or sees_everything(announcement, caller)


def sees_everything(announcement: AnyRow, caller: Caller) -> bool:
    """Return whether SEES_EVERYTHING held."""
    return caller.is_super or announcement["author_id"] == caller.person_id


def sees_guests(announcement: AnyRow, caller: Caller, rules: SharedRules) -> bool:
    """Return whether SHOWS_GUESTS held. The row has the caller's own state as `my_state`."""
    if sees_everything(announcement, caller):
        return True
    hidden = rules.hide_guest_list or announcement["hide_guests"]
    return announcement["my_state"] == "confirmed" and not hidden


def shows_guest_count(announcement: AnyRow, caller: Caller) -> bool:
    """Return whether SHOWS_GUEST_COUNT held."""
    return not announcement["hide_guests"] or sees_everything(announcement, caller)
