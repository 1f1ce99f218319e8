"""Cards are drawn aside, and only so many at a time."""

import asyncio

import pytest

from contracts.errors import Unavailable
from query_api.sharing.drawing import DrawingBoard
from query_api.sharing.preview import Preview

PREVIEW = Preview("A night", "The Matrix", "Anna", None, "en")


async def test_too_many_at_once_are_told_to_come_back() -> None:
    board = DrawingBoard(waiting_max=1)
    try:
        answers = await asyncio.gather(
            *(board.draw(PREVIEW) for _ in range(2)), return_exceptions=True
        )
        assert isinstance(answers[0], bytes)
        assert isinstance(answers[1], Unavailable)
        assert await board.draw(PREVIEW) == answers[0]
    finally:
        board.close()


async def test_one_that_nobody_waits_for_frees_its_place() -> None:
    board = DrawingBoard(waiting_max=1)
    try:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(board.draw(PREVIEW), 0)
        assert await board.draw(PREVIEW)
    finally:
        board.close()
