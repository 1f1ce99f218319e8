"""Announcements are published at the targets of an operator, once, through the outbox."""

from collections.abc import Mapping
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from fastapi import FastAPI, HTTPException, Request
from pydantic import SecretStr

from contracts.events.announcement import AnnouncementCancelled
from contracts.events.person import PersonErased
from contracts.values.ids import SYSTEM
from contracts.values.targets import TargetName
from notifier.publishing.publisher import NOT_TAKEN, Publisher
from notifier.publishing.steps import LEFT, OutsidePost
from notifier.publishing.targets import Delivery, PublishTarget, deliver
from notifier.short_links import ShortLinks
from notifier.store.operators.acts import Signature
from notifier.store.publications import Publications, StoredPublication
from runtime.service.cell import ZONE_DEFAULT
from tests.cells.notifier_cell import NotifierCell
from tests.histories.notifier_events import announcement, created, edited, person, published, seen
from tests.servers.http_server import served

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr':DeprecationWarning")  # Apprise's own.

SITE, CLUB = TargetName("site"), TargetName("club")
TARGETS = {
    SITE: PublishTarget(url=SecretStr("json://localhost/posts")),
    CLUB: PublishTarget(url=SecretStr("tgram://123456789:abcdefg_hijklmnop/12315544")),
}
CANCELLED = AnnouncementCancelled(announcement_id=announcement(), version=4, by="author")


class Sent:
    """Takes every post in place of the targets, or answers as it was told to."""

    def __init__(self) -> None:
        self.posts: list[tuple[str, OutsidePost]] = []
        self.answers: list[Delivery] = []

    async def __call__(self, target: PublishTarget, post: OutsidePost) -> Delivery:
        name = next(name for name, one in TARGETS.items() if one == target)
        self.posts.append((name, post))
        return self.answers.pop(0) if self.answers else "taken"

    def to(self, target: str) -> list[str]:
        return [post.action for name, post in self.posts if name == target]


@pytest.fixture
async def cell(cell: NotifierCell) -> NotifierCell:
    cell.history.tell(seen("host"))
    cell.history.tell(created(publish_to=(CLUB, SITE)), published())
    return cell


@pytest.fixture
def sent() -> Sent:
    return Sent()


async def publish(
    cell: NotifierCell, send: Any, targets: Mapping[TargetName, PublishTarget] = TARGETS
) -> None:
    """Read the journal, and publish what is due by now."""
    await cell.read()
    links = ShortLinks(cell.queue, cell.around, "")
    publications = Publications(cell.pool)
    publisher = Publisher(
        publications,
        cell.queue,
        links,
        targets,
        lambda: cell.now,
        ZONE_DEFAULT,
        send=send,
        random=Random(1),
    )
    while await publisher.publish_next():
        pass


async def stored(cell: NotifierCell) -> dict[str, StoredPublication]:
    rows = await Publications(cell.pool).select(None, None, 100)
    return {row["target"]: row for row in rows}


async def test_each_target_gets_a_post_once(cell: NotifierCell, sent: Sent) -> None:
    for _ in range(2):
        await publish(cell, sent)
    assert sorted((name, post.action) for name, post in sent.posts) == [
        (CLUB, "publish"),
        (SITE, "publish"),
    ]
    assert "Host" in sent.posts[0][1].text
    assert {one["state"] for one in (await stored(cell)).values()} == {"done"}


async def test_a_move_and_a_cancellation_reach_those_who_can_replace(
    cell: NotifierCell, sent: Sent
) -> None:
    await publish(cell, sent)
    for hours in (1, 2):
        cell.history.tell(edited(event_time=created().event_time + timedelta(hours=hours)))
    await publish(cell, sent)
    assert sent.to(SITE) == ["publish"]  # Changes that follow each other join.
    cell.now += timedelta(minutes=2)
    await publish(cell, sent)
    cell.history.tell(CANCELLED)
    cell.now += timedelta(minutes=2)
    await publish(cell, sent)
    assert sent.to(SITE) == ["publish", "amend", "withdraw"]
    assert sent.to(CLUB) == ["publish"]
    assert (await stored(cell))[CLUB]["reason"] == LEFT


async def test_what_was_cancelled_before_it_was_sent_is_never_published(
    cell: NotifierCell, sent: Sent
) -> None:
    cell.history.tell(CANCELLED)
    await publish(cell, sent)
    assert sent.posts == []


