"""The state of a report: what the rules need of it, which is not its texts."""

from datetime import datetime

from msgspec import Struct

from contracts.events.report import SubjectKind
from contracts.values.ids import AnnouncementId, PersonId, ReportId, SubjectId


class FiledReport(Struct, frozen=True, kw_only=True, gc=False):
    """A report of one person about a text or another person. The tables have its reason."""

    id: ReportId
    reporter_id: PersonId
    kind: SubjectKind
    subject_id: SubjectId
    writer_id: PersonId
    announcement_id: AnnouncementId | None
    made_at: datetime
    answered: bool = False
    hidden: bool = False
    """Whether an operator hid the text after this report."""

    @property
    def open(self) -> bool:
        """Whether operators have yet to do anything about it."""
        return not self.answered and not self.hidden
