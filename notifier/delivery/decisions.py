"""Decides what becomes of a notice that is due: sent, put off, skipped, or too late. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple

from msgspec.structs import replace

from contracts.notices import ALWAYS_SENT
from contracts.values.ids import PersonId
from contracts.values.personal import ERASED_NAME
from contracts.values.zones import zone_or_utc
from notifier.delivery.leases import DeliveryResult, LeasedNotice
from notifier.delivery.preferences import Preferences, quiet_until
from notifier.kinds import RULES
from notifier.policies.facts import (
    NoticeFacts,
    announcement_facts,
    erase_facts,
    erased_people_in,
    hide_typed,
    people_in,
)
from notifier.rights import TOO_LATE, Relation, select_facts
from notifier.texts.render import Addressee, render
from runtime.outside.ports import Notice, PersonProfile

SWITCHED_OFF: Final = "switched_off"
RECEIPTS_OFF: Final = "receipts_off"
NO_NOTICE: Final = -1
"""Before every notice."""
INTERNAL_ERROR: Final = "internal_error"
"""Reason of a notice that a mistake of ours stopped. The log has the details."""


class Recipient(NamedTuple):
    """A person as Auth knows them, and their preferences, which have precedence."""

    person: PersonProfile
    preferences: Preferences

    @property
    def addressee(self) -> Addressee:
        """The recipient as texts are written for them."""
        return Addressee(
            self.person.person_id,
            self.preferences.language or self.person.language,
            zone_or_utc(self.preferences.tz or self.person.tz),
        )


def end_if_too_late(notice: LeasedNotice, now: datetime) -> DeliveryResult | None:
    """Return the result of a notice that has expired; None if it has not.

    It is skipped. If an attempt failed within the delivery budget it is parked instead, so that
    an operator can look at it; a reminder is skipped even then.
    """
    if now < notice.expires_at:
        return None
    if notice.reason is None or notice.event_time is not None:
        return DeliveryResult(notice.id, "skipped", TOO_LATE)
    return DeliveryResult(notice.id, "parked", notice.reason)


def hold_back(notice: LeasedNotice, recipient: Recipient, now: datetime) -> DeliveryResult | None:
    """Return the result if the recipient's preferences keep the notice from being sent now; None
    if they do not.

    In quiet hours a notice waits for their end, unless it would be useless by then or its kind
    ignores quiet hours. Some kinds are always sent.
    """
    preferences, rules = recipient.preferences, RULES[notice.kind]
    if notice.kind in ALWAYS_SENT:
        return None
    if notice.kind in preferences.off:
        return DeliveryResult(notice.id, "skipped", SWITCHED_OFF)
    if notice.receipt and not preferences.receipts:
        return DeliveryResult(notice.id, "skipped", RECEIPTS_OFF)
    until = quiet_until(preferences, recipient.addressee.zone, now)
    if until is None or rules.ignores_quiet_hours or until >= notice.expires_at:
        return None
    return DeliveryResult(notice.id, "waiting", notice.reason, try_at=until, untried=True)


def mark_unsettled(notice: LeasedNotice, result: DeliveryResult) -> DeliveryResult:
    """Return the result as it must be recorded: a notice of which an earlier attempt may have
    arrived stays unsettled until it is sent, and is never recorded as dropped or skipped."""
    if not notice.unsettled or result.state == "sent":
        return result
    if result.state in ("dropped", "skipped"):
        result = result._replace(state="unconfirmed")
    return result._replace(unsettled=True)


def compose(
    notice: LeasedNotice,
    recipient: Recipient,
    relation: Relation,
    names: Mapping[str, str],
    short_link: str,
    now: datetime,
) -> Notice:
    """Return the notice as Notification gets it, with the facts that its recipient may know now.
    A reminder states the announcement as it is now, not as it was when it was planned."""
    facts = hide_typed(
        select_facts(notice.facts, notice.recipient, relation), relation.announcement
    )
    if notice.event_time is not None:
        facts = facts | announcement_facts(relation.announcement)
    names = {**names, **dict.fromkeys(erased_people_in(notice.facts), ERASED_NAME)}
    return _build_notice(notice, recipient, facts, names, short_link, now)


def compose_personal(notice: LeasedNotice, recipient: Recipient, now: datetime) -> Notice:
    """Return a notice about the recipient's own data as Notification gets it."""
    return _build_notice(notice, recipient, notice.facts, {}, None, now)


def erase_begun(notice: LeasedNotice, erasures: Mapping[PersonId, int]) -> LeasedNotice:
    """Return the notice without the texts of people whose erasure has begun and not yet come to
    it. `erasures` are, by person, the last notices that there were when they began."""
    facts = notice.facts
    for person_id in people_in(facts):
        if notice.id <= erasures.get(person_id, NO_NOTICE):
            facts = erase_facts(facts, person_id)
    return notice if facts is notice.facts else replace(notice, facts=facts)


def _build_notice(
    notice: LeasedNotice,
    recipient: Recipient,
    facts: NoticeFacts,
    names: Mapping[str, str],
    short_link: str | None,
    now: datetime,
) -> Notice:
    text = render(notice.kind, facts, recipient.addressee, names, now)
    return Notice(
        key=notice.key,
        user_id=notice.recipient,
        event_type=notice.kind,
        title=text.title,
        text=text.text,
        short_link=short_link,
        created_at=max(notice.happened_at, notice.due_at),
        context=facts
        | {
            "announcement_id": notice.announcement_id,
            "booking_id": notice.booking_id,
            "names": {person: names[person] for person in people_in(facts) if person in names},
        },
    )
