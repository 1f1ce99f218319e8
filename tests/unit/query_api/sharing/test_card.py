"""The card of a shared link."""

from io import BytesIO

import pytest
from PIL import Image, ImageChops

from query_api.sharing.card import draw_card, is_drawable
from query_api.sharing.preview import CARD_SIZE, Preview

PLAIN = Preview("A night", "The Matrix", "Anna", None, "en")


def image_of(preview: Preview) -> Image.Image:
    image = Image.open(BytesIO(draw_card(preview)))
    image.load()
    return image.convert("RGB")


def differ(left: Preview, right: Preview) -> tuple[int, int, int, int] | None:
    """Return the box in which two cards differ."""
    return ImageChops.difference(image_of(left), image_of(right)).getbbox()


def with_title(title: str) -> Preview:
    return Preview(title, PLAIN.film, PLAIN.host, None, "en")


def test_it_is_a_png_of_the_size_that_the_page_states() -> None:
    image = Image.open(BytesIO(draw_card(PLAIN)))
    assert (image.format, image.size) == ("PNG", CARD_SIZE)


@pytest.mark.parametrize("text", ["Матрица", "Ёжик в тумане", "Şebnem", "Ελλάδα", "Երևան", "🍿"])
def test_the_fonts_of_the_package_have_our_alphabets(text: str) -> None:
    assert is_drawable(text)


@pytest.mark.parametrize("text", ["مرحبا", "שלום", "映画", "हिन्दी"])
def test_what_would_be_drawn_wrong_is_not_drawn(text: str) -> None:
    assert not is_drawable(text)
    assert differ(with_title(text), with_title(PLAIN.film)) is None


def test_cyrillic_letters_are_drawn_each_by_its_own_shape() -> None:
    assert differ(with_title("Матрица"), with_title("Мдтрицд")) is not None


def test_joiners_and_variation_selectors_draw_nothing() -> None:
    assert differ(with_title("❤\ufe0f night"), with_title("❤ night")) is None


@pytest.mark.parametrize("title", ["W" * 200, "Очень длинное название " * 9, "x"])
def test_no_title_reaches_the_lines_below_it(title: str) -> None:
    box = differ(with_title(title), with_title("."))
    assert box is not None
    left, _, right, bottom = box
    assert (left >= 60, right <= 1140, bottom <= 450) == (True, True, True)


def test_a_long_fact_ends_before_the_edge() -> None:
    long = Preview("A night", "The Matrix", "Anna", "W" * 200, "en")
    box = differ(long, Preview("A night", "The Matrix", "Anna", ".", "en"))
    assert box is not None
    assert box[2] <= 1140
