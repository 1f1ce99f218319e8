"""Finds words in texts by their beginnings, as the search of lists does.

Case does not count, nor do stress marks, joiners, and the dots of "ё".
"""

import re
from typing import Final
from unicodedata import normalize

_WORD: Final = re.compile(r"[^\W_]+")
_NOT_COUNTED: Final = re.compile(
    "[\u0300-\u036f\u00ad\u061c\u180e\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff]"
)


def split_words(text: str) -> list[str]:
    """Return the words of a text, in order."""
    composed = normalize("NFC", text).lower().replace("ё", "е")
    return _WORD.findall(_NOT_COUNTED.sub("", composed))


def has_words(text: str, asked: str) -> bool:
    """Return whether each word of `asked` is the beginning of a word of `text`. False if `asked`
    has no words."""
    words, wanted = split_words(text), split_words(asked)
    return bool(wanted) and all(any(word.startswith(one) for word in words) for one in wanted)
