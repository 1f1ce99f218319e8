"""Checks text that we may refuse, and cleans text that we may not.

A client's text is refused with the reason (UnfitValue). Text of an outside service is cleaned
instead, because nobody would see the reason. Text in the journal is a fact: it is cleaned only
when it is shown, or stored in a place that cannot hold it.

Allowed in any text: joiners and variation selectors, which scripts and emoji need; the two
marks that only hint at a direction and that keyboards offer (U+200E, U+200F); and the tags
that make a flag, such as that of England. Not allowed: characters that change the order or
the look of the text around them, and characters that no program shows.
"""

import re
from typing import Final
from unicodedata import category, normalize

from contracts.values.unfit import BLANK, UnfitValue

NAME_CHARS_MAX: Final = 200
"""Longest name or title that we take from an outside service."""

_LINE_BREAKS: Final = "\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029"
_BIDI_CONTROLS: Final = "\u061c\u202a-\u202e\u2066-\u2069"
_NONCHARACTERS: Final = "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\ufff9-\ufffb\U000e0000-\U000e007f"
_FLAG: Final = "\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f"
"""A black flag and the code of a region, in tags (Unicode TS 51, "Valid Emoji Tag Sequences")."""
_FORBIDDEN: Final = re.compile(
    rf"({_FLAG})|[\x00-\x1f\x7f-\x9f\u2028\u2029{_BIDI_CONTROLS}{_NONCHARACTERS}]"
)
_FORBIDDEN_IN_LINES: Final = re.compile(
    rf"({_FLAG})|[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029{_BIDI_CONTROLS}{_NONCHARACTERS}]"
)
_ANY_LINE_BREAK: Final = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_WIDTHLESS: Final = frozenset("\u00ad\u061c\u180e\ufeff") | {
    chr(code) for code in (*range(0x200B, 0x2010), *range(0x2060, 0x2065))
}
_BLANK: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols that look like a space."""


def clean_line(text: str) -> str:
    """Return the text in composed form (NFC), without blanks at its ends.

    Raises UnfitValue if it has a line break, a control or a change of direction, or if
    nothing of it can be seen.
    """
    line = _strip(normalize("NFC", text))
    if (found := _find_first(_FORBIDDEN, line)) is not None:
        raise _refuse(found)
    return demand_visible(line)


def clean_lines(text: str) -> str:
    """Return the text in composed form (NFC), with `\\n` for every line break.

    It may be empty. Raises UnfitValue if it has a change of direction, or a control other
    than line breaks and tabs.
    """
    lines = _ANY_LINE_BREAK.sub("\n", normalize("NFC", text))
    if (found := _find_first(_FORBIDDEN_IN_LINES, lines)) is not None:
        raise _refuse(found)
    return lines


def demand_visible(text: str) -> str:
    """Return the text. Raises UnfitValue if nothing of it can be seen."""
    if not is_visible(text):
        raise UnfitValue(*BLANK)
    return text


def fit_line(text: str, chars_max: int = NAME_CHARS_MAX) -> str:
    """Return one line made of any text; empty if nothing of it can be seen.

    Line breaks become blanks, and forbidden characters are left out.
    """
    spaced = re.sub(rf"[{_LINE_BREAKS}\t]+", " ", normalize("NFC", text))
    cut = _without_forbidden(spaced)[:chars_max]
    line = _strip(_without_forbidden(cut))  # Half of a flag is forbidden.
    return line if is_visible(line) else ""


def make_storable(text: str) -> str:
    """Return the text as PostgreSQL can hold it: without NUL and halves of surrogate pairs."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "")


def is_visible(text: str) -> bool:
    """Whether the text has a letter, digit, sign or symbol that can be seen."""
    return any(category(one)[0] in "LNPS" and one not in _BLANK for one in text)


def _find_first(forbidden: re.Pattern[str], text: str) -> str | None:
    return next((found[0] for found in forbidden.finditer(text) if not found[1]), None)


def _without_forbidden(text: str) -> str:
    return _FORBIDDEN.sub(lambda found: found[1] or "", text)


def _strip(text: str) -> str:
    """Return the text without spaces and widthless characters at its ends."""
    start, end = 0, len(text)
    while start < end and _is_blank(text[start]):
        start += 1
    while end > start and _is_blank(text[end - 1]):
        end -= 1
    return text[start:end]


def _is_blank(one: str) -> bool:
    return one.isspace() or one in _WIDTHLESS


def _refuse(one: str) -> UnfitValue:
    if one in _LINE_BREAKS:
        return UnfitValue(
            "It is one line, without line breaks.", "Здесь одна строка, без переносов."
        )
    code = f"U+{ord(one):04X}"
    return UnfitValue(f"It has a forbidden character, {code}.", f"Недопустимый символ: {code}.")
