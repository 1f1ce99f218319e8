"""The form in which the inventory states what a place holds of people's texts."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

STAYS: Final = "stays"
NOBODY: Final = "nobody"


class Texts(NamedTuple):
    """Some columns or fields of one place that hold texts of the same people."""

    names: tuple[str, ...]
    whose: str
    once_erased: str = STAYS


Inventory = Mapping[str, tuple[Texts, ...]]
"""The texts of each table or type, by its name."""


def texts(names: str, whose: str, once_erased: str = STAYS) -> Texts:
    return Texts(tuple(names.split()), whose, once_erased)


def list_names(held: Iterable[Texts]) -> list[str]:
    """Return the names of all columns or fields, as often as they are stated."""
    return [name for one in held for name in one.names]


def describe_erased(value: object) -> str:
    """Return in words what stands for an erased text."""
    if value is None:
        return "absent"
    return f"`{value}`" if isinstance(value, str) else "none"
