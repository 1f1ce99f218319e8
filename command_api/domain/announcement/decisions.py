"""Deciding about announcements: create, publish, change, close, cancel, and their ends.

Created -> Alive <-> Closed -> Done; Cancelled from any but Done. A draft whose start has
passed is cancelled by the system; an evening takes no requests once it has begun and is
Done when the film is over.
"""

from datetime import datetime
from typing import Any

from msgspec import UNSET
from msgspec.structs import asdict

from command_api.domain.announcement.commands import (
    AnnouncementDue,
    CancelAnnouncement,
    ChangeAnnouncement,
    CreateAnnouncement,
)
from command_api.domain.announcement.deadlines import next_deadline
from command_api.domain.announcement.limits import refuse_more_announcements, refuse_more_drafts
from command_api.domain.announcement.state import Announcement
from command_api.domain.announcement.terms import ChangedTerms
from command_api.domain.announcement.visibility import demand_author
from command_api.domain.booking.commands import InviteGuests
from command_api.domain.booking.decisions import invite
from command_api.domain.booking.rescheduling import follow_move
from command_api.domain.booking.seats import closed, dissolve_line, refuse_overlap, settle, turn
from command_api.domain.recorder import Recorder
from contracts.errors import CommandRefused, Malformed, StaleVersion
from contracts.events.announcement import (
    AnnouncementCancelled,
    AnnouncementChanged,
    AnnouncementCreated,
    AnnouncementDone,
    AnnouncementPublished,
    AnnouncementReopened,
    CancelledBy,
)
from contracts.events.booking import BookingRevoked
from contracts.journal.records import Outcome
from contracts.values.ids import PersonId


def create(recorder: Recorder, actor: PersonId, command: CreateAnnouncement) -> Outcome:
    """A new evening of the actor's, published at once unless it is to be a draft."""
    if recorder.layer.announcements.get(command.announcement_id) is not None:
        return Outcome("unchanged", announcement_id=command.announcement_id)
    _demand_future(command.event_time, recorder.now)
    _demand_consistent_price(command.is_free, command.price_amount)
    if not command.publish:
        refuse_more_drafts(recorder, actor)
    fields = {
        name: getattr(command, name)
        for name in command.__struct_fields__
        if name not in ("film", "publish", "invite")
    }
    recorder.record(
        AnnouncementCreated(
            **fields,
            author_id=actor,
            movie_id=command.film.movie_id,
            movie_title=command.film.title,
            movie_title_ru=command.film.title_ru,
            duration_min=command.film.duration_min,
        )
    )
    if command.publish:
        _publish(recorder, recorder.announcement(command.announcement_id))
    facts: dict[str, Any] = {}
    if command.invite:
        invitation = InviteGuests(announcement_id=command.announcement_id, guests=command.invite)
        facts = invite(recorder, actor, invitation).facts
    return Outcome(
        "announcement_created", created=True, announcement_id=command.announcement_id, facts=facts
    )


def change(recorder: Recorder, actor: PersonId, command: ChangeAnnouncement) -> Outcome:
    """New terms, or another status. What is already so adds nothing."""
    announcement = recorder.announcement(command.announcement_id)
    demand_author(recorder.layer, announcement, actor)
    if command.if_versions is not None and announcement.version not in command.if_versions:
        raise StaleVersion(facts={"version": announcement.version})
    news = _news(announcement, command.terms)
    if news:
        _demand_changeable(announcement, recorder.now)
        _change_terms(recorder, announcement, news)
    if command.status is not None:
        _change_status(recorder, recorder.announcement(announcement.id), command.status)
    code = "announcement_changed" if recorder.events else "unchanged"
    return Outcome(code, announcement_id=announcement.id)


def cancel(
    recorder: Recorder, actor: PersonId, command: CancelAnnouncement, *, is_super: bool
) -> Outcome:
    """Called off; repeating it adds nothing."""
    announcement = recorder.announcement(command.announcement_id)
    demand_author(recorder.layer, announcement, actor, super_may=is_super)
    if announcement.status != "Cancelled":
        if announcement.status != "Created" and announcement.is_over(recorder.now):
            raise CommandRefused("already_done")
        by: CancelledBy = "author" if actor == announcement.author_id else "operator"
        _take_back_untold(recorder, announcement)
        recorder.record(_cancelled(announcement, by, command.reason))
    return Outcome("announcement_cancelled", announcement_id=announcement.id)


