"""What a target is sent next, and what a post says."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from contracts.values.ids import AnnouncementId, PersonId
from contracts.values.languages import Language
from contracts.values.targets import TargetName
from notifier.policies.effects import TOLD_WITHIN
from notifier.publishing.steps import (
    LEFT,
    NOT_WANTED,
    Action,
    LeasedPublication,
    OutsidePost,
    PublicationResult,
    choose_step,
    write_post,
)
from notifier.rights import TOO_LATE
from notifier.state import KnownAnnouncement
from tests.histories.notifier_events import BEGIN

NOW = BEGIN
EVENING = KnownAnnouncement(
    announcement_id=AnnouncementId("e"),
    author_id=PersonId("h"),
    movie_title="Solaris",
    movie_title_ru="Солярис",
    title="Солярис на стене",
    description="Secret words",
    visibility="public",
    is_free=True,
    ticket_count=3,
    event_time=NOW + timedelta(days=5),
    event_location="Secret street",
    location_hint="у парка",
    status="Alive",
    tz="Europe/Moscow",
)
NEW = LeasedPublication(
    announcement_id=EVENING.announcement_id,
    target=TargetName("club"),
    author_id=EVENING.author_id,
    wanted=True,
    revision=7,
    changed_at=NOW,
    posted_revision=None,
    stands=False,
    unsettled=False,
    attempts=1,
)
POSTED = NEW._replace(posted_revision=5, stands=True)
CURRENT = NEW._replace(posted_revision=7, stands=True)
GONE = POSTED._replace(wanted=False, stands=False)


@pytest.mark.parametrize(
    ("leased", "replacing", "once"),
    [
        (NEW, "publish", "publish"),
        (POSTED, "amend", PublicationResult("done", LEFT)),
        (CURRENT, PublicationResult("done"), PublicationResult("done")),
        (POSTED._replace(wanted=False), "withdraw", PublicationResult("done", LEFT)),
        (NEW._replace(wanted=False), *[PublicationResult("done", NOT_WANTED)] * 2),
        (GONE, *[PublicationResult("done", NOT_WANTED)] * 2),
        (GONE._replace(wanted=True), "amend", PublicationResult("done", LEFT)),
        (NEW._replace(unsettled=True), "publish", "publish"),
        (
            NEW._replace(unsettled=True, wanted=False),
            "withdraw",
            PublicationResult("done", NOT_WANTED),
        ),
    ],
)
def test_the_next_step(leased: LeasedPublication, replacing: object, once: object) -> None:
    assert choose_step(leased, EVENING, NOW, replaces=True) == replacing
    assert choose_step(leased, EVENING, NOW, replaces=False) == once


def test_nothing_is_published_once_the_film_has_begun() -> None:
    late = EVENING.event_time
    changed = NEW._replace(changed_at=late)
    assert choose_step(changed, EVENING, late, replaces=True) == PublicationResult("done", TOO_LATE)


def test_a_change_that_was_not_taken_for_days_is_given_up() -> None:
    later = NOW + TOLD_WITHIN + timedelta(seconds=1)
    assert choose_step(NEW, EVENING, later, replaces=True) == PublicationResult("parked", TOO_LATE)


def write(
    action: Action = "publish",
    leased: LeasedPublication = NEW,
    *,
    evening: KnownAnnouncement = EVENING,
    host: str = "",
    language: Language = "ru",
    replaces: bool = True,
) -> OutsidePost:
    """Return a post of a cell in Omsk."""
    zone = ZoneInfo("Asia/Omsk")
    link = "http://s/1"
    return write_post(leased, action, evening, host, link, zone, language, replaces=replaces)


def test_a_post_says_what_everybody_may_know() -> None:
    post = write(host="Анна")
    assert post.title == "Солярис на стене"
    assert post.text.splitlines() == [
        "Фильм: Солярис",
        "Когда: суббота, 7 марта 2026, 12:00 (Москва, GMT+3)",
        "Организатор: Анна",
        "у парка",
        "http://s/1",
    ]
    assert "Secret" not in str(post)


def test_a_post_of_an_evening_without_a_zone_has_the_time_of_the_cell() -> None:
    post = write(evening=replace(EVENING, tz=None), language="en")
    assert "When: Saturday, 7 March 2026, 15:00 (Omsk, GMT+6)" in post.text


def test_a_target_that_cannot_replace_is_told_no_time() -> None:
    post = write(language="en", replaces=False)
    assert post.text.splitlines() == ["Film: Solaris", "у парка", "http://s/1"]


def test_a_post_names_the_episode_of_a_series() -> None:
    series = replace(EVENING, season=1, episode=10)
    post = write(evening=series, language="en", replaces=False)
    assert post.text.splitlines()[0] == "Film: Solaris, season 1, episode 10"


def test_a_withdrawal_has_no_word_of_the_author() -> None:
    post = write("withdraw", POSTED, host="Анна")
    assert (post.title, post.text) == ("PRACTIX", "снято с публикации")
    assert post.key == write().key
