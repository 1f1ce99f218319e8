"""The nouns of the write side: the events, handlers, answers and deadlines of each.

A new noun is added here. Its commands also join `submission.AnyCommand`, and its routes
are a module of `http.nouns`.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, NamedTuple

from command_api.domain.announcement.deadlines import ANNOUNCEMENT_DEADLINES
from command_api.domain.announcement.decisions import ANNOUNCEMENT_HANDLERS
from command_api.domain.announcement.evolution import apply_announcement_event
from command_api.domain.announcement.representation import ANNOUNCEMENT_ANSWERS
from command_api.domain.booking.deadlines import BOOKING_DEADLINES
from command_api.domain.booking.decisions import BOOKING_HANDLERS
from command_api.domain.booking.evolution import apply_booking_event
from command_api.domain.booking.representation import BOOKING_ANSWERS
from command_api.domain.broadcast.deadlines import BROADCAST_DEADLINES
from command_api.domain.broadcast.decisions import BROADCAST_HANDLERS
from command_api.domain.broadcast.evolution import apply_broadcast_event
from command_api.domain.broadcast.representation import BROADCAST_ANSWERS
from command_api.domain.deadline import DeadlineRule
from command_api.domain.feed.decisions import FEED_ANSWERS, FEED_HANDLERS, apply_feed_event
from command_api.domain.invite_job.decisions import INVITE_JOB_HANDLERS
from command_api.domain.invite_job.evolution import apply_invite_job_event
from command_api.domain.invite_job.representation import INVITE_JOB_ANSWERS
from command_api.domain.invite_link.decisions import INVITE_LINK_HANDLERS
from command_api.domain.invite_link.evolution import apply_invite_link_event
from command_api.domain.invite_link.representation import INVITE_LINK_ANSWERS
from command_api.domain.layer import Layer
from command_api.domain.person.blocks import BLOCK_HANDLERS
from command_api.domain.person.deadlines import PERSON_DEADLINES
from command_api.domain.person.decisions import PERSON_HANDLERS
from command_api.domain.person.erasure import ERASURE_HANDLERS
from command_api.domain.person.evolution import apply_person_event
from command_api.domain.person.representation import PERSON_ANSWERS
from command_api.domain.plan.decisions import PLAN_HANDLERS
from command_api.domain.plan.evolution import apply_plan_event
from command_api.domain.plan.representation import PLAN_ANSWERS
from command_api.domain.post.decisions import POST_HANDLERS
from command_api.domain.post.evolution import apply_post_event
from command_api.domain.post.representation import POST_ANSWERS
from command_api.domain.rating.deadlines import RATING_DEADLINES
from command_api.domain.rating.decisions import RATING_HANDLERS
from command_api.domain.rating.evolution import apply_rating_event
from command_api.domain.rating.representation import RATING_ANSWERS
from command_api.domain.recorder import Handlers
from command_api.domain.report.decisions import REPORT_HANDLERS
from command_api.domain.report.evolution import apply_report_event
from command_api.domain.report.representation import REPORT_ANSWERS
from command_api.domain.representation import Answers
from contracts.events.announcement import AnnouncementEvent
from contracts.events.booking import BookingEvent
from contracts.events.broadcast import BroadcastEvent
from contracts.events.feed import FeedEvent
from contracts.events.invite_job import InviteJobEvent
from contracts.events.invite_link import InviteLinkEvent
from contracts.events.person import PersonEvent
from contracts.events.plan import PlanEvent
from contracts.events.post import PostEvent
from contracts.events.rating import RatingEvent
from contracts.events.report import ReportEvent
from contracts.events.stored.base import Event
from contracts.values.ids import PersonId


class Noun(NamedTuple):
    family: type[Event]
    """The base class of its events."""
    apply: Callable[[Layer, Any, datetime, PersonId], None]
    """Applies an event of the family, decided at a time by a command of a person."""
    handlers: Handlers
    answers: Answers
    deadlines: DeadlineRule | None = None


NOUNS: Final = (
    Noun(
        AnnouncementEvent,
        apply_announcement_event,
        ANNOUNCEMENT_HANDLERS,
        ANNOUNCEMENT_ANSWERS,
        ANNOUNCEMENT_DEADLINES,
    ),
    Noun(
        BookingEvent,
        apply_booking_event,
        BOOKING_HANDLERS,
        BOOKING_ANSWERS,
        BOOKING_DEADLINES,
    ),
    Noun(RatingEvent, apply_rating_event, RATING_HANDLERS, RATING_ANSWERS, RATING_DEADLINES),
    Noun(
        PersonEvent,
        apply_person_event,
        (*PERSON_HANDLERS, *BLOCK_HANDLERS, *ERASURE_HANDLERS),
        PERSON_ANSWERS,
        PERSON_DEADLINES,
    ),
    Noun(PostEvent, apply_post_event, POST_HANDLERS, POST_ANSWERS),
    Noun(PlanEvent, apply_plan_event, PLAN_HANDLERS, PLAN_ANSWERS),
    Noun(FeedEvent, apply_feed_event, FEED_HANDLERS, FEED_ANSWERS),
    Noun(InviteJobEvent, apply_invite_job_event, INVITE_JOB_HANDLERS, INVITE_JOB_ANSWERS),
    Noun(InviteLinkEvent, apply_invite_link_event, INVITE_LINK_HANDLERS, INVITE_LINK_ANSWERS),
    Noun(
        BroadcastEvent,
        apply_broadcast_event,
        BROADCAST_HANDLERS,
        BROADCAST_ANSWERS,
        BROADCAST_DEADLINES,
    ),
    Noun(ReportEvent, apply_report_event, REPORT_HANDLERS, REPORT_ANSWERS),
)