def pass_deadline(recorder: Recorder, command: AnnouncementDue) -> Outcome:
    """Do what the time has come for; moot where it has not, or has been done."""
    announcement = recorder.announcement(command.announcement_id)
    due_at = next_deadline(announcement)
    if due_at is None or due_at > recorder.now:
        return Outcome("unchanged")
    if announcement.status == "Created":
        _take_back_untold(recorder, announcement)
        recorder.record(_cancelled(announcement, "system", "draft_expired"))
    elif announcement.ends_at <= recorder.now:
        recorder.record(
            AnnouncementDone(announcement_id=announcement.id, version=announcement.version)
        )
    else:
        recorder.record(closed(announcement, announcement.version, "cutoff"))
    return Outcome("deadline_passed", announcement_id=announcement.id)


def _publish(recorder: Recorder, announcement: Announcement) -> None:
    if announcement.event_time <= recorder.now:
        raise CommandRefused("cannot_publish", {"event_time": announcement.event_time})
    refuse_overlap(recorder, announcement.author_id, announcement)
    refuse_more_announcements(recorder, announcement.author_id)
    recorder.record(
        AnnouncementPublished(announcement_id=announcement.id, version=announcement.version + 1)
    )
    settle(recorder, announcement.id)


def _news(announcement: Announcement, terms: ChangedTerms) -> dict[str, Any]:
    """The terms that differ from what already is so."""
    return {
        name: value
        for name, value in asdict(terms).items()
        if value is not UNSET and value != getattr(announcement, name)
    }


def _demand_changeable(announcement: Announcement, now: datetime) -> None:
    if announcement.is_over(now):
        raise CommandRefused("change_not_allowed", {"announcement_status": announcement.status})


def _change_terms(recorder: Recorder, announcement: Announcement, news: dict[str, Any]) -> None:
    is_free = news.get("is_free", announcement.is_free)
    _demand_consistent_price(is_free, news.get("price_amount", announcement.price_amount))
    if news.get("ticket_count", announcement.ticket_count) < announcement.taken:
        raise CommandRefused(
            "tickets_below_confirmed",
            {"confirmed": announcement.confirmed, "held": announcement.held},
        )
    moved = "event_time" in news
    if moved:
        _demand_future(news["event_time"], recorder.now)
    recorder.record(
        AnnouncementChanged(
            announcement_id=announcement.id, version=announcement.version + 1, **news
        )
    )
    if moved:
        if announcement.takes_place:
            refuse_overlap(recorder, announcement.author_id, recorder.announcement(announcement.id))
        follow_move(recorder, announcement.id)
    if announcement.takes_place:
        settle(recorder, announcement.id)


def _change_status(recorder: Recorder, announcement: Announcement, status: str) -> None:
    match announcement.status, status:
        case "Alive", "Alive":
            pass
        case "Created", "Alive":
            _publish(recorder, announcement)
        case "Closed", "Alive":
            _reopen(recorder, announcement)
        case "Closed", "Closed" if announcement.closed_reason != "full":
            pass
        case "Alive" | "Closed", "Closed":
            recorder.record(closed(announcement, announcement.version + 1, "manual"))
            dissolve_line(recorder, announcement.id)
        case _, "Alive":
            raise CommandRefused("cannot_reopen", {"announcement_status": announcement.status})
        case _:
            raise CommandRefused("cannot_close", {"announcement_status": announcement.status})


def _reopen(recorder: Recorder, announcement: Announcement) -> None:
    if announcement.is_full or announcement.event_time <= recorder.now:
        raise CommandRefused("cannot_reopen", {"closed_reason": announcement.closed_reason})
    recorder.record(
        AnnouncementReopened(
            announcement_id=announcement.id, version=announcement.version + 1, reason="manual"
        )
    )
    settle(recorder, announcement.id)


def _take_back_untold(recorder: Recorder, announcement: Announcement) -> None:
    """Guests of a draft that is called off learn neither of it nor of their invitation."""
    if announcement.status != "Created":
        return
    for booking in list(recorder.layer.bookings_of(announcement)):
        if booking.pair == (True, None):
            turn(recorder, booking, BookingRevoked, (False, None), untold=True)


def _cancelled(
    announcement: Announcement, by: CancelledBy, reason: str | None
) -> AnnouncementCancelled:
    return AnnouncementCancelled(
        announcement_id=announcement.id, version=announcement.version + 1, by=by, reason=reason
    )


def _demand_future(event_time: datetime, now: datetime) -> None:
    if event_time <= now:
        raise Malformed("time_in_past")


def _demand_consistent_price(is_free: bool, price_amount: float | None) -> None:
    if is_free and price_amount:
        raise Malformed("price_when_free")
