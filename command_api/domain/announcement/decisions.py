"""Decides the commands about announcements: create, change, cancel, meet a deadline.

Created -> Alive <-> Closed -> Done; Cancelled from any but Done. The system cancels a draft
when its start has passed. An announcement takes no requests once the film has begun, and is
Done when the film is over.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

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
from command_api.domain.announcement.visibility import find_own
from command_api.domain.booking.commands import InviteGuests
from command_api.domain.booking.decisions import invite_guests
from command_api.domain.booking.rescheduling import reschedule_bookings
from command_api.domain.booking.seats import (
    close_announcement,
    close_or_offer_seats,
    dissolve_waitlist,
    refuse_overlap,
    revoke_untold,
)
from command_api.domain.broadcast.following import cancel_planned_broadcasts
from command_api.domain.recorder import Handlers, Recorder, pair_handler
from contracts.errors import CommandRefused, Malformed, StaleVersion
from contracts.events.announcement import (
    RELIED_ON,
    AnnouncementCancelled,
    AnnouncementChanged,
    AnnouncementCreated,
    AnnouncementDone,
    AnnouncementPublished,
    AnnouncementReopened,
    CancelledBy,
)
from contracts.journal.records import Outcome


def create_announcement(recorder: Recorder, command: CreateAnnouncement) -> Outcome:
    """Create an announcement by the actor, publish it unless it is a draft, and invite the
    guests. Repeating it with the same id adds nothing."""
    if recorder.layer.announcements.get(command.announcement_id) is not None:
        return Outcome("unchanged", announcement_id=command.announcement_id)
    _demand_future(command.event_time, recorder.now)
    _demand_consistent_price(command.is_free, command.price_amount)
    _demand_known_targets(recorder, command.publish_to)
    if not command.publish:
        refuse_more_drafts(recorder, recorder.actor)
    fields = {
        name: getattr(command, name)
        for name in command.__struct_fields__
        if name not in ("film", "publish", "invite")
    }
    recorder.record(
        AnnouncementCreated(
            **fields,
            author_id=recorder.actor,
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
        facts = invite_guests(recorder, invitation).facts
    return Outcome(
        "announcement_created", created=True, announcement_id=command.announcement_id, facts=facts
    )


def change_announcement(recorder: Recorder, command: ChangeAnnouncement) -> Outcome:
    """Change terms or status. A term or status that already holds adds nothing. Raises
    StaleVersion if the announcement has none of the versions the author expects."""
    announcement = find_own(recorder.layer, command.announcement_id, recorder.actor)
    if command.if_versions is not None and announcement.version not in command.if_versions:
        raise StaleVersion(facts={"version": announcement.version})
    changes = _find_changes(announcement, command.terms)
    if changes:
        _refuse_if_over(announcement, recorder.now)
        _change_terms(recorder, announcement, changes, notify=command.notify)
    recorded = len(recorder.events)
    if command.status is not None:
        _change_status(recorder, recorder.announcement(announcement.id), command.status)
    if not command.notify and len(recorder.events) > recorded:
        raise CommandRefused("guests_rely_on_it", {"fields": ["status"]})
    code = "announcement_changed" if recorder.events else "unchanged"
    return Outcome(code, announcement_id=announcement.id)


def cancel_announcement(recorder: Recorder, command: CancelAnnouncement) -> Outcome:
    """Cancel an announcement, for its author or a super-user. Repeating it adds nothing."""
    announcement = find_own(
        recorder.layer, command.announcement_id, recorder.actor, super_may=recorder.is_super
    )
    if announcement.status != "Cancelled":
        if announcement.status != "Created" and announcement.is_over(recorder.now):
            raise CommandRefused("already_done")
        by: CancelledBy = "author" if recorder.actor == announcement.author_id else "operator"
        call_off(recorder, announcement, by, command.reason)
    return Outcome("announcement_cancelled", announcement_id=announcement.id)


def meet_deadline(recorder: Recorder, command: AnnouncementDue) -> Outcome:
    """Cancel a draft at its start, close an announcement at its start, end it after the
    film. Adds nothing if it is too early or already done."""
    announcement = recorder.announcement(command.announcement_id)
    due_at = next_deadline(announcement)
    if due_at is None or due_at > recorder.now:
        return Outcome("unchanged")
    if announcement.status == "Created":
        call_off(recorder, announcement, "system", "draft_expired")
    elif announcement.ends_at <= recorder.now:
        cancel_planned_broadcasts(recorder, announcement)
        recorder.record(
            AnnouncementDone(announcement_id=announcement.id, version=announcement.version)
        )
    else:
        close_announcement(recorder, announcement, announcement.version, "cutoff")
    return Outcome("deadline_passed", announcement_id=announcement.id)


def call_off(
    recorder: Recorder, announcement: Announcement, by: CancelledBy, reason: str | None
) -> None:
    """Cancel an announcement that is not over, a draft as well."""
    if announcement.status == "Created":
        _revoke_untold_invitations(recorder, announcement)
    cancel_planned_broadcasts(recorder, announcement)
    recorder.record(
        AnnouncementCancelled(
            announcement_id=announcement.id,
            version=announcement.version + 1,
            by=by,
            reason=reason,
        )
    )


ANNOUNCEMENT_HANDLERS: Final[Handlers] = (
    pair_handler(CreateAnnouncement, create_announcement),
    pair_handler(ChangeAnnouncement, change_announcement),
    pair_handler(CancelAnnouncement, cancel_announcement),
    pair_handler(AnnouncementDue, meet_deadline),
)


def _publish(recorder: Recorder, announcement: Announcement) -> None:
    if announcement.event_time <= recorder.now:
        raise CommandRefused("cannot_publish", {"event_time": announcement.event_time})
    refuse_overlap(recorder, announcement.author_id, announcement)
    refuse_more_announcements(recorder, announcement.author_id)
    recorder.record(
        AnnouncementPublished(announcement_id=announcement.id, version=announcement.version + 1)
    )
    close_or_offer_seats(recorder, announcement.id)


def _find_changes(announcement: Announcement, terms: ChangedTerms) -> dict[str, Any]:
    """Return the terms that differ from the present ones."""
    return {
        name: value
        for name, value in asdict(terms).items()
        if value is not UNSET and value != getattr(announcement, name)
    }


def _refuse_if_over(announcement: Announcement, now: datetime) -> None:
    if announcement.is_over(now):
        raise CommandRefused("change_not_allowed", {"announcement_status": announcement.status})


def _change_terms(
    recorder: Recorder, announcement: Announcement, changes: dict[str, Any], *, notify: bool
) -> None:
    relied_on = sorted(RELIED_ON.intersection(changes))
    if relied_on and not notify:
        raise CommandRefused("guests_rely_on_it", {"fields": relied_on})
    is_free = changes.get("is_free", announcement.is_free)
    _demand_consistent_price(is_free, changes.get("price_amount", announcement.price_amount))
    _demand_known_targets(
        recorder, set(changes.get("publish_to", ())).difference(announcement.publish_to)
    )
    if changes.get("ticket_count", announcement.ticket_count) < announcement.taken:
        raise CommandRefused(
            "tickets_below_confirmed",
            {"confirmed": announcement.confirmed, "held": announcement.held},
        )
    moved = "event_time" in changes
    if moved:
        _demand_future(changes["event_time"], recorder.now)
    recorder.record(
        AnnouncementChanged(
            announcement_id=announcement.id,
            version=announcement.version + 1,
            notify=notify,
            **changes,
        )
    )
    if moved:
        if announcement.takes_place:
            refuse_overlap(recorder, announcement.author_id, recorder.announcement(announcement.id))
        reschedule_bookings(recorder, announcement.id)
    if announcement.takes_place:
        close_or_offer_seats(recorder, announcement.id)


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
            close_announcement(recorder, announcement, announcement.version + 1, "manual")
            dissolve_waitlist(recorder, announcement.id)
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
    close_or_offer_seats(recorder, announcement.id)


def _revoke_untold_invitations(recorder: Recorder, draft: Announcement) -> None:
    """Revoke a draft's invitations before it is cancelled: its guests were never told, and
    are told nothing now."""
    for booking in list(recorder.layer.bookings_of(draft)):
        if booking.pair == (True, None):
            revoke_untold(recorder, booking)


def _demand_future(event_time: datetime, now: datetime) -> None:
    if event_time <= now:
        raise Malformed.of_field("event_time", "time_in_past")


def _demand_known_targets(recorder: Recorder, names: Iterable[str]) -> None:
    known = recorder.rules.publish_targets
    if not known.issuperset(names):
        raise Malformed.of_field("publish_to", "unknown_target", {"known": sorted(known)})


def _demand_consistent_price(is_free: bool, price_amount: float | None) -> None:
    if is_free and price_amount:
        raise Malformed.of_field("price_amount", "price_when_free")
