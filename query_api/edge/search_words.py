"""Parses the words that somebody searches for."""

import re
from typing import Final
from unicodedata import category

from contracts.values.text import make_storable
from runtime.http.parameters import malformed_parameter

WORDS_MAX: Final = 16
SEARCH_CHARS_MAX: Final = 200

_WORD: Final = re.compile(r"[^\W_]+")
_PART_OF_WORD: Final = re.compile(r"[\u0300-\u036f\u200b-\u200f\u2060-\u2064]")


def parse_words(text: str, parameter: str) -> str:
    """Return the text to search for. PostgreSQL splits it into words (`word_query`);
    if it finds none in it, as in a lone symbol, nothing matches. Raises Malformed for a text that
    is too long, has too many words, or has nothing that can be seen."""
    if len(text) > SEARCH_CHARS_MAX:
        raise malformed_parameter(parameter, maximum=SEARCH_CHARS_MAX)
    words = sum(1 for _ in _WORD.finditer(_PART_OF_WORD.sub("", text)))
    if words > WORDS_MAX:
        raise malformed_parameter(parameter, words=words, words_max=WORDS_MAX)
    if not any(category(one)[0] in "LNPS" for one in text):
        raise malformed_parameter(parameter)
    return make_storable(text)
