"""Texts and addresses with which a person shares a link."""

from urllib.parse import parse_qs, urlsplit

from query_api.sharing.intents import TEXT_CHARS_MAX, share_intents, share_text
from query_api.sharing.preview import Preview

LINK = "https://practix.test/s/abc"
PREVIEW = Preview("Ночь & день", "Матрица", "Анна", "у парка", "ru")


def test_a_text_says_what_the_preview_says() -> None:
    text = share_text(PREVIEW, "ru")
    assert text == "Кино в компании: «Ночь & день». Фильм: Матрица. Организатор: Анна. у парка"


def test_the_text_of_what_is_not_public_says_nothing_about_it() -> None:
    assert share_text(None, "en") == "Watch it together: PRACTIX"


def test_a_long_text_is_cut() -> None:
    text = share_text(Preview("x" * 500, "Матрица", "Анна", None, "ru"), "ru")
    assert len(text) <= TEXT_CHARS_MAX
    assert text.endswith("…")


def test_every_intent_has_link_and_text() -> None:
    intents = share_intents(LINK, "a & b")
    hosts = {name: urlsplit(getattr(intents, name)).hostname for name in intents.__struct_fields__}
    assert hosts == {"telegram": "t.me", "vk": "vk.com", "whatsapp": "wa.me", "x": "x.com"}
    for address in (intents.telegram, intents.vk, intents.x):
        values = parse_qs(urlsplit(address).query)
        assert values.pop("url") == [LINK]
        assert [*values.values()] == [["a & b"]]
    assert parse_qs(urlsplit(intents.whatsapp).query)["text"] == [f"a & b {LINK}"]
