"""Decides what people are told of reports: why a text of theirs was hidden, and the answer to a
report of theirs. Whoever was reported is not told of the report, nor by whom it was made."""

from collections.abc import Iterator
from typing import Final

from contracts.events.report import ReportAnswered, TextHidden, kind_of_hidden
from notifier.policies.effects import Effect, Occasion, Tell
from notifier.policies.policy import AnyPolicy, NoticePolicy, NoView


def tell_writer(event: TextHidden, _occasion: Occasion, _view: NoView) -> Iterator[Effect]:
    facts = {"what": kind_of_hidden(event), "reason": event.reason}
    yield Tell("text_hidden", event.person_id, announcement_id=None, facts=facts)


def tell_reporter(event: ReportAnswered, _occasion: Occasion, _view: NoView) -> Iterator[Effect]:
    facts = {"what": event.kind, "message": event.text}
    yield Tell("report_answered", event.person_id, announcement_id=None, facts=facts)


POLICIES: Final[tuple[AnyPolicy, ...]] = (
    NoticePolicy(TextHidden, NoView, tell_writer),
    NoticePolicy(ReportAnswered, NoView, tell_reporter),
)
