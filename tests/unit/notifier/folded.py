"""Folds a history in memory, as the notifier plans its notices, for tests to look at."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from contracts.journal.records import Commit
from contracts.notices import Kind
from notifier.planning.fold import NO_GAPS, Gaps, ParkedEvent, decode_commit, fold
from notifier.planning.notice_plan import NoticePlan, PlannedNotice
from notifier.state import NotifierState
from tests.histories.notifier_events import person

NAMES: Final = ("host", "anna", "boris", "vera", "gleb", "fan", "operator")


class Folded:
    """What one run over `commits` plans."""

    def __init__(self, commits: Iterable[Commit], told_seq: int = 0, gaps: Gaps = NO_GAPS) -> None:
        self.state = NotifierState()
        self.plan = NoticePlan()
        self.letters: list[ParkedEvent] = fold(
            map(decode_commit, commits), self.state, self.plan, told_seq=told_seq, gaps=gaps
        )

    def rows(self, *kinds: Kind) -> list[PlannedNotice]:
        return [row for row in self.plan.notices if not kinds or row.kind in kinds]

    def reminders_of(self, name: str) -> set[tuple[str, datetime]]:
        """Return kind and due time of the reminders planned for a person."""
        rows = self.rows("remind_day", "remind_hour")
        return {(row.kind, row.due_at) for row in rows if row.recipient == person(name)}

    def find_notices(self, seq: int) -> set[tuple[str, str]]:
        """Return recipient and kind of the notices about the Commit at `seq`, not of reminders."""
        names = {person(name): name for name in NAMES}
        return {
            (names[row.recipient], row.kind)
            for row in self.plan.notices
            if row.event_time is None and any(one.seq == seq for one in row.sources)
        }
