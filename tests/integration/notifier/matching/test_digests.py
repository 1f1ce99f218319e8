"""A digest of evenings that fit one's plans: at most one a day, of what one may see then."""

from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.events.announcement import AnnouncementCancelled
from contracts.events.person import PersonErased, PersonMuted
from contracts.events.plan import FilmPlanned, FilmUnplanned, FreeTimesStated
from contracts.values.ids import MovieId
from tests.cells.notifier_cell import NotifierCell
from tests.histories.notifier_events import announcement, created, person, published, seen

FILM = MovieId(person("film"))


@pytest.fixture
async def cell(cell: NotifierCell) -> NotifierCell:
    cell.history.tell(*(seen(name) for name in ("host", "anna", "boris", "vera", "fan")))
    return cell


def planned(name: str, **wishes: Any) -> FilmPlanned:
    return FilmPlanned(
        person_id=person(name),
        movie_id=FILM,
        movie_title="Solaris",
        movie_title_ru="Солярис",
        duration_min=120,
        **wishes,
    )


def announce(cell: NotifierCell, name: str, **fields: Any) -> None:
    fields.setdefault("event_time", datetime(2026, 3, 9, 16, tzinfo=UTC))
    cell.history.tell(created(name, **fields), published(name))


def digests(cell: NotifierCell, name: str) -> list[list[str]]:
    """Return of each digest that somebody got the days on which its evenings begin."""
    return [
        [one["event_time"][:10] for one in notice.context["evenings"]]
        for notice in cell.around.got(person(name), "plan_match")
    ]


async def test_who_planned_the_film_is_told_once_a_day(cell: NotifierCell) -> None:
    tell = cell.history.tell
    tell(planned("anna"), by="anna")
    tell(planned("boris", places=("Kazan",)), by="boris")
    tell(planned("vera"), by="vera")
    tell(FilmUnplanned(person_id=person("vera"), movie_id=FILM), by="vera")
    tell(planned("fan"), by="fan")
    cell.around.followers_of = {person("host"): (person("fan"),)}
    announce(cell, "first", title="A secret title")
    announce(cell, "second", event_time=datetime(2026, 3, 10, 16, tzinfo=UTC))
    await cell.read_and_send()
    assert digests(cell, "anna") == [], "it waits for others"
    await cell.wait(minutes=1)
    assert digests(cell, "anna") == [["2026-03-09", "2026-03-10"]]
    (notice,) = cell.around.got(person("anna"), "plan_match")
    assert notice.short_link is None
    assert "secret" not in repr(notice)
    assert notice.text.count("Solaris") == notice.text.count("http") == 2
    for name in ("boris", "vera", "host"):
        assert digests(cell, name) == []
    assert digests(cell, "fan") == [], "they hear of it as a follower"
    assert len(cell.around.got(person("fan"), "announce_new")) == 2

    announce(cell, "third", event_time=datetime(2026, 3, 11, 16, tzinfo=UTC))
    await cell.wait(hours=23)
    assert len(digests(cell, "anna")) == 1
    announce(cell, "fourth", event_time=datetime(2026, 3, 12, 16, tzinfo=UTC))
    await cell.wait(hours=2)
    assert digests(cell, "anna")[1:] == [["2026-03-11", "2026-03-12"]]
    await cell.wait(hours=48)
    assert len(digests(cell, "anna")) == 2


async def test_evenings_of_many_hosts_at_a_time_are_one_digest(cell: NotifierCell) -> None:
    cell.history.tell(planned("anna"), by="anna")
    hosts = [f"host {number}" for number in range(6)]
    for number, host in enumerate(hosts):
        cell.history.tell(seen(host))
        evening = datetime(2026, 3, 9 + number, 16, tzinfo=UTC)
        announce(cell, f"of {host}", host=host, event_time=evening)
    await cell.read_and_send()
    await cell.wait(minutes=1)
    (digest,) = digests(cell, "anna")
    assert len(digest) == len(hosts)


async def test_a_digest_says_what_is_right_when_it_is_sent(cell: NotifierCell) -> None:
    """Called off, muted, hidden from others, given up, erased: nothing is told any more."""
    tell = cell.history.tell
    for name in ("anna", "boris", "vera", "fan"):
        tell(planned(name), by=name)
    mondays = FreeTimesStated(
        person_id=person("fan"), tz="Europe/Moscow", times=("mon 18:00-22:00",)
    )
    tell(mondays, by="fan")
    announce(cell, "off")
    announce(cell, "monday", host="gleb")
    announce(cell, "tuesday", host="gleb", event_time=datetime(2026, 3, 10, 16, tzinfo=UTC))
    announce(cell, "private", host="gleb", visibility="invite")
    announce(cell, "followers", host="gleb", visibility="subscribers")
    await cell.read_and_send()
    off = AnnouncementCancelled(announcement_id=announcement("off"), version=3, by="author")
    tell(off)
    tell(PersonMuted(person_id=person("boris"), host_id=person("gleb")), by="boris")
    tell(PersonErased(person_id=person("vera")), by="system")
    await cell.wait(minutes=1)
    assert digests(cell, "anna") == [["2026-03-09", "2026-03-10"]]
    assert digests(cell, "fan") == [["2026-03-09"]], "a Monday"
    assert digests(cell, "boris") == digests(cell, "vera") == []
    for table in ("plans", "free_times"):
        sql = f"SELECT count(*) FROM notifier.{table} WHERE person_id = $1"
        assert await cell.pool.fetchval(sql, person("vera")) == 0

    announce(cell, "later", event_time=datetime(2026, 3, 16, 16, tzinfo=UTC))
    await cell.read_and_send()
    tell(FilmUnplanned(person_id=person("anna"), movie_id=FILM), by="anna")
    await cell.wait(hours=25)
    assert len(digests(cell, "anna")) == 1
    assert digests(cell, "fan")[1:] == [["2026-03-16"]]
    before = len(cell.around.inbox)
    await cell.forget(["plans", "free_times", "evenings", "participations"])
    await cell.read_and_send()
    assert len(cell.around.inbox) == before, "nothing is told twice"
    assert await cell.pool.fetchval("SELECT count(*) FROM notifier.plans") == 2
