"""Applies the events of reports to the layer: to the report, and to the text that was hidden."""

from datetime import datetime
from typing import Final

from msgspec.structs import replace

from command_api.domain.layer import Layer
from command_api.domain.post.evolution import hide_post
from command_api.domain.report.state import FiledReport
from contracts.events.report import (
    AnyReportEvent,
    EveningHidden,
    PostHidden,
    ReportAnswered,
    ReportMade,
    ReviewHidden,
    TextHidden,
)
from contracts.values.ids import PersonId
from contracts.values.personal import HIDDEN_TEXT

HIDDEN_TERMS: Final = {
    "title": HIDDEN_TEXT,
    "description": HIDDEN_TEXT,
    "event_location": HIDDEN_TEXT,
    "location_hint": None,
}
"""The terms that the author of an announcement typed, as they are once they are hidden."""


def apply_report_event(layer: Layer, event: AnyReportEvent, at: datetime, _actor: PersonId) -> None:
    """Raises LookupError if the event names a report or a text that there never was."""
    if isinstance(event, ReportMade):
        _file_report(layer, event, at)
        return
    report = layer.reports.find(event.report_id)
    if isinstance(event, TextHidden):
        layer.reports.put(report.id, replace(report, hidden=True))
    match event:
        case ReportAnswered():
            layer.reports.put(report.id, replace(report, answered=True))
        case EveningHidden():
            announcement = layer.announcements.find(event.announcement_id)
            layer.announcements.put(announcement.id, replace(announcement, **HIDDEN_TERMS))
        case ReviewHidden():
            rating = layer.ratings.find(event.review_id)
            layer.ratings.put(rating.id, replace(rating, text=None, tags=()))
        case PostHidden():
            hide_post(layer, event.post_id)


def _file_report(layer: Layer, event: ReportMade, at: datetime) -> None:
    layer.reports.demand_new(event.report_id)
    report = FiledReport(
        id=event.report_id,
        reporter_id=event.reporter_id,
        kind=event.kind,
        subject_id=event.subject_id,
        writer_id=event.writer_id,
        announcement_id=event.announcement_id,
        made_at=at,
    )
    layer.reports.put(report.id, report)
    layer.report_ids.put((report.reporter_id, report.subject_id), report.id)
    reporter = layer.person(report.reporter_id)
    counted = (at.toordinal(), reporter.reports_on(at) + 1)
    layer.people.put(reporter.id, replace(reporter, reports_made=counted))
