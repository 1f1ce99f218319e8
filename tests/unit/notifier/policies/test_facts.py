"""The facts that every notice about an announcement has."""

from datetime import UTC, datetime

from msgspec.structs import replace

from contracts.values.ids import AnnouncementId, PersonId
from notifier.policies.facts import announcement_facts
from notifier.state import KnownAnnouncement

FILM = KnownAnnouncement(
    announcement_id=AnnouncementId("a"),
    author_id=PersonId("h"),
    movie_title="Dark",
    movie_title_ru="Тьма",
    title="A long night",
    description="",
    visibility="public",
    is_free=True,
    ticket_count=3,
    event_time=datetime(2030, 1, 1, tzinfo=UTC),
    event_location="Berlin",
)


def test_the_zone_is_a_fact_if_it_is_stated() -> None:
    assert "tz" not in announcement_facts(FILM)
    assert announcement_facts(replace(FILM, tz="Asia/Tokyo"))["tz"] == "Asia/Tokyo"


def test_a_series_is_named_with_its_episode() -> None:
    facts = announcement_facts(FILM)
    assert (facts["film"], facts["film_ru"]) == ("Dark", "Тьма")
    facts = announcement_facts(replace(FILM, season=1, episode=10))
    assert facts["film"] == "Dark, season 1, episode 10"
    assert facts["film_ru"] == "Тьма, сезон 1, серия 10"
