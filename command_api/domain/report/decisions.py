"""Decides the commands about reports: a person makes one, an operator answers or hides.

A person reports what they can find, and once while the report is open. The one who is reported
never learns by whom.
"""

from typing import Any, Final

from command_api.domain.announcement.visibility import find_visible
from command_api.domain.booking.limits import refusal_until_tomorrow
from command_api.domain.post.rights import find_post
from command_api.domain.recorder import Handlers, Recorder, pair_handler
from command_api.domain.report.commands import AnswerReport, HideReported, MakeReport
from command_api.domain.report.state import FiledReport
from contracts.errors import CommandRefused, NotFound
from contracts.events.report import (
    AnyHidden,
    EveningHidden,
    PostHidden,
    ReportAnswered,
    ReportMade,
    ReviewHidden,
)
from contracts.journal.records import Outcome
from contracts.values.ids import AnnouncementId, PersonId, PostId, ReportId, ReviewId
from contracts.values.personal import ERASED_TEXT


def make_report(recorder: Recorder, command: MakeReport) -> Outcome:
    """Record the actor's report. Adds nothing while an earlier one about the same is open: the
    outcome names that one. Raises NotFound if the actor cannot find what is reported."""
    writer_id, announcement_id = _find_subject(recorder, command)
    if writer_id == recorder.actor:
        raise CommandRefused("report_of_oneself")
    earlier = recorder.layer.report_of(recorder.actor, command.subject_id)
    if earlier is not None and earlier.open and earlier.kind == command.kind:
        return Outcome("unchanged", facts={"report_id": earlier.id})
    _refuse_too_many(recorder)
    recorder.record(
        ReportMade(
            report_id=command.report_id,
            reporter_id=recorder.actor,
            kind=command.kind,
            subject_id=command.subject_id,
            writer_id=writer_id,
            announcement_id=announcement_id,
            reason=command.reason,
        )
    )
    return Outcome("report_made", created=True, facts={"report_id": command.report_id})


def answer_report(recorder: Recorder, command: AnswerReport) -> Outcome:
    """Answer a report, once."""
    report = _find_report(recorder, command.report_id)
    if report.answered:
        raise CommandRefused("report_answered")
    recorder.record(
        ReportAnswered(
            report_id=report.id,
            person_id=report.reporter_id,
            kind=report.kind,
            text=_words_about(recorder, report.reporter_id, command.text),
            by=command.by,
        )
    )
    return Outcome("report_answered", facts={"report_id": report.id})


def hide_reported(recorder: Recorder, command: HideReported) -> Outcome:
    """Hide the reported text as it stands. Repeating it for the same report adds nothing: whatever
    the writer has written since has to be reported anew."""
    report = _find_report(recorder, command.report_id)
    if report.announcement_id is None:
        raise CommandRefused("nothing_to_hide")
    if report.hidden:
        return Outcome("unchanged", facts={"report_id": report.id})
    reason = _words_about(recorder, report.writer_id, command.reason)
    recorder.record(_build_hidden(report, report.announcement_id, reason, command.by))
    return Outcome("text_hidden", facts={"report_id": report.id})


REPORT_HANDLERS: Final[Handlers] = (
    pair_handler(MakeReport, make_report),
    pair_handler(AnswerReport, answer_report),
    pair_handler(HideReported, hide_reported),
)


def _words_about(recorder: Recorder, person_id: PersonId, words: str) -> str:
    """Return what an operator says to a person; nothing of it if they are erased: no erasure would
    take it away any more."""
    return ERASED_TEXT if recorder.person(person_id).erased else words


def _build_hidden(
    report: FiledReport, announcement_id: AnnouncementId, reason: str, by: str | None
) -> AnyHidden:
    common: dict[str, Any] = {
        "report_id": report.id,
        "person_id": report.writer_id,
        "announcement_id": announcement_id,
        "reason": reason,
        "by": by,
    }
    match report.kind:
        case "review":
            return ReviewHidden(**common, review_id=ReviewId(report.subject_id))
        case "post":
            return PostHidden(**common, post_id=PostId(report.subject_id))
        case _:
            return EveningHidden(**common)


def _find_report(recorder: Recorder, report_id: ReportId) -> FiledReport:
    report = recorder.layer.reports.get(report_id)
    if report is None:
        raise NotFound
    return report


def _find_subject(
    recorder: Recorder, command: MakeReport
) -> tuple[PersonId, AnnouncementId | None]:
    """Return who wrote what is reported, and the announcement that it belongs to. Raises NotFound
    if the actor may not read it, and NeedsFact as `find_visible` does. Whether a person exists is
    not looked up, so the answer does not reveal it."""
    match command.kind:
        case "evening":
            evening = find_visible(
                recorder.layer,
                AnnouncementId(command.subject_id),
                recorder.actor,
                follows_author=command.follows_author,
            )
            return evening.author_id, evening.id
        case "review":
            rating = recorder.layer.ratings.get(ReviewId(command.subject_id))
            if rating is None or not (rating.counts or rating.rater_id == recorder.actor):
                raise NotFound
            return rating.rater_id, rating.announcement_id
        case "post":
            _, post = find_post(recorder.layer, PostId(command.subject_id), recorder.actor)
            if post.deleted:
                raise NotFound
            return post.writer_id, post.announcement_id
        case "person":
            return PersonId(command.subject_id), None


def _refuse_too_many(recorder: Recorder) -> None:
    """Raises CommandRefused `too_many_reports` if the actor has made too many today, in UTC."""
    now, limit = recorder.now, recorder.rules.reports_a_day_max
    if recorder.person(recorder.actor).reports_on(now) >= limit:
        raise refusal_until_tomorrow("too_many_reports", limit, now)
