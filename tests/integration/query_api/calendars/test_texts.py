"""Calendars speak the language of their reader, and lead to the pages of evenings."""

import pytest
from icalendar import Calendar, Component

from contracts.values.personal import ERASED_TEXT
from tests.cells.read_side import ReadSide


@pytest.mark.parametrize("accepted", ["en-GB", ""])
async def test_a_feed_speaks_the_language_of_its_person_whatever_fetches_it(
    reads: ReadSide, host: str, accepted: str
) -> None:
    await reads.evening(host)
    url = (await reads.get("/api/v1/schedule/feed", host)).body["url"]
    (event,) = events_of((await reads.get(url, Accept_Language=accepted)).text)
    assert event["description"] == "Матрица"


async def test_feed_and_file_lead_to_the_evenings_page(reads: ReadSide, host: str) -> None:
    evening = await reads.evening(host)
    feed = (await reads.get("/api/v1/schedule/feed", host)).body["url"]
    for path in (feed, f"/api/v1/announcement/{evening}/calendar.ics"):
        (event,) = events_of((await reads.get(path, host)).text)
        own_url, separator, page = str(event["url"]).partition("/a/")
        assert (separator, page) == ("/a/", evening)
        assert own_url.startswith("http://")
        assert (await reads.get(f"/a/{page}")).status == 200


@pytest.mark.parametrize(("language", "title"), [("ru", "[удалено]"), ("en", "[erased]")])
async def test_what_stands_for_erased_words_is_in_the_language(
    reads: ReadSide, host: str, language: str, title: str
) -> None:
    evening = await reads.evening(host, title=ERASED_TEXT, event_location=ERASED_TEXT)
    path = f"/api/v1/announcement/{evening}/calendar.ics"
    (event,) = events_of((await reads.get(path, host, Accept_Language=language)).text)
    assert (event["summary"], event["location"]) == (title, title)


def events_of(text: str) -> list[Component]:
    return Calendar.from_ical(text).walk("VEVENT")
