"""Rules of all kinds of notices: how urgent each is, and who may still get it when it is sent.

A new kind (`contracts.notices`) needs its rules here, a policy that plans it
(`notifier.policies`) and its wording (`notifier.texts.wording`).
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from contracts.notices import Kind
from contracts.values.ids import PersonId
from notifier import rights
from notifier.policies.facts import NoticeFacts
from notifier.rights import GuestRight, Relation


class KindRules(NamedTuple):
    """How notices of one kind are treated."""

    guest_right: GuestRight
    """The people besides the author who may still get it when it is sent."""
    urgent: bool = False
    """Useless an hour later, so it is sent before others."""
    ignores_quiet_hours: bool = False
    """Sent even in quiet hours (§3.3)."""
    reminder: bool = False
    """Sent before the announcement begins."""
    for_followers: bool = False
    """People without a booking may get it, too, because they follow the author."""


RULES: Final[Mapping[Kind, KindRules]] = {
    "announce_new": KindRules(rights.audience_of_new_announcement, for_followers=True),
    "announce_put": KindRules(rights.involved_guest),
    "announce_delete": KindRules(rights.any_guest, urgent=True, ignores_quiet_hours=True),
    "announce_done": KindRules(rights.only_author),
    "booking_new": KindRules(rights.party_of_new_booking),
    "booking_status": KindRules(rights.any_guest),
    "booking_unanswered": KindRules(rights.unanswered_guest),
    "host_message": KindRules(rights.addressed_guest),
    "remind_day": KindRules(rights.confirmed_guest, reminder=True),
    "remind_hour": KindRules(rights.confirmed_guest, urgent=True, reminder=True),
    "score_request": KindRules(rights.confirmed_guest),
    "score_revealed": KindRules(rights.any_guest),
    "chat_digest": KindRules(rights.confirmed_guest),
    "plan_match": KindRules(rights.audience_of_new_announcement, for_followers=True),
    "operator_message": KindRules(rights.anybody),
    "erasure_requested": KindRules(rights.only_author),
    "erasure_confirmed": KindRules(rights.only_author),
    "erasure_withdrawn": KindRules(rights.only_author),
    "text_hidden": KindRules(rights.only_author),
    "report_answered": KindRules(rights.only_author),
}

CHAT_DIGEST: Final[Kind] = "chat_digest"
UNANSWERED: Final[Kind] = "booking_unanswered"
REMINDERS: Final = tuple(kind for kind, rules in RULES.items() if rules.reminder)
BOOKING_KINDS: Final[tuple[Kind, ...]] = ("booking_new", "booking_status")
TOLD_ACROSS_BLOCKS: Final[frozenset[Kind]] = frozenset({"booking_status", "operator_message"})
"""Kinds that a guest gets even across a block: that a seat is lost, if the guest was confirmed,
and a word of the operators. Of what a block itself ends nobody is told (`contracts.recipients`)."""
URGENT: Final = frozenset(kind for kind, rules in RULES.items() if rules.urgent)


def find_obstacle(kind: Kind, facts: NoticeFacts, recipient: PersonId, now: Relation) -> str | None:
    """Return the reason why the recipient may no longer get the notice; None if they may."""
    if recipient == now.announcement.author_id:
        return None
    if now.apart and not now.confirmed and kind not in TOLD_ACROSS_BLOCKS:
        return rights.APART
    return RULES[kind].guest_right(facts, now)


def needs_following(kind: Kind, recipient: PersonId, now: Relation) -> bool:
    """Return whether the recipient may get the notice only as a follower of the author."""
    return (
        RULES[kind].for_followers
        and now.announcement.visibility == "subscribers"
        and now.side(recipient) == "other"
    )
