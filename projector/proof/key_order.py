"""Reads two sequences of rows side by side, both in the order of their keys."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from projector.read_models.read_model import Key

Row = Sequence[Any]
Keyed = tuple[Key, Row]
"""A key and its row."""
Pair = tuple[Key, Row | None, Row | None]
"""A key, and the row that each side has of it; None if it has none."""


async def pair_by_key(
    left: AsyncIterator[Sequence[Keyed]], right: AsyncIterator[Sequence[Keyed]]
) -> AsyncIterator[list[Pair]]:
    """Yield what both sides have of each key, in parts. Both sides come in parts as well, and
    have no key twice."""
    one: Sequence[Keyed] | None = ()
    other: Sequence[Keyed] | None = ()
    while True:
        while one is not None and not one:
            one = await anext(left, None)
        while other is not None and not other:
            other = await anext(right, None)
        if one is None and other is None:
            return
        if one is None or other is None:
            yield [(key, row, None) for key, row in one or ()]
            yield [(key, None, row) for key, row in other or ()]
            one, other = one and (), other and ()
            continue
        pairs, one_read, other_read = _pair_parts(one, other)
        yield pairs
        one, other = one[one_read:], other[other_read:]


def _pair_parts(one: Sequence[Keyed], other: Sequence[Keyed]) -> tuple[list[Pair], int, int]:
    """Pair two parts until one of them ends. Returns how much of each was read, too."""
    pairs: list[Pair] = []
    i, j, i_end, j_end = 0, 0, len(one), len(other)
    while i < i_end and j < j_end:
        key, row = one[i]
        other_key, other_row = other[j]
        if key == other_key:
            pairs.append((key, row, other_row))
            i, j = i + 1, j + 1
        elif key < other_key:  # type: ignore[operator]
            pairs.append((key, row, None))
            i += 1
        else:
            pairs.append((other_key, None, other_row))
            j += 1
    return pairs, i, j
