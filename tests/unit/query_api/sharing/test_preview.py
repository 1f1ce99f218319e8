"""What a link tells before anybody opens it."""

from typing import Any

from query_api.sharing.preview import open_graph_tags, preview_of

ROW: dict[str, Any] = {
    "title": 'A "loud" night <b>',
    "movie_title": "The Matrix",
    "movie_title_ru": "Матрица",
    "season": None,
    "episode": None,
    "author_name": "Анна",
    "location_hint": "near the park",
    "tickets_left": 3,
    "status": "Alive",
}


def test_a_preview_has_title_film_host_and_the_hint() -> None:
    preview = preview_of(ROW, "ru")
    assert preview.facts == ["Фильм: Матрица", "Организатор: Анна", "near the park"]
    assert preview_of(ROW, "en").facts[:2] == ["Film: The Matrix", "Host: Анна"]


def test_a_host_without_name_and_a_place_without_hint_are_left_out() -> None:
    preview = preview_of(ROW | {"author_name": None, "location_hint": None}, "en")
    assert preview.facts == ["Film: The Matrix"]


def test_the_tags_are_escaped_and_name_whole_addresses() -> None:
    tags = open_graph_tags(preview_of(ROW, "en"), "1", "https://practix.test")
    assert 'property="og:title" content="A &quot;loud&quot; night &lt;b&gt;"' in tags
    assert 'property="og:url" content="https://practix.test/a/1"' in tags
    assert 'content="https://practix.test/a/1/card.png?lang=en"' in tags
    assert "Alive" not in tags
