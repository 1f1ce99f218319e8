"""Draws the card: the picture that messengers show beside a shared link.

The fonts come with a package, so the card looks the same on every host. They cover the
alphabets that need no shaping, and signs such as emoji. A line with other characters would be
drawn wrong, so the card leaves it out.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.resources import as_file, files
from io import BytesIO
from typing import Final
from unicodedata import category

from PIL import Image, ImageDraw, ImageFont
from PIL.ImageFont import FreeTypeFont

from query_api.sharing.preview import CARD_SIZE, SITE_NAME, Preview

FONT_PACKAGE: Final = "manimgx_fonts"
FONT_FILES: Final = (
    "NotoSans[wght].ttf",  # Latin, Greek and Cyrillic.
    "NotoSansArmenian[wght].ttf",
    "NotoSansGeorgian[wght].ttf",
    "NotoEmoji[wght].ttf",
    "NotoSansSymbols[wght].ttf",
)
"""Earlier ones are preferred."""
REGULAR, BOLD = 400, 700
_MISSING: Final = "\U0010ffff"
"""No font has this character, so it is drawn as the sign for a missing one."""

_BACKGROUND, _PANEL, _BEAM = "#14121f", "#211d33", "#2c2745"
_TEXT, _SOFT, _ACCENT = "#f3f0ff", "#b9b3d6", "#ffb86b"
_MARGIN: Final = 72
_TITLE_TOP: Final = 120
_TITLE_SIZES: Final = (84, 72, 60, 50)
_TITLE_LEADING: Final = 1.2
_FACT_SIZE: Final = 40
_FACT_LEADING: Final = 1.4
_COMPRESS_LEVEL: Final = 3
"""Higher ones take several times as long and save a few kB."""


def draw_card(preview: Preview) -> bytes:
    """Return the card as a PNG file. Takes some 30 ms of a processor."""
    width, height = CARD_SIZE
    image = Image.new("RGB", CARD_SIZE, _BACKGROUND)
    draw = ImageDraw.Draw(image)
    draw.polygon([(width, 40), (width, 330), (900, height), (-200, height)], fill=_PANEL)
    draw.polygon([(width, 90), (width, 280), (760, height), (180, height)], fill=_BEAM)
    draw.rectangle((0, 0, 16, height), fill=_ACCENT)
    _draw_line(draw, (_MARGIN, 52), SITE_NAME, 34, BOLD, _ACCENT)
    facts = [line for line in preview.facts if is_drawable(line)]
    facts_top = height - _MARGIN - len(facts) * _FACT_SIZE * _FACT_LEADING
    room = (width - 2 * _MARGIN, facts_top - _TITLE_TOP)
    size, lines = _fit_title(preview, room)
    for number, line in enumerate(lines):
        top = _TITLE_TOP + number * size * _TITLE_LEADING
        _draw_line(draw, (_MARGIN, top), line, size, BOLD, _TEXT)
    for number, line in enumerate(facts):
        top = facts_top + number * _FACT_SIZE * _FACT_LEADING
        fitted = _shorten(line, room[0], _FACT_SIZE, REGULAR)
        _draw_line(draw, (_MARGIN, top), fitted, _FACT_SIZE, REGULAR, _SOFT if number else _TEXT)
    file = BytesIO()
    image.save(file, "PNG", compress_level=_COMPRESS_LEVEL)
    return file.getvalue()


def is_drawable(text: str) -> bool:
    """Return whether the fonts have every character of the text."""
    return all(_find_font(character) is not None for character in text)


def _fit_title(preview: Preview, room: tuple[float, float]) -> tuple[int, Sequence[str]]:
    """Return the largest size at which the title fits into the room, and its lines. A title that
    does not fit at all is cut. The film stands in for one that cannot be drawn."""
    width, height = room
    title = next((one for one in (preview.title, preview.film) if is_drawable(one)), "")
    for size in _TITLE_SIZES:
        lines = list(_wrap(title, width, size))
        count_max = int(height / (size * _TITLE_LEADING))
        if len(lines) <= count_max:
            return size, lines
    shown = lines[:count_max]
    shown[-1] = _shorten(f"{shown[-1]} {lines[count_max]}", width, size, BOLD)
    return size, shown


def _wrap(text: str, width: float, size: int) -> Iterator[str]:
    """Yield lines that fit. A word that is too long by itself is cut into parts."""
    line = ""
    for word in text.split():
        joined = f"{line} {word}".strip()
        if _measure(joined, size, BOLD) <= width:
            line = joined
            continue
        if line:
            yield line
        while _measure(word, size, BOLD) > width:
            part = _longest_start(word, width, size, BOLD)
            yield part
            word = word[len(part) :]
        line = word
    if line:
        yield line


def _shorten(text: str, width: float, size: int, weight: int) -> str:
    """Return the text, cut and with an ellipsis if it does not fit."""
    if _measure(text, size, weight) <= width:
        return text
    room = width - _measure("…", size, weight)
    return _longest_start(text, room, size, weight).rstrip() + "…"


def _longest_start(text: str, width: float, size: int, weight: int) -> str:
    """Return as many of the first characters as fit, at least one."""
    fits, too_long = 1, len(text) + 1
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        if _measure(text[:middle], size, weight) <= width:
            fits = middle
        else:
            too_long = middle
    return text[:fits]


def _measure(text: str, size: int, weight: int) -> float:
    return sum(font.getlength(run) for font, run in _split_by_font(text, size, weight))


def _draw_line(
    draw: ImageDraw.ImageDraw,
    place: tuple[float, float],
    text: str,
    size: int,
    weight: int,
    colour: str,
) -> None:
    """Draw one line. `place` is its left end and the top of its letters."""
    left, top = place
    for font, run in _split_by_font(text, size, weight):
        draw.text((left, top + size), run, font=font, fill=colour, anchor="ls")
        left += font.getlength(run)


def _split_by_font(text: str, size: int, weight: int) -> Iterator[tuple[FreeTypeFont, str]]:
    """Yield the text in runs, each with the font that has its characters."""
    run, name = "", FONT_FILES[0]
    for character in text:
        if _is_invisible(character):
            continue
        found = name if character == " " else _find_font(character) or FONT_FILES[0]
        if found != name and run:
            yield _load_font(name, size, weight), run
            run = ""
        run, name = run + character, found
    if run:
        yield _load_font(name, size, weight), run


@lru_cache(maxsize=4096)
def _find_font(character: str) -> str | None:
    """Return the first font file that has the character; None if none has it."""
    if character == " " or _is_invisible(character):
        return FONT_FILES[0]
    for name in FONT_FILES:
        font = _load_font(name, 20, REGULAR)
        if _shape(font, character) != _shape(font, _MISSING):
            return name
    return None


def _is_invisible(character: str) -> bool:
    """Return whether nothing is drawn for it, as for joiners and variation selectors."""
    return category(character) == "Cf" or character in "\ufe0e\ufe0f"


def _shape(font: FreeTypeFont, character: str) -> tuple[tuple[int, int], bytes]:
    mask = font.getmask(character)
    return mask.size, bytes(mask)


@lru_cache(maxsize=64)
def _load_font(name: str, size: int, weight: int) -> FreeTypeFont:
    """Return a font of the package. Layout is Pillow's own: another one would need libraries of
    the host."""
    with as_file(files(FONT_PACKAGE) / name) as path:
        font = ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)
    font.set_variation_by_axes([weight])
    return font
