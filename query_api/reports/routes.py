"""Lists reports: to the person who made them, and to operators, with the reported text."""

from datetime import datetime
from typing import Final

import asyncpg
from fastapi import APIRouter
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from contracts.events.report import SubjectKind
from contracts.values.ids import AnnouncementId, PersonId, ReportId
from query_api.edge.paging import INSTANT_KEY, PAGE_PARAMETERS, Page, Sort, select_page
from query_api.edge.parameters import one_of
from query_api.edge.reads import Reads, represent
from query_api.edge.routes import answer, document, new_router
from query_api.edge.where import Where
from runtime.auth.operators import OperatorGuard
from runtime.http.parameters import Parameter, malformed_parameter

NEWEST_FIRST: Final = Sort("-created", "r.created", INSTANT_KEY, "timestamptz", descending=True)

STATES: Final = {
    "open": "r.answered_at IS NULL AND r.hidden_at IS NULL",
    "answered": "r.answered_at IS NOT NULL",
    "hidden": "r.hidden_at IS NOT NULL",
}
PARAMETERS: Final = (Parameter("state", "only these", one_of(*STATES)), *PAGE_PARAMETERS)

COLUMNS: Final = """
    r.report_id, r.kind, r.subject_id AS id, r.announcement_id, r.reason, r.created, r.answer,
    r.answered_at, r.hidden_at
"""
# A report about a text shows the text as it now stands: none once it is hidden or deleted.
FOR_OPERATORS: Final = f"""
    {COLUMNS}, r.reporter_id, reporter.name AS reporter_name, r.writer_id,
    writer.name AS writer_name, r.signed_by AS by,
    CASE r.kind
        WHEN 'evening' THEN concat_ws(E'\n', a.title, a.description, a.location_hint)
        WHEN 'review' THEN rating.text
        WHEN 'post' THEN post.text
    END AS text
    FROM reports r
    LEFT JOIN people reporter ON reporter.person_id = r.reporter_id
    LEFT JOIN people writer ON writer.person_id = r.writer_id
    LEFT JOIN announcements a
        ON r.kind = 'evening' AND a.announcement_id = r.subject_id
    LEFT JOIN ratings rating ON r.kind = 'review' AND rating.review_id = r.subject_id
    LEFT JOIN posts post ON r.kind = 'post' AND post.post_id = r.subject_id
"""


class OwnReport(Struct, frozen=True, kw_only=True):
    """A report that the caller made."""

    report_id: ReportId
    kind: SubjectKind
    id: str
    reason: str
    created: datetime
    answer: str | None
    answered_at: datetime | None
    hidden_at: datetime | None
    """When an operator hid the text."""


class OpenReport(OwnReport, frozen=True, kw_only=True):
    """A report as operators see it."""

    announcement_id: AnnouncementId | None
    reporter_id: PersonId
    reporter_name: str
    writer_id: PersonId
    writer_name: str
    text: str | None
    """The reported text as it now stands."""
    by: str | None
    """How the operator signed who last did anything about it."""


def build_router(reads: Reads, guard: OperatorGuard | None) -> APIRouter:
    """Return the routes. Without `guard` there are none for operators."""
    router = new_router()

    @router.get("/reports", **document(list[OwnReport], PARAMETERS))
    async def list_my_reports(request: Request) -> Response:
        """What the caller reported, newest first, and what came of it."""
        caller = await reads.authenticate(request)
        where = Where()
        where.add("r.reporter_id = {}::uuid", caller.person_id)
        page = build_page(request, where, f"{COLUMNS} FROM reports r")
        async with reads.open_snapshot(request) as snapshot:
            rows = await snapshot.fetch_rows(page.sql, *page.arguments)
        rows, headers = page.cut(request, rows)
        lines = [represent(OwnReport, row) for row in rows]
        return answer(request, lines, snapshot.position, headers=headers)

    if guard is not None:

        @router.get("/operator/reports", **document(list[OpenReport], PARAMETERS))
        async def list_reports(request: Request) -> Response:
            """What people reported, newest first, with the text as it now stands."""
            guard.require(request)
            page = build_page(request, Where(), FOR_OPERATORS)
            async with reads.open_snapshot(request) as snapshot:
                rows = await snapshot.fetch_rows(page.sql, *page.arguments)
            rows, headers = page.cut(request, rows)
            lines = [_represent_for_operators(row) for row in rows]
            return answer(request, lines, snapshot.position, headers=headers)

    return router


def build_page(request: Request, where: Where, columns: str) -> Page:
    """Return the page that the parameters ask for. Raises Malformed."""
    parameters = request.query_params
    if (state := parameters.get("state")) is not None:
        if state not in STATES:
            raise malformed_parameter("state", known=sorted(STATES))
        where.add(STATES[state])
    return select_page(where, parameters, NEWEST_FIRST, columns, "r.report_id")


def _represent_for_operators(row: asyncpg.Record) -> OpenReport:
    return represent(
        OpenReport,
        row,
        reporter_name=row["reporter_name"] or "",
        writer_name=row["writer_name"] or "",
    )
