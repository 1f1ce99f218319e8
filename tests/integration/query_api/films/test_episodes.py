"""Where people read of an announcement of a series, its episode is named."""

from tests.cells.read_side import ReadSide


async def test_page_and_calendar_name_the_episode(reads: ReadSide, host: str) -> None:
    series = {"movie_title": "Dark", "movie_title_ru": "Тьма", "season": 2, "episode": 8}
    evening = await reads.evening(host, **series)
    page = await reads.get(f"/a/{evening}", Accept_Language="ru")
    assert "Тьма, сезон 2, серия 8" in page.text
    file = await reads.get(f"/api/v1/announcement/{evening}/calendar.ics", host)
    assert "Dark\\, season 2\\, episode 8" in file.text
    shared = await reads.get(f"/api/v1/announcement/{evening}/share", host)
    assert "Dark, season 2, episode 8" in shared.body["text"]["en"]
    details = (await reads.get(f"/api/v1/announcement/{evening}", host)).body
    assert (details["movie_title"], details["season"], details["episode"]) == ("Dark", 2, 8)
