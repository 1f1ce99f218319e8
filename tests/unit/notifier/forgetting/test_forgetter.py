"""What the forgetter keeps is counted in the journal's time, and Notification forgets first."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from prometheus_client import REGISTRY
from pydantic import ValidationError

from contracts.errors import DependencyDown, DependencyRefused
from contracts.values.ids import PersonId
from launcher.settings import Settings
from notifier.forgetting.forgetter import Forgetter
from notifier.forgetting.retention import KEEP_DAYS_MIN
from notifier.policies.effects import TOLD_WITHIN
from notifier.store.forgetting.finished import ForgettingStore, OldNotice
from tests.cells.notifier_cell import Around
from tests.histories.notifier_events import person

NEWEST = datetime(2027, 6, 30, 23, 59, tzinfo=UTC)
KEPT_FROM = datetime(2027, 6, 20, tzinfo=UTC)


class OldRows:
    """A store that holds these old notices, and one old fan-out."""

    def __init__(self, *notices: OldNotice) -> None:
        self.notices = list(notices)
        self.fanouts = 1
        self.asked: list[datetime] = []

    async def forget_deleted(self, _limit: int) -> int:
        return 0

    async def select_notices(self, before: datetime, limit: int) -> list[OldNotice]:
        self.asked.append(before)
        return self.notices[:limit]

    async def delete_notices(self, _before: datetime, ids: Collection[int]) -> int:
        self.notices = [one for one in self.notices if one.id not in ids]
        return len(ids)

    async def delete_fanouts(self, _before: datetime, _limit: int) -> int:
        deleted, self.fanouts = self.fanouts, 0
        return deleted


class Emptied(Around):
    def __init__(self, failure: Exception | None = None) -> None:
        super().__init__()
        self.failure = failure
        self.emptied: list[tuple[PersonId, datetime]] = []

    async def empty_inbox(self, user_id: PersonId, until: datetime) -> None:
        if self.failure is not None:
            raise self.failure
        self.emptied.append((user_id, until))


def forgotten() -> float:
    return REGISTRY.get_sample_value("notifier_forgotten_total") or 0.0


def forgetter(rows: OldRows, around: Around, rows_at_once: int = 10) -> Forgetter:
    made = Forgetter(cast(ForgettingStore, rows), around, 10, rows_at_once)
    made.note_taken_over(NEWEST)
    return made


async def test_nothing_is_forgotten_before_a_record_says_what_day_it_is() -> None:
    rows = OldRows(OldNotice(1, person("anna"), True))
    assert not await Forgetter(cast(ForgettingStore, rows), Emptied(), 10).forget_some()
    assert (len(rows.notices), rows.fanouts) == (1, 1)


def test_whole_days_are_kept_and_an_older_record_changes_nothing() -> None:
    made = forgetter(OldRows(), Emptied())
    assert made.kept_from == KEPT_FROM
    made.note_taken_over(NEWEST - timedelta(days=300))
    assert made.kept_from == KEPT_FROM


async def test_each_persons_inbox_is_emptied_once_if_something_may_have_arrived() -> None:
    rows = OldRows(
        OldNotice(1, person("anna"), True),
        OldNotice(2, person("boris"), False),
        OldNotice(3, person("anna"), True),
    )
    around = Emptied()
    counted = forgotten()
    assert await forgetter(rows, around).forget_some()
    assert forgotten() - counted == 4, "three notices and a fan-out"
    assert around.emptied == [(person("anna"), KEPT_FROM)]
    assert (rows.notices, rows.fanouts) == ([], 0)
    assert rows.asked == [KEPT_FROM]


async def test_a_batch_is_bounded() -> None:
    rows = OldRows(*(OldNotice(number, person("anna"), False) for number in range(3)))
    made = forgetter(rows, Emptied(), rows_at_once=2)
    assert [await made.forget_some() for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize(
    "failure", [DependencyDown("notification"), DependencyRefused("notification", 422)]
)
async def test_what_notification_does_not_forget_is_kept(failure: Exception) -> None:
    rows = OldRows(OldNotice(1, person("anna"), True))
    around = Emptied(failure)
    made = forgetter(rows, around)
    await made.forget_some()
    assert len(rows.notices) == 1
    assert not await made.forget_some(), "it waits, and does not ask without a pause"
    around.failure = None
    assert await made.forget_some()
    assert rows.notices == []


def test_a_notice_is_kept_for_longer_than_it_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    assert timedelta(days=KEEP_DAYS_MIN) > TOLD_WITHIN
    monkeypatch.setenv("NOTIFIER_KEEP_DAYS", str(KEEP_DAYS_MIN))
    assert Settings().notices_keep_days == KEEP_DAYS_MIN
    monkeypatch.setenv("NOTIFIER_KEEP_DAYS", str(KEEP_DAYS_MIN - 1))
    with pytest.raises(ValidationError):
        Settings()
