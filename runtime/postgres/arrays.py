"""Turns rows into arguments of a statement that takes each column as an array (`unnest`)."""

from collections.abc import Iterable
from typing import Any


def to_arrays(rows: Iterable[Iterable[Any]]) -> list[list[Any]]:
    """Return one list per column. Without rows there are no columns."""
    return [list(column) for column in zip(*rows, strict=True)]
