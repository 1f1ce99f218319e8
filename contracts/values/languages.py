"""The languages of texts for people."""

from typing import Final, Literal, NamedTuple

Language = Literal["ru", "en"]

API_LANGUAGE: Final[Language] = "en"
"""Language of an answer to a client that accepts none of ours."""

HOME_LANGUAGE: Final[Language] = "ru"
"""Language of a person who has chosen none. Recorded events leave it out: never change it."""


def parse_language(code: str) -> Language | None:
    """Return the language with this code; None if we do not speak it."""
    return "ru" if code == "ru" else "en" if code == "en" else None


def nearest_language(language: str) -> Language:
    """Return Russian for `ru` and English for any other code of a language."""
    return "ru" if language == "ru" else "en"


class Text(NamedTuple):
    """A text in every language we speak."""

    en: str
    ru: str

    def in_language(self, language: Language) -> str:
        return self.ru if language == "ru" else self.en
