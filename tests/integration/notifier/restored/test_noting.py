"""An older outbox is restored beside a newer journal: what was sent meanwhile is not sent again."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest
from pydantic import SecretStr

from contracts.events.booking import BookingInvited, BookingRequested
from contracts.journal.acceptance import JournalBroken
from contracts.values.targets import TargetName
from notifier.publishing.publisher import Publisher
from notifier.publishing.steps import OutsidePost
from notifier.publishing.targets import Delivery, PublishTarget
from notifier.restored.noting import note_restored
from notifier.short_links import ShortLinks
from notifier.store.operators.acts import Signature
from notifier.store.publications import Publications
from runtime.journal.sqlite import SqliteJournal
from runtime.service.cell import ZONE_DEFAULT
from tests.cells.notifier_cell import NotifierCell, notifier_cell
from tests.histories.notifier_events import (
    announcement,
    booking,
    created,
    edited,
    person,
    published,
    seen,
)

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr':DeprecationWarning")  # Apprise's own.

SITE, CLUB = TargetName("site"), TargetName("club")
TARGETS = {
    SITE: PublishTarget(url=SecretStr("json://localhost/posts")),
    CLUB: PublishTarget(url=SecretStr("tgram://123456789:abcdefg_hijklmnop/12315544")),
}


class Outboxes(NamedTuple):
    """Two outboxes of one journal, which tell the same outside services."""

    lost: NotifierCell
    """It sends while `found` stands still."""
    found: NotifierCell
    """The backup."""


@pytest.fixture
async def outboxes(
    tmp_path: Path, postgres_dsn: str, another_postgres_dsn: str
) -> AsyncIterator[Outboxes]:
    async with (
        notifier_cell(tmp_path, postgres_dsn) as lost,
        notifier_cell(tmp_path / "unused", another_postgres_dsn) as found,
    ):
        found.journal, found.history, found.around = lost.journal, lost.history, lost.around
        lost.history.tell(seen("host"), seen("anna"))
        lost.history.tell(created(publish_to=(CLUB, SITE)))
        yield Outboxes(lost, found)


async def restore(outboxes: Outboxes) -> None:
    """Let the backup take the place of what was lost."""
    outboxes.found.now = outboxes.lost.now
    noted = await note_restored(outboxes.lost.journal, outboxes.found.pool)
    assert noted.position < noted.end


async def test_a_change_that_joined_another_is_not_told_again(outboxes: Outboxes) -> None:
    lost, found = outboxes
    lost.history.tell(published())
    lost.history.tell(booking(BookingInvited, "anna", (True, None)))
    lost.history.tell(edited(title="Another title"))
    await lost.read()
    await found.read()
    lost.history.now += timedelta(seconds=30)
    lost.history.tell(edited(event_location="Another place"))
    await lost.read()
    await lost.wait(minutes=2)
    told = set(lost.around.inbox)
    told_of_edits = [one.user_id for one in lost.around.got(kind="announce_put")]
    assert sorted(told_of_edits) == sorted({person("anna"), person("host")})

    await restore(outboxes)
    await found.send()
    assert await found.lines(state="sent") == []
    await found.wait(minutes=1)
    assert {line["key"] for line in await found.lines(state="sent")} == told
    assert set(found.around.inbox) == told

    found.history.tell(booking(BookingRequested, "boris", (None, True)), by="boris")
    await found.read_and_send()
    assert len(found.around.inbox) > len(told)


class Posted:
    def __init__(self) -> None:
        self.posts: list[str] = []

    async def __call__(self, target: PublishTarget, _post: OutsidePost) -> Delivery:
        self.posts.append(next(name for name, one in TARGETS.items() if one == target))
        return "taken"


async def publish(
    cell: NotifierCell, sent: Posted, targets: Mapping[TargetName, PublishTarget] = TARGETS
) -> dict[str, str]:
    """Publish what is due, and return the states by target."""
    publications = Publications(cell.pool)
    links = ShortLinks(cell.queue, cell.around, "")
    publisher = Publisher(
        publications,
        cell.queue,
        links,
        targets,
        lambda: cell.now,
        ZONE_DEFAULT,
        send=sent,
        random=Random(1),
    )
    while await publisher.publish_next():
        pass
    return {row["target"]: row["state"] for row in await publications.select(None, None, 100)}


@pytest.mark.parametrize("planned_before", [False, True])
async def test_an_operator_decides_about_posts_that_may_stand(
    outboxes: Outboxes, planned_before: bool
) -> None:
    lost, found = outboxes
    if planned_before:
        lost.history.tell(published())
        await lost.read()
    await found.read()
    lost.history.tell(edited(title="Another title") if planned_before else published())
    await lost.read()
    before = Posted()
    await publish(lost, before)
    assert sorted(before.posts) == [CLUB, SITE]

    await restore(outboxes)
    after = Posted()
    await publish(found, after)
    assert after.posts == []
    await found.read()
    states = await publish(found, after)
    assert after.posts == [SITE]  # It knows the post by its key.
    assert states == {SITE: "done", CLUB: "unsettled"}
    found.history.tell(edited(title="A third title"))
    found.now += timedelta(minutes=2)
    await found.read()
    assert (await publish(found, after))[CLUB] == "unsettled"
    assert CLUB not in after.posts


async def not_posted(cell: NotifierCell, state: str) -> None:
    """Bring the announcement's rows into this state without a post."""
    if state.startswith("unwanted"):
        cell.history.tell(edited(publish_to=()))
    await cell.read()
    if state != "unwanted_waiting":
        posted = Posted()
        await publish(cell, posted, {})
        assert posted.posts == []


@pytest.mark.parametrize(
    ("state", "later"),
    [
        ("parked", "edited"),
        ("parked", "retried"),
        ("unwanted_waiting", "edited"),
        ("unwanted_done", "edited"),
    ],
)
async def test_what_was_not_posted_before_the_backup_may_stand_as_well(
    outboxes: Outboxes, state: str, later: str
) -> None:
    lost, found = outboxes
    lost.history.tell(published())
    await lost.read()
    await not_posted(lost, state)
    await found.read()
    if state != "unwanted_waiting":
        await publish(found, Posted(), {})
    if later == "edited":
        lost.history.tell(edited(title="Another title", publish_to=(CLUB, SITE)))
    else:
        for target in TARGETS:
            signature = Signature("olga", lost.now)
            await Publications(lost.pool).retry(
                (announcement(), target), lost.now, signature, dry_run=False
            )
        lost.history.tell(seen("boris"))
    await lost.read()
    before = Posted()
    await publish(lost, before)
    assert sorted(before.posts) == [CLUB, SITE]

    await restore(outboxes)
    await found.read()
    after = Posted()
    assert await publish(found, after) == {SITE: "done", CLUB: "unsettled"}
    assert after.posts == [SITE]  # It knows the post by its key.
    found.history.tell(edited(title="A third title"))
    found.now += timedelta(minutes=2)
    await found.read()
    assert (await publish(found, after))[CLUB] == "unsettled"
    assert CLUB not in after.posts
    club = await found.pool.fetchval(
        "SELECT reason FROM notifier.publications WHERE target = $1", CLUB
    )
    assert club == "may_have_arrived"


async def test_an_outbox_that_is_newer_than_the_journal_is_refused(
    outboxes: Outboxes, tmp_path: Path
) -> None:
    await outboxes.lost.read()
    other = SqliteJournal(tmp_path / "another" / "journal.sqlite")
    await (await other.open_writer()).append(b"{}")
    with pytest.raises(JournalBroken):
        await note_restored(other, outboxes.lost.pool)
    await other.close()
