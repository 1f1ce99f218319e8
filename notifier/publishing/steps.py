"""Decides what a target is sent next, and writes the post. Pure.

Few targets can replace a post; they know each post by its key, so repeating one is harmless. All
others take a post once: what happened to it afterwards stands behind its link. They are told no
time, which could change.
"""

from datetime import datetime
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from contracts.values.ids import AnnouncementId, PersonId
from contracts.values.languages import Language, Text
from contracts.values.targets import TargetName
from notifier.policies.effects import TOLD_WITHIN
from notifier.rights import TOO_LATE
from notifier.state import KnownAnnouncement
from runtime.local_times import write_time, zone_of_evening

NOT_WANTED: Final = "not_wanted"
LEFT: Final = "left_as_it_was"

Action = Literal["publish", "amend", "withdraw"]
EndState = Literal["waiting", "done", "parked", "unsettled"]

_FILM: Final = Text("Film", "Фильм")
_HOST: Final = Text("Host", "Организатор")
_WHEN: Final = Text("When", "Когда")
_WITHDRAWN: Final = Text("withdrawn", "снято с публикации")


class LeasedPublication(NamedTuple):
    """A row of the outbox that this publisher alone may work on."""

    announcement_id: AnnouncementId
    target: TargetName
    author_id: PersonId
    wanted: bool
    revision: int
    changed_at: datetime
    posted_revision: int | None
    stands: bool
    unsettled: bool
    attempts: int
    """This one included."""
    traceparent: str = ""
    """The trace context of the request that caused the change; empty if none is known."""


class PublicationResult(NamedTuple):
    """The result of working on a leased publication."""

    state: EndState
    reason: str | None = None
    action: Action | None = None
    """The deed of the target; None if it did nothing."""
    unsettled: bool = False
    """It may have done it."""
    try_at: datetime | None = None
    """When to try again, if it still waits."""


class OutsidePost(NamedTuple):
    """A post as a target gets it."""

    key: str
    """Always the same for one announcement."""
    action: Action
    revision: int
    title: str
    text: str
    link: str


def choose_step(
    leased: LeasedPublication,
    announcement: KnownAnnouncement | None,
    now: datetime,
    *,
    replaces: bool,
) -> Action | PublicationResult:
    """Return the action to take, or the result if there is none. `replaces` is whether the target
    can replace and withdraw a post. A change that was not taken within TOLD_WITHIN is given up."""
    may_stand = leased.posted_revision is not None or (leased.unsettled and replaces)
    if not leased.wanted and (not may_stand or (not leased.stands and not leased.unsettled)):
        return PublicationResult("done", NOT_WANTED)
    if leased.wanted and leased.stands and leased.posted_revision == leased.revision:
        return PublicationResult("done")
    if leased.posted_revision is not None and not replaces:
        return PublicationResult("done", LEFT)
    if now - leased.changed_at > TOLD_WITHIN:
        return PublicationResult("parked", TOO_LATE)
    if not leased.wanted:
        return "withdraw"
    if announcement is None or now >= announcement.event_time:
        return PublicationResult("done", TOO_LATE)
    return "publish" if leased.posted_revision is None else "amend"


def write_post(
    leased: LeasedPublication,
    action: Action,
    announcement: KnownAnnouncement,
    host: str,
    link: str,
    cell_zone: ZoneInfo,
    language: Language,
    *,
    replaces: bool,
) -> OutsidePost:
    """Return the post in the target's language. A withdrawal has no word of the author's. The
    time is in the zone that the announcement states, or else in the cell's."""
    key = f"announcement-{leased.announcement_id}"
    if action == "withdraw":
        text = _WITHDRAWN.in_language(language)
        return OutsidePost(key, action, leased.revision, "PRACTIX", text, link)
    lines = [f"{_FILM.in_language(language)}: {announcement.film.in_language(language)}"]
    if replaces:
        zone = zone_of_evening(announcement.tz, cell_zone)
        when = write_time(announcement.event_time, zone, language)
        lines.append(f"{_WHEN.in_language(language)}: {when}")
    if host:
        lines.append(f"{_HOST.in_language(language)}: {host}")
    if announcement.location_hint:
        lines.append(announcement.location_hint)
    return OutsidePost(
        key, action, leased.revision, announcement.title, "\n".join([*lines, link]), link
    )
