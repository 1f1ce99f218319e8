"""The commands about reports."""

from msgspec import Struct

from contracts.events.report import SubjectKind
from contracts.values.ids import ReportId, SubjectId


class MakeReport(Struct, frozen=True, kw_only=True, tag="report.make"):
    """The actor reports a text or a person."""

    report_id: ReportId
    kind: SubjectKind
    subject_id: SubjectId
    reason: str
    follows_author: bool | None = None
    """Whether the actor follows the author of the reported announcement; None if that has not
    been looked up."""


class AnswerReport(Struct, frozen=True, kw_only=True, tag="report.answer"):
    """For operators only; the edge checks it."""

    report_id: ReportId
    text: str
    by: str | None = None


class HideReported(Struct, frozen=True, kw_only=True, tag="report.hide"):
    """For operators only; the edge checks it."""

    report_id: ReportId
    reason: str
    by: str | None = None


AnyReportCommand = MakeReport | AnswerReport | HideReported
