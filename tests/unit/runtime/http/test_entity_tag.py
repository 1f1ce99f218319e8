"""Entity tags, and what clients may send back of them."""

import pytest

from runtime.http.entity_tag import entity_tag, matches, versions_in


@pytest.mark.parametrize(
    ("if_match", "versions"),
    [
        (None, None),
        ("*", None),
        ('"3.abc", *', None),
        ('"3.abc"', frozenset({3})),
        ('W/"3.abc"', frozenset({3})),
        ('"3.abc" , "5.def"', frozenset({3, 5})),
        ("3", frozenset({3})),
        ('"abc"', frozenset()),
        ('"abc", "4.x"', frozenset({4})),
        ('"٣.abc"', frozenset()),
        (f'"{"9" * 18}.abc"', frozenset({10**18 - 1})),
        (f'"{"9" * 5_000}.abc", "4.x"', frozenset({4})),
        ("", frozenset()),
    ],
)
def test_if_match_names_versions(if_match: str | None, versions: frozenset[int] | None) -> None:
    assert versions_in(if_match) == versions


def test_a_tag_is_of_version_and_body() -> None:
    tag = entity_tag(b"{}", 3)
    assert versions_in(tag) == frozenset({3})
    assert tag != entity_tag(b"[]", 3)
    assert tag != entity_tag(b"{}", 4)


@pytest.mark.parametrize(
    ("if_none_match", "known"),
    [(None, False), ("*", True), ('"1.a"', True), ('"0.z", W/"1.a"', True), ('"1.b"', False)],
)
def test_if_none_match_compares_whole_tags(if_none_match: str | None, known: bool) -> None:
    assert matches('"1.a"', if_none_match) is known
