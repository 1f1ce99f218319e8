"""Tells of each attempt to deliver a notice: in a line of the log, and in a span if it has one.

The request that caused a notice causes its delivery, too. A reminder is different: many requests
may have asked for it, days before, and it goes when its time has come. So it begins a trace of its
own, with a link to the last of these requests. A notice of which no request is known is not told
of: the request may have been a block, or somebody's whom the notice does not name.
"""

from contextlib import AbstractContextManager
from typing import Final

from notifier.delivery.leases import DeliveryResult, LeasedNotice
from runtime.logs.lines import LINES
from runtime.traces.context import current_traceparent
from runtime.traces.spans import Attributes, Span, beginning, continuing

NAME: Final = "deliver notice"
TOLD_STATES: Final = frozenset({"waiting", "unconfirmed", "parked"})
"""Somebody may have to do something about them."""
ENDED: Final = "ended"
"""Stands for all other states. Which one it is may lead to a block."""


def delivering(notice: LeasedNotice) -> AbstractContextManager[Span | None]:
    """Return the block of one attempt. Calls and log lines inside it belong to the notice's
    trace."""
    told: Attributes = {
        "practix.notice": notice.kind,
        "practix.notice_id": notice.id,
        "practix.attempt": notice.attempts,
    }
    if _goes_by_time(notice):
        return beginning(NAME, told, links=[notice.traceparent])
    return continuing(NAME, notice.traceparent, told)


def tell_result(notice: LeasedNotice, result: DeliveryResult, span: Span | None) -> None:
    """Tell, inside its block, whether the attempt ended the notice. How it ended and the reason are
    left out: they may lead to a block."""
    state = result.state if result.state in TOLD_STATES else ENDED
    if notice.traceparent or _goes_by_time(notice):
        LINES.add_notice(notice.kind, notice.id, state, current_traceparent())
    if span is not None:
        span.note({"practix.state": state})


def _goes_by_time(notice: LeasedNotice) -> bool:
    return notice.event_time is not None
