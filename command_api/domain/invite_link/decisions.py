"""Decides the commands about invite links: make, revoke, open.

A link opens one announcement to whoever holds it, whatever its visibility, except a draft. It
gives nobody a seat that others would not get: the rules about seats, the waitlist and overlaps
are those of any request. A no that the author said to a person stands above the link.
"""

from typing import Final

from command_api.domain.announcement.state import Announcement
from command_api.domain.announcement.visibility import find_own, is_kept_from
from command_api.domain.booking.answers import confirm_by_link, refuse_if_closed
from command_api.domain.booking.decisions import outcome_of, refuse_if_over, request_seat
from command_api.domain.booking.state import Booking
from command_api.domain.invite_link.commands import (
    MakeInviteLink,
    OpenInviteLink,
    RevokeInviteLink,
)
from command_api.domain.invite_link.state import InviteLink
from command_api.domain.recorder import Handlers, Recorder, pair_handler
from contracts.errors import CommandRefused, Malformed, NotFound
from contracts.events.invite_link import InviteLinkMade, InviteLinkRevoked, InviteLinkUsed
from contracts.journal.records import Outcome
from contracts.values.ids import InviteLinkId


def make_invite_link(recorder: Recorder, command: MakeInviteLink) -> Outcome:
    """Make a link to the author's announcement; to a draft as well, which opens once it is
    published. Repeating it with the same id adds nothing."""
    announcement = find_own(recorder.layer, command.announcement_id, recorder.actor)
    if recorder.layer.invite_links.get(command.link_id) is not None:
        return _outcome_of("unchanged", announcement, command.link_id)
    refuse_if_over(announcement, recorder.now)
    if command.expires_at is not None and command.expires_at <= recorder.now:
        raise Malformed.of_field("expires_at", "time_in_past")
    limit = recorder.rules.invite_links_max
    if len(announcement.invite_links) >= limit:
        raise CommandRefused("too_many_invite_links", {"limit": limit})
    recorder.record(
        InviteLinkMade(
            link_id=command.link_id,
            announcement_id=announcement.id,
            uses_max=command.uses_max,
            expires_at=command.expires_at,
            waives_approval=command.waives_approval,
        )
    )
    return _outcome_of("invite_link_made", announcement, command.link_id, created=True)


def revoke_invite_link(recorder: Recorder, command: RevokeInviteLink) -> Outcome:
    """Take a link back, also once the announcement is over. Repeating it adds nothing."""
    announcement = find_own(recorder.layer, command.announcement_id, recorder.actor)
    link = recorder.layer.invite_links.get(command.link_id)
    if link is None or link.announcement_id != announcement.id:
        raise NotFound
    if link.revoked_at is None:
        recorder.record(InviteLinkRevoked(link_id=link.id, announcement_id=announcement.id))
    return _outcome_of("invite_link_taken_back", announcement, link.id)


def open_invite_link(recorder: Recorder, command: OpenInviteLink) -> Outcome:
    """Ask for a seat for the actor, who holds a link. If the link waives approval, the actor is
    confirmed, or approved in advance on the waitlist. Adds nothing, and uses nothing up, if the
    actor has already got what the link can give. Raises NotFound for a link to a draft, or
    across a block."""
    link = recorder.layer.invite_links.get(command.link_id)
    if link is None:
        raise NotFound
    announcement = recorder.announcement(link.announcement_id)
    apart = is_kept_from(recorder.layer, announcement, recorder.actor)
    if apart or announcement.status == "Created":
        raise NotFound
    booking = recorder.layer.booking_of(announcement.id, recorder.actor)
    if booking is not None and _has_all(booking, link):
        return outcome_of(booking)
    try:
        booking = _use(recorder, link, announcement, booking, command)
    except CommandRefused as refusal:
        named = {"announcement_id": announcement.id}
        raise CommandRefused(refusal.code, named | refusal.facts) from refusal
    return outcome_of(recorder.booking(booking.id), created=True)


INVITE_LINK_HANDLERS: Final[Handlers] = (
    pair_handler(MakeInviteLink, make_invite_link),
    pair_handler(RevokeInviteLink, revoke_invite_link),
    pair_handler(OpenInviteLink, open_invite_link),
)


def _outcome_of(
    code: str, announcement: Announcement, link_id: InviteLinkId, *, created: bool = False
) -> Outcome:
    return Outcome(
        code, created=created, announcement_id=announcement.id, facts={"link_id": link_id}
    )


def _has_all(booking: Booking, link: InviteLink) -> bool:
    """Whether opening the link could give the guest nothing more: they are confirmed, or asked
    and the author is still to answer."""
    if booking.confirmed or booking.preapproved:
        return True
    return booking.requested and not link.waives_approval


def _use(
    recorder: Recorder,
    link: InviteLink,
    announcement: Announcement,
    booking: Booking | None,
    command: OpenInviteLink,
) -> Booking:
    """Bring the actor as far as the link does, and count the use. Raises CommandRefused."""
    if recorder.actor == announcement.author_id:
        raise CommandRefused("own_announcement")
    _refuse_unusable(recorder, link)
    refuse_if_over(announcement, recorder.now)
    refuse_if_closed(announcement, recorder.now)
    if booking is None or not booking.requested:
        booking = request_seat(
            recorder,
            announcement,
            command.booking_id,
            command.message,
            preapproved=link.waives_approval and announcement.is_full,
        )
    recorder.record(
        InviteLinkUsed(
            link_id=link.id,
            announcement_id=announcement.id,
            guest_id=recorder.actor,
            booking_id=booking.id,
            used=link.used + 1,
        )
    )
    if link.waives_approval:
        confirm_by_link(recorder, booking, command.message)
    return booking


def _refuse_unusable(recorder: Recorder, link: InviteLink) -> None:
    if link.revoked_at is not None:
        raise CommandRefused("invite_link_revoked")
    if link.has_expired(recorder.now):
        raise CommandRefused("invite_link_expired", {"expires_at": link.expires_at})
    if link.is_used_up:
        raise CommandRefused("invite_link_used_up", {"uses_max": link.uses_max})
