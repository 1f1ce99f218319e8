"""The peers of a command process that is alone in its cell: there are none."""

from command_api.leader.ports import Answer
from contracts.errors import NoLeader


class NoPeers:
    """Knows no other process and can forward nothing."""

    def knows(self, *_: object) -> bool:
        return False

    async def forward(self, *_: object) -> Answer:
        raise NoLeader
