"""Represents a report to the person who made it, and to operators."""

from datetime import datetime
from typing import Final

from msgspec import Struct

from command_api.domain.report.commands import AnswerReport, HideReported, MakeReport
from command_api.domain.representation import AnswerBasis, Answers
from contracts.events.report import SubjectKind
from contracts.values.ids import ReportId


class ReportResponse(Struct, frozen=True):
    """A report, without its texts."""

    report_id: ReportId
    kind: SubjectKind
    id: str
    """Id of the reported announcement, rating, post or person."""
    created: datetime
    answered: bool
    hidden: bool
    """Whether the text was hidden after this report."""


def _answer_with_report(basis: AnswerBasis) -> ReportResponse:
    report = basis.layer.reports.find(ReportId(basis.outcome.facts["report_id"]))
    return ReportResponse(
        report.id, report.kind, report.subject_id, report.made_at, report.answered, report.hidden
    )


REPORT_ANSWERS: Final[Answers] = {
    MakeReport: _answer_with_report,
    AnswerReport: _answer_with_report,
    HideReported: _answer_with_report,
}
