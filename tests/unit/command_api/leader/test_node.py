"""How a node stops, whatever else happens at the same moment."""

import asyncio

from command_api.image.store import StoreDamaged
from command_api.leader.node import Node
from tests.waiting import WITHIN_S


class DamagedAtTheEnd(Node):
    """A node whose image proves to be damaged while it is being stopped."""

    def __init__(self) -> None:
        self.reign = None
        self.begun = 0
        self.followed = asyncio.Event()

    async def _begin(self) -> None:
        self.begun += 1

    async def _follow(self) -> None:
        self.followed.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise StoreDamaged("torn") from None

    async def _keep_time(self) -> None:
        await asyncio.Event().wait()


async def test_a_node_that_is_stopped_does_not_begin_anew() -> None:
    node = DamagedAtTheEnd()
    running = asyncio.create_task(node.run())
    await node.followed.wait()
    await node.resign()
    running.cancel()
    await asyncio.wait([running], timeout=WITHIN_S)
    stopped, begun = running.cancelled(), node.begun
    running.cancel()
    assert stopped
    assert begun == 1
