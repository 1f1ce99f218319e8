"""Writes what a person sends to friends: a text in both languages, and addresses that open a
messenger or a social network with the text and the link filled in."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from msgspec import Struct

from contracts.values.languages import Language
from query_api.sharing.preview import Preview

TEXT_CHARS_MAX: Final = 240
"""X takes 280 characters, and counts 24 for a link and the blank before it."""

_INVITING: Final[Mapping[Language, str]] = {
    "en": "Watch it together",
    "ru": "Кино в компании",
}
_QUOTED: Final[Mapping[Language, str]] = {"en": "“{}”", "ru": "«{}»"}


class ShareTexts(Struct, frozen=True):
    """A text in each language, without the link."""

    ru: str
    en: str

    def __getitem__(self, language: Language) -> str:
        return self.ru if language == "ru" else self.en


class ShareIntents(Struct, frozen=True):
    """Addresses to open in the person's browser. The person looks at the text and sends it."""

    telegram: str
    vk: str
    whatsapp: str
    x: str


def share_text(preview: Preview | None, language: Language) -> str:
    """Return the text that goes with a link. It says no more than the page behind the link: for
    an announcement that is not public (None) nothing about it."""
    inviting = _INVITING[language]
    if preview is None:
        return f"{inviting}: PRACTIX"
    text = f"{inviting}: {_QUOTED[language].format(preview.title)}. " + ". ".join(preview.facts)
    return text if len(text) <= TEXT_CHARS_MAX else text[: TEXT_CHARS_MAX - 1].rstrip() + "…"


def share_intents(link: str, text: str) -> ShareIntents:
    """Return the addresses that share `link` with `text`."""
    return ShareIntents(
        telegram=_address("https://t.me/share/url", url=link, text=text),
        vk=_address("https://vk.com/share.php", url=link, title=text),
        whatsapp=_address("https://wa.me/", text=f"{text} {link}"),
        x=_address("https://x.com/intent/post", url=link, text=text),
    )


def _address(base: str, **parameters: str) -> str:
    return f"{base}?{urlencode(parameters)}"