async def test_an_erasure_withdraws_what_stands(cell: NotifierCell, sent: Sent) -> None:
    await publish(cell, sent)
    cell.history.tell(PersonErased(person_id=person("host")), by=SYSTEM)
    cell.now += timedelta(minutes=2)
    await publish(cell, sent)
    name, withdrawal = sent.posts[-1]
    assert (name, withdrawal.action) == (SITE, "withdraw")
    assert "Together" not in str(withdrawal)


async def test_a_target_that_is_down_is_asked_again(cell: NotifierCell, sent: Sent) -> None:
    sent.answers = ["not_taken"] * 2
    await publish(cell, sent)
    assert {one["state"] for one in (await stored(cell)).values()} == {"waiting"}
    cell.now += timedelta(minutes=10)
    await publish(cell, sent)
    assert (sent.to(SITE), sent.to(CLUB)) == (["publish"] * 2, ["publish"] * 2)
    assert all(one["stands"] for one in (await stored(cell)).values())


async def test_if_nobody_knows_only_a_target_that_knows_the_key_is_asked_again(
    cell: NotifierCell, sent: Sent
) -> None:
    sent.answers = ["unknown"] * 2
    await publish(cell, sent)
    cell.now += timedelta(minutes=10)
    await publish(cell, sent)
    assert (sent.to(SITE), sent.to(CLUB)) == (["publish"] * 2, ["publish"])
    assert (await stored(cell))[CLUB]["state"] == "unsettled"
    publications = Publications(cell.pool)
    place, signature = (announcement(), CLUB), Signature("olga", cell.now)
    tried = await publications.retry(place, cell.now, signature, dry_run=True)
    assert tried.done
    await publish(cell, sent)
    assert sent.to(CLUB) == ["publish"]
    await publications.retry(place, cell.now, signature, dry_run=False)
    await publish(cell, sent)
    assert sent.to(CLUB) == ["publish"] * 2


async def test_a_publisher_that_died_while_sending_leaves_no_second_post(
    cell: NotifierCell, sent: Sent
) -> None:
    await cell.read()
    dead = Publications(cell.pool)
    await dead.session.open()
    leased = {one.target for _ in range(2) if (one := await dead.lease(cell.now, ())) is not None}
    assert leased == {SITE, CLUB}
    await publish(cell, sent)
    assert sent.posts == []
    await dead.session.close()
    await cell.queue.session.free_leases_of_the_dead(cell.now)
    await publish(cell, sent)
    assert (sent.to(SITE), sent.to(CLUB)) == (["publish"], [])


async def test_nobody_is_reached_at_a_target_that_was_taken_away(
    cell: NotifierCell, sent: Sent
) -> None:
    await publish(cell, sent, targets={})
    assert sent.posts == []
    assert {one["reason"] for one in (await stored(cell)).values()} == {"unknown_target"}


async def test_a_webhook_gets_the_post_with_its_key(cell: NotifierCell) -> None:
    got: list[tuple[str, Any]] = []
    failures = [503]
    app = FastAPI()

    @app.post("/posts")
    async def take(request: Request) -> dict[str, str]:
        if failures:
            raise HTTPException(failures.pop())
        got.append((request.headers["idempotency-key"], await request.json()))
        return {}

    async with served(app) as url:
        address = url.replace("http://", "json://") + "/posts"
        targets = {SITE: PublishTarget(url=SecretStr(address), language="ru")}
        await publish(cell, deliver, targets)
        assert got == []
        cell.now += timedelta(minutes=10)
        await publish(cell, deliver, targets)
    ((key, body),) = got
    assert key.startswith(f"{body['key']}.")
    assert key.endswith(".publish")
    assert (body["action"], body["title"], body["link"]) == (
        "publish",
        "Together",
        body["message"].splitlines()[-1],
    )
    assert body["message"].startswith("Фильм: Солярис\nКогда: ")


async def test_a_target_that_does_not_listen_has_taken_nothing(cell: NotifierCell) -> None:
    async with served(FastAPI()) as url:
        gone = url.replace("http://", "json://") + "/posts"
    await publish(cell, deliver, {SITE: PublishTarget(url=SecretStr(gone))})
    found = (await stored(cell))[SITE]
    assert (found["state"], found["reason"]) == ("waiting", NOT_TAKEN)
