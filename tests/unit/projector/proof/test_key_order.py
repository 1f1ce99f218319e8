"""Two sides are paired by key, whatever parts they come in."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from hypothesis import given
from hypothesis import strategies as st

from projector.proof.key_order import Keyed, Pair, pair_by_key

SIDES = st.dictionaries(st.integers(0, 30), st.integers(0, 3))
PARTS = st.integers(1, 7)


async def in_parts(side: dict[int, int], size: int) -> AsyncIterator[Sequence[Keyed]]:
    rows: list[Keyed] = [(key, (value,)) for key, value in sorted(side.items())]
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
        yield []


@given(SIDES, SIDES, PARTS, PARTS)
def test_every_key_of_either_side_comes_once(
    left: dict[int, int], right: dict[int, int], left_size: int, right_size: int
) -> None:
    async def pair() -> list[Pair]:
        parts = pair_by_key(in_parts(left, left_size), in_parts(right, right_size))
        return [one async for part in parts for one in part]

    assert asyncio.run(pair()) == [
        (key, (left[key],) if key in left else None, (right[key],) if key in right else None)
        for key in sorted(left.keys() | right.keys())
    ]
