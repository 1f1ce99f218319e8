"""Read model `reports`: what people reported, and what operators answered. The reporter and
operators read it."""

from typing import Final

from contracts.events.report import ReportAnswered, ReportEvent, ReportMade, TextHidden
from contracts.values.personal import ERASED_TEXT
from projector.read_models.read_model import (
    EventContext,
    Projection,
    Put,
    ReadModel,
    TableShape,
    Words,
)

REPORTS: Final = TableShape(
    "reports",
    "report_id",
    {
        "report_id": "uuid",
        "reporter_id": "uuid",
        "kind": "text",
        "subject_id": "uuid",
        "writer_id": "uuid",
        "announcement_id": "uuid",
        "reason": "text",
        "created": "timestamptz",
        "answer": "text",
        "answered_at": "timestamptz",
        "hidden_at": "timestamptz",
        "signed_by": "text",
    },
    words=(Words("reporter_id", {"reason": ERASED_TEXT, "answer": None}),),
    kept={"kind": "nobody", "signed_by": "operator"},
)


def project_report(event: ReportMade | ReportAnswered | TextHidden, context: EventContext) -> Put:
    match event:
        case ReportMade():
            columns = {
                "reporter_id": event.reporter_id,
                "kind": event.kind,
                "subject_id": event.subject_id,
                "writer_id": event.writer_id,
                "announcement_id": event.announcement_id,
                "reason": event.reason,
                "created": context.decided_at,
            }
            nothing = dict.fromkeys(("answer", "answered_at", "hidden_at", "signed_by"))
            return Put(REPORTS, event.report_id, columns, nothing)
        case ReportAnswered():
            columns = {
                "reporter_id": event.person_id,  # Whose text the answer is, also once erased.
                "answer": event.text,
                "answered_at": context.decided_at,
                "signed_by": event.by,
            }
            return Put(REPORTS, event.report_id, columns)
        case TextHidden():
            columns = {"hidden_at": context.decided_at, "signed_by": event.by}
            return Put(REPORTS, event.report_id, columns)


def report_of(event: ReportEvent) -> str:
    """Return the report, as a Projection's `key_of`."""
    return event.report_id


READ_MODEL: Final = ReadModel(
    REPORTS,
    (Projection((ReportMade, ReportAnswered, TextHidden), project_report, report_of),),
)
