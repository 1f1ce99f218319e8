"""Who may see an announcement: the one place for the rule on the read side.

The author; whoever has a booking there, once it is published; and, while it is neither
draft nor cancelled, everybody if it is public, followers if it is for subscribers.
A super-user sees all. For everybody else it does not exist.
"""

from typing import Final

VISIBLE: Final = """(
    $1::boolean
    OR a.author_id = $2::uuid
    OR (a.status <> 'Created' AND EXISTS (
        SELECT FROM read_model.bookings involved
        WHERE involved.announcement_id = a.announcement_id AND involved.guest_id = $2::uuid))
    OR (a.status IN ('Alive', 'Closed', 'Done') AND (
        a.visibility = 'public'
        OR (a.visibility = 'subscribers' AND a.author_id = ANY($3::uuid[]))))
)"""
"""Takes $1 is_super, $2 the viewer, $3 the authors whom the viewer follows."""

SHOWS_PLACE: Final = """(
    NOT a.hide_location
    OR $1::boolean
    OR a.author_id = $2::uuid
    OR EXISTS (
        SELECT FROM read_model.bookings mine
        WHERE mine.announcement_id = a.announcement_id AND mine.guest_id = $2::uuid
          AND mine.author_status AND mine.guest_status)
)"""
"""Whether the exact place is shown to the viewer."""
