"""Marks texts with whose personal data they are, and says what stands for erased ones.

Every text of an event has one of these types. `contracts.events.stored.erasing` erases by them, and
the inventory in docs/personal-data.md is made of them. Ids are not texts. They stay: the seat
ledger needs somebody in every seat.
"""

from collections.abc import Mapping
from datetime import datetime
from types import NoneType
from typing import Annotated, Any, Final, Literal, NamedTuple, NewType, get_args, get_origin

from msgspec import Meta, UnsetType

from contracts.values.languages import HOME_LANGUAGE, Language, Text
from contracts.values.zones import HOME_ZONE

ERASED_NAME: Final = "erased person"
ERASED_TEXT: Final = "[erased]"
"""Stands for a text that must not be empty. An optional text is absent instead."""

HIDDEN_TEXT: Final = "[hidden]"
"""Stands for a text that must not be empty and that an operator has hidden."""

_STAND_INS: Final[Mapping[str, Text]] = {
    ERASED_NAME: Text(ERASED_NAME, "удалённый пользователь"),
    ERASED_TEXT: Text(ERASED_TEXT, "[удалено]"),
    HIDDEN_TEXT: Text(HIDDEN_TEXT, "[скрыто]"),
}


def show_text(text: str, language: Language) -> str:
    """Return a text as people read it: one that stands for another in their language, and any
    other as it is. Stored, and answered to programs, it is the same in every language."""
    stand_in = _STAND_INS.get(text)
    return text if stand_in is None else stand_in.in_language(language)


Owner = Literal["actor", "person", "operator", "nobody"]
"""Says whose data a text is: `actor` gave the command and typed it; `person` is the one whom the
event is about (`person_id`); `operator` is whoever acted with the operator token; `nobody`
means that it is no personal data."""


class Mark(NamedTuple):
    """Says whose data a text is, and what stands for it once they are erased."""

    owner: Owner
    erased: str = ERASED_TEXT


_MARK: Final = "personal"
_TEXTLESS: Final = (bool, int, float, datetime, NoneType, UnsetType, Ellipsis)


def _meta(mark: Mark) -> Meta:
    return Meta(extra={_MARK: mark})


WordsOfActor = Annotated[str, _meta(Mark("actor"))]
"""Free text. Whoever gave the command typed it."""
NameOfPerson = Annotated[str, _meta(Mark("person", ERASED_NAME))]
LanguageOfPerson = Annotated[str, _meta(Mark("person", HOME_LANGUAGE))]
ZoneOfPerson = Annotated[str, _meta(Mark("person", HOME_ZONE))]
WordsAboutPerson = Annotated[str, _meta(Mark("person"))]
"""Words that an operator typed about the person. It goes with the person's own data."""
WishOfPerson = Annotated[str, _meta(Mark("person"))]
"""When and where the person would like to see a film, or is free. Times are written as text here,
so that an erasure takes them, too."""
NameOfOperator = Annotated[str, _meta(Mark("operator"))]
"""Says who answers for what an operator did. It stays."""
NotPersonal = Annotated[str, _meta(Mark("nobody"))]
"""A text that tells nothing about a person, such as a film's title or a code."""


def list_text_marks(annotation: Any) -> list[Mark | None]:
    """Return the mark of each text that a value of this type holds; None for a text without one.

    Ids, which are `NewType`s, and the codes of a Literal are not texts. Anything that may hold
    a text without stating it, such as a dict, counts as one without a mark.
    """
    if annotation in _TEXTLESS or isinstance(annotation, NewType):
        return []
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        marks = [mark for meta in inner[1:] if (mark := _mark_in(meta)) is not None]
        return list(marks) or list_text_marks(inner[0])
    if origin is Literal:
        return []
    if origin in (None, dict):
        return [None]
    return [mark for one in inner for mark in list_text_marks(one)]


def _mark_in(meta: Any) -> Mark | None:
    extra = meta.extra if isinstance(meta, Meta) else None
    return None if extra is None else extra.get(_MARK)
