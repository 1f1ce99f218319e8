"""The routes of reports: a person makes one, an operator answers it or hides the text."""

from typing import Final
from uuid import UUID

from command_api.domain.report.commands import AnswerReport, HideReported, MakeReport
from command_api.domain.report.representation import ReportResponse
from command_api.http.bodies import ShortText, WriteBody
from command_api.http.noun_routes import NounRoutes, WriteRequest
from contracts.events.report import SubjectKind
from contracts.values.ids import ReportId, SubjectId, new_id

ROUTES: Final = NounRoutes()
OPERATOR_ROUTES: Final = NounRoutes()


class ReportBody(WriteBody):
    """`id` is that of the announcement, rating, post or person."""

    kind: SubjectKind
    id: UUID
    reason: ShortText


class AnswerReportBody(WriteBody):
    """`by` is how the operator signs: the operator token belongs to no person."""

    text: ShortText
    by: ShortText | None = None


class HideBody(WriteBody):
    """The writer is told the `reason`."""

    reason: ShortText
    by: ShortText | None = None


@ROUTES.write("POST", "/report", ReportBody, ReportResponse, created=True, may_exist=True)
async def report(request: WriteRequest[ReportBody]) -> MakeReport:
    """Report a text that the caller can read, or a person, to the operators. Whoever is reported
    is not told by whom. While a report is open, the same one again is that report."""
    body = request.body
    return MakeReport(
        report_id=ReportId(new_id()),
        kind=body.kind,
        subject_id=SubjectId(str(body.id)),
        reason=body.reason,
    )


@OPERATOR_ROUTES.write("PUT", "/reports/{report_id}/answer", AnswerReportBody, ReportResponse)
async def answer_report(request: WriteRequest[AnswerReportBody]) -> AnswerReport:
    """Answer a report, once. The reporter is told."""
    report_id = ReportId(request.path_id("report_id"))
    return AnswerReport(
        report_id=report_id, text=request.body.text, by=request.signature(request.body.by)
    )


@OPERATOR_ROUTES.write("PUT", "/reports/{report_id}/hidden", HideBody, ReportResponse)
async def hide_reported(request: WriteRequest[HideBody]) -> HideReported:
    """Hide the reported text for good: it is told to nobody any more. Its writer is told why, and
    may write another one."""
    report_id = ReportId(request.path_id("report_id"))
    return HideReported(
        report_id=report_id, reason=request.body.reason, by=request.signature(request.body.by)
    )
