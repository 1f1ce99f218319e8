"""Whether a notice may still be sent, and what it may say, by the rights of this moment. Pure.

A notice is planned when something happens and goes later: after a minute, after quiet hours,
or when a service is back. In the meantime its recipient may have left, been removed or muted
the host, and an address may have been hidden. So both are decided again when it goes, and a
notice never says more than it was planned to say.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from contracts.values.ids import PersonId
from notifier.effects import Facts, Kind
from notifier.policies.facts import HIDDEN
from notifier.world import INVOLVED, Evening, Participation

NOT_INVOLVED: Final = "not_involved"
NOT_COMING: Final = "not_coming"
NOT_INVITED: Final = "not_invited"
NOT_OPEN: Final = "not_open"
NOT_FOR_FOLLOWERS: Final = "not_for_followers"
NO_FOLLOWER: Final = "no_follower"
MUTED: Final = "muted"

ALL: Final = frozenset({"author", "guest", "other"})
PARTIES: Final = frozenset({"author", "guest"})
GUEST: Final = frozenset({"guest"})
TOLD_TO: Final[Mapping[str, frozenset[str]]] = {
    "title": ALL,
    "film": ALL,
    "film_ru": ALL,
    "event_time": ALL,
    "author_id": ALL,
    "invited": ALL,
    "diff": PARTIES,
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
}
"""Which facts are told to whom. What is not listed is told to nobody. Where else a guest is
expected is the guest's own business (docs/decisions/0004)."""


class Standing(NamedTuple):
    """Where a recipient stands towards an evening now."""

    evening: Evening
    participation: Participation | None
    """The recipient's own; None if they have no booking."""
    mutes_host: bool = False
    """Whether the recipient wants to hear no more of the author's new evenings."""

    def relation(self, recipient: PersonId) -> str:
        if recipient == self.evening.author_id:
            return "author"
        return "other" if self.participation is None else "guest"

    @property
    def involved(self) -> bool:
        return self.participation is not None and self.participation.pair in INVOLVED

    @property
    def confirmed(self) -> bool:
        return self.participation is not None and self.participation.confirmed


def forbidden(kind: Kind, facts: Facts, recipient: PersonId, now: Standing) -> str | None:
    """Why the recipient may not be told any more; None if they may."""
    if recipient == now.evening.author_id:
        return None
    match kind:
        case "announce_new":
            return _not_to_be_announced(facts, now)
        case "announce_put":
            return None if now.involved else NOT_INVOLVED
        case "remind_day" | "remind_hour" | "score_request":
            return None if now.confirmed else NOT_COMING
        case "booking_new" if facts["what"] == "invited":
            if now.mutes_host:
                return MUTED
            return NOT_INVITED if _was_revoked(now) else None
        case "booking_new" | "booking_status" | "announce_delete" | "score_revealed":
            return None if now.participation is not None else NOT_INVOLVED
        case _:  # Only the author is told of anything else.
            return NOT_INVOLVED


def needs_following(kind: Kind, recipient: PersonId, now: Standing) -> bool:
    """Whether the recipient sees the evening only as a follower of its author."""
    return (
        kind == "announce_new"
        and now.evening.visibility == "subscribers"
        and now.relation(recipient) == "other"
    )


def told_facts(facts: Facts, recipient: PersonId, now: Standing) -> Facts:
    """What of the planned facts the recipient may be told."""
    relation = now.relation(recipient)
    shown = {name: value for name, value in facts.items() if relation in TOLD_TO.get(name, ())}
    sees_address = relation == "author" or now.confirmed or not now.evening.hide_location
    if "event_location" in shown.get("diff", {}) and not sees_address:
        shown["diff"] = {**shown["diff"], "event_location": HIDDEN}
    return shown


def _not_to_be_announced(facts: Facts, now: Standing) -> str | None:
    if not now.evening.takes_place:
        return NOT_OPEN
    if now.mutes_host:
        return MUTED
    if now.involved:
        return None
    if facts.get("invited"):
        return NOT_INVITED
    return NOT_FOR_FOLLOWERS if now.evening.visibility == "invite" else None


def _was_revoked(now: Standing) -> bool:
    return now.participation is None or now.participation.pair[0] is not True
