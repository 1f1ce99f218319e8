"""Events of reports: made by a person, answered by an operator; and the texts hidden after them.

Every field is storage format (`contracts.events.stored.base`). Whoever is reported is never told by
whom. A text is hidden as it stood then: its writer may write another one, and is told why.
"""

from typing import Literal

from contracts.events.stored.base import Event
from contracts.values.ids import AnnouncementId, PersonId, PostId, ReportId, ReviewId, SubjectId
from contracts.values.personal import NameOfOperator, WordsAboutPerson, WordsOfActor

SubjectKind = Literal["evening", "review", "post", "person"]
"""The kind of a report's subject. Stored, and public; an evening is an announcement, a review a
rating."""


class ReportEvent(Event, frozen=True, kw_only=True):
    """The family of a report's events."""

    report_id: ReportId


class ReportMade(ReportEvent, frozen=True, kw_only=True, tag="report.made.v1"):
    """A person reported a text or another person."""

    reporter_id: PersonId
    kind: SubjectKind
    subject_id: SubjectId
    """Id of the announcement, rating, post or person."""
    writer_id: PersonId
    """Whoever wrote the text, or the person."""
    announcement_id: AnnouncementId | None = None
    reason: WordsOfActor


class ReportAnswered(ReportEvent, frozen=True, kw_only=True, tag="report.answered.v1"):
    """An operator answered the reporter, `person_id`."""

    person_id: PersonId
    kind: SubjectKind
    text: WordsAboutPerson
    by: NameOfOperator | None = None


class TextHidden(ReportEvent, frozen=True, kw_only=True):
    """An operator hid a reported text. `person_id` wrote it and is told the reason."""

    person_id: PersonId
    announcement_id: AnnouncementId
    reason: WordsAboutPerson
    by: NameOfOperator | None = None


class EveningHidden(TextHidden, frozen=True, kw_only=True, tag="report.evening_hidden.v1"):
    """Title, description, place and hint of an announcement are told to nobody any more."""


class ReviewHidden(TextHidden, frozen=True, kw_only=True, tag="report.review_hidden.v1"):
    """Text and tags of a rating are told to nobody any more. The score counts."""

    review_id: ReviewId


class PostHidden(TextHidden, frozen=True, kw_only=True, tag="report.post_hidden.v1"):
    """The text of a post is told to nobody any more."""

    post_id: PostId


AnyHidden = EveningHidden | ReviewHidden | PostHidden
AnyReportEvent = ReportMade | ReportAnswered | AnyHidden


def kind_of_hidden(event: TextHidden) -> SubjectKind:
    """Return what kind of text was hidden."""
    match event:
        case ReviewHidden():
            return "review"
        case PostHidden():
            return "post"
        case _:
            return "evening"


def subject_of_hidden(event: TextHidden) -> str:
    """Return the id of the announcement, rating or post whose text was hidden."""
    match event:
        case ReviewHidden():
            return event.review_id
        case PostHidden():
            return event.post_id
        case _:
            return event.announcement_id
