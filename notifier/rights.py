"""Decides whether a notice may still be sent, and what it may say, by today's rights. Pure.

A notice is planned when something happens and is sent later: after a minute, after quiet
hours, or when a service is back. By then its recipient may have left, been removed or muted
the author, and the address may have been hidden. So both questions are decided again just before
it is sent. A notice never says more than was planned.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from contracts.events.broadcast import is_addressed
from contracts.recipients import INVOLVED
from contracts.values.ids import PersonId
from notifier.policies.facts import HIDDEN, NoticeFacts
from notifier.state import KnownAnnouncement, KnownBooking

NOT_INVOLVED: Final = "not_involved"
NOT_COMING: Final = "not_coming"
ANSWERED: Final = "answered"
NOT_INVITED: Final = "not_invited"
NOT_OPEN: Final = "not_open"
NOT_FOR_FOLLOWERS: Final = "not_for_followers"
NO_FOLLOWER: Final = "no_follower"
MUTED: Final = "muted"
APART: Final = "apart"
ERASED: Final = "erased"
TOO_LATE: Final = "too_late"

ALL: Final = frozenset({"author", "guest", "other"})
PARTIES: Final = frozenset({"author", "guest"})
GUEST: Final = frozenset({"guest"})
READERS_OF: Final[Mapping[str, frozenset[str]]] = {
    "title": ALL,
    "film": ALL,
    "film_ru": ALL,
    "event_time": ALL,
    "tz": ALL,
    "author_id": ALL,
    "invited": ALL,
    "diff": PARTIES,
    "price": PARTIES,
    "by": PARTIES,
    "reason": PARTIES,
    "system_reason": PARTIES,
    "guest_count": PARTIES,
    "again": PARTIES,
    "what": PARTIES,
    "guest_id": PARTIES,
    "message": PARTIES,
    "waiting": PARTIES,
    "hold_until": PARTIES,
    "clashes": GUEST,
    "overlaps": GUEST,
    "typed": ALL,
}
"""By fact, the sides (`Relation.side`) that may read it. A fact that is not listed is shown to
nobody. A guest's other announcements are the guest's own business (docs/decisions/0004)."""


class Relation(NamedTuple):
    """A recipient's present relation to an announcement."""

    announcement: KnownAnnouncement
    booking: KnownBooking | None
    """The recipient's own."""
    mutes_author: bool = False
    """Whether the recipient wants to hear no more of the author's new announcements."""
    apart: bool = False
    """Whether one of the recipient and the author has blocked the other."""

    def side(self, recipient: PersonId) -> str:
        """Return `author`, `guest` if the recipient has a booking, or `other`."""
        if recipient == self.announcement.author_id:
            return "author"
        return "other" if self.booking is None else "guest"

    @property
    def involved(self) -> bool:
        """Whether the recipient is confirmed, pending or invited."""
        return self.booking is not None and self.booking.pair in INVOLVED

    @property
    def confirmed(self) -> bool:
        return self.booking is not None and self.booking.confirmed


GuestRight = Callable[[NoticeFacts, Relation], str | None]
"""Decides whether somebody other than the author may get a notice now. Returns None if they
may, and otherwise the reason why not."""


def only_author(_facts: NoticeFacts, _now: Relation) -> str | None:
    """Allow nobody."""
    return NOT_INVOLVED


def anybody(_facts: NoticeFacts, _now: Relation) -> str | None:
    """Allow everybody: an operator has chosen the recipient."""
    return None


def any_guest(_facts: NoticeFacts, now: Relation) -> str | None:
    """Allow everybody with a booking, whatever its state."""
    return NOT_INVOLVED if now.booking is None else None


def involved_guest(_facts: NoticeFacts, now: Relation) -> str | None:
    """Allow the confirmed, the pending and the invited."""
    return None if now.involved else NOT_INVOLVED


def addressed_guest(facts: NoticeFacts, now: Relation) -> str | None:
    """Allow the confirmed, and those who still are in one of the states that were written to."""
    if now.confirmed:
        return None
    addressed = now.booking is not None and is_addressed(now.booking.state, tuple(facts["to"]))
    return None if addressed else NOT_INVOLVED


def unanswered_guest(_facts: NoticeFacts, now: Relation) -> str | None:
    """Allow those who still ask or stand in line."""
    unanswered = now.booking is not None and now.booking.unanswered
    return None if unanswered else ANSWERED


def confirmed_guest(_facts: NoticeFacts, now: Relation) -> str | None:
    return None if now.confirmed else NOT_COMING


def party_of_new_booking(facts: NoticeFacts, now: Relation) -> str | None:
    """Allow any guest to be told of a request. To be told of an invitation, the guest must still
    be invited and must not mute the author."""
    if facts["what"] != "invited":
        return any_guest(facts, now)
    if now.mutes_author:
        return MUTED
    revoked = now.booking is None or now.booking.pair[0] is not True
    return NOT_INVITED if revoked else None


def audience_of_new_announcement(facts: NoticeFacts, now: Relation) -> str | None:
    """Allow everybody involved, and others if the notice was planned for followers and the
    announcement is still for them. Allow nobody who mutes the author, and nobody once the
    announcement no longer takes place."""
    if not now.announcement.takes_place:
        return NOT_OPEN
    if now.mutes_author:
        return MUTED
    if now.involved:
        return None
    if facts.get("invited"):
        return NOT_INVITED
    return NOT_FOR_FOLLOWERS if now.announcement.visibility == "invite" else None


def select_facts(facts: NoticeFacts, recipient: PersonId, now: Relation) -> NoticeFacts:
    """Return those of the planned facts that the recipient may be told now. A secret address in
    a change is replaced by HIDDEN."""
    side = now.side(recipient)
    shown = {name: value for name, value in facts.items() if side in READERS_OF.get(name, ())}
    sees_address = side == "author" or now.confirmed or not now.announcement.hide_location
    if "event_location" in shown.get("diff", {}) and not sees_address:
        shown["diff"] = {**shown["diff"], "event_location": HIDDEN}
    return shown
